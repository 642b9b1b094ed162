/* run.c - one replication from its first event to its own results file. */
#include "sim/run/run.h"

#include "sim/base/huge_pages.h"
#include "sim/run/abort.h"
#include "sim/run/chaos.h"
#include "sim/run/last_words.h"
#include "sim/run/record.h"
#include "sim/run/sampler.h"
#include "sim/world/history.h"
#include "sim/world/history_store.h"
#include "sim/world/laws.h"

/* A run under way. */
typedef struct Run {
    const RunOrder *order;
    Assembly *assembly;
    Chaos *chaos;
    Sampler *sampler;
    ResultsWriter *writer;
    Laws *laws;
    char *broken_law; /* NULL: all hold */
    Abort *abort;     /* NULL: no threshold may end it early */
    char *aborted;    /* why it was ended early; or NULL */
    uint64_t seed;
    SimTime start, end, settled, drained; /* engine instants */
    SimTime cut;                          /* to end early; SIM_NEVER: not */
    bool is_stopped;                      /* asked to end early */
    HugePages pages;
} Run;

GQuark run_error_quark(void)
{
    return g_quark_from_static_string("dcdrill-run-error");
}

/* The longest patience of a client with all its retries, and the time for what was then under way
 * to end. */
SimSpan run_drain_span(void)
{
    return 30 * SIM_S;
}

static const char *phase_at(const Run *run, SimTime now)
{
    if (now < run->start) {
        return "warmup";
    }
    if (now >= run->end) {
        return now < run->settled ? "settle" : "drain";
    }
    for (guint i = chaos_count(run->chaos); i > 0; i--) {
        const ChaosEntry *entry = chaos_entry(run->chaos, i - 1);

        if (entry->lifted == SIM_NEVER) {
            return entry->activity->name;
        }
    }
    return chaos_count(run->chaos) > 0 ? "recovery" : "baseline";
}

static void tell(Run *run)
{
    SimTime now = engine_now(run->assembly->engine);
    HistoryTally tally = history_tally(world_history(run->assembly->world));
    RunProgress progress = {.run = run->order->run,
                            .time = now - run->start,
                            .length = MIN(run->drained, run->cut),
                            .done = now,
                            .events = engine_count_run(run->assembly->engine),
                            .requests = tally.requests,
                            .failed = tally.failed};

    g_strlcpy(progress.phase, phase_at(run, now), sizeof progress.phase);
    if (run->order->watch != NULL && !run->order->watch(run->order->context, &progress)) {
        run->is_stopped = true;
    }
}

/* A run that was ended early is judged up to the last second whose requests have all ended: of
 * later ones only the quick ones would be there. */
static SimTime measured_until(const Run *run)
{
    SimTime now = engine_now(run->assembly->engine);
    SimTime told = history_taken_until(world_history(run->assembly->world));

    return run->is_stopped && now < run->end ? CLAMP(told, run->start, run->end) : run->end;
}

static RecordOrder run_frame(const Run *run)
{
    SimTime end = measured_until(run);

    return (RecordOrder){.world = run->assembly->world,
                         .chaos = run->chaos,
                         .scenario = run->order->scenario,
                         .run = run->order->run,
                         .seed = run->seed,
                         .start = run->start,
                         .end = end,
                         .settled = end < run->end ? end : run->settled,
                         .ended = run->aborted != NULL ? "aborted"
                                  : run->is_stopped    ? "interrupted"
                                                       : "completed",
                         .note = run->aborted};
}

/* Whether a threshold has failed for good: only the measured part counts. */
static void look_for_abort(Run *run)
{
    SimTime now = engine_now(run->assembly->engine);

    if (run->abort != NULL && now > run->start && now < run->end && !run->is_stopped) {
        RecordOrder frame = run_frame(run);

        run->aborted = abort_look(run->abort, run->writer, &frame);
        run->is_stopped = run->aborted != NULL;
    }
}

/* The instant that somebody wants to see: the last one. */
static void look(Run *run)
{
    const RunOrder *order = run->order;

    if (order->look != NULL && !run->is_stopped) {
        order->look(order->look_context, run->assembly->world, run->start);
    }
    run->is_stopped = true;
}

/* Lets the world live until `end`, looking at each sample interval. */
static void live_until(Run *run, SimTime end)
{
    SimSpan step = run->order->scenario->simulation.sample_interval;
    SimTime until = MIN(end, run->cut);

    while (engine_now(run->assembly->engine) < until && !run->is_stopped) {
        engine_run(run->assembly->engine, MIN(until, engine_now(run->assembly->engine) + step));
        run->broken_law = laws_check(run->laws);
        if (run->broken_law != NULL) {
            run->is_stopped = true;
            return;
        }
        huge_pages_follow(&run->pages);
        sampler_take(run->sampler);
        record_write_users(run->writer, world_history(run->assembly->world), run->order->run,
                           run->start);
        history_forget(world_history(run->assembly->world));
        chaos_look(run->chaos);
        tell(run);
        look_for_abort(run);
    }
    if (until == run->cut) {
        look(run);
    }
}

/* Nobody asks any more; what is under way ends. */
static void stop_load(Run *run)
{
    World *world = run->assembly->world;
    Effect silent = EFFECT_NONE;

    silent.load_factor = 0.0;
    for (guint i = 0; i < world_count(world); i++) {
        Component *component = world_component(world, i);

        if (component->kind->scope == KIND_PER_LOAD) {
            component_add_effect(component, UINT64_MAX, silent);
        }
    }
}

static void live(Run *run)
{
    const RunOrder *order = run->order;

    world_start(run->assembly->world);
    live_until(run, run->start); /* no sample is part warm-up, part not */
    live_until(run, run->end);
    if (run->is_stopped) {
        return;
    }
    if (order->scenario->rollback_strategy != ROLLBACK_NEVER) {
        chaos_roll_back(run->chaos);
        chaos_heal(run->chaos);
    }
    live_until(run, run->settled);
    if (!run->is_stopped) {
        stop_load(run);
    }
    live_until(run, run->drained);
}

/* When the run is to end early: at the instant to look at, or when it was asked to. What was asked
 * to end after the measured part ends as ever. */
static SimTime find_cut(const Run *run)
{
    const RunOrder *order = run->order;

    if (order->look != NULL) {
        return run->start + order->look_at;
    }
    return order->until > 0 && run->start + order->until < run->end ? run->start + order->until
                                                                    : SIM_NEVER;
}

/* Statements kept in memory for `linearizable`: 44 MiB. */
#define STATEMENTS_MOST 500000

/* What only some checks look at is only told when one of them is asked for. */
static void ask_history(const Scenario *scenario, History *history)
{
    int64_t most = -1;

    for (guint i = 0; i < scenario->invariants->len; i++) {
        const InvariantCheck *check = g_ptr_array_index(scenario->invariants, i);

        if (strcmp(check->check, "linearizable") == 0) {
            history_follow(history, STATEMENTS_MOST);
        }
        if (check->most >= 0) {
            most = most < 0 ? check->most : MIN(most, check->most);
        }
    }
    if (most >= 0) {
        history_allow_down(history, (guint)MIN(most, G_MAXUINT));
    }
}

static void run_prepare(Run *run)
{
    const SimulationSettings *times = &run->order->scenario->simulation;

    run->start = times->warmup;
    run->end = run->start + times->duration;
    run->settled = run->end + times->settle;
    run->drained = run->settled + run_drain_span();
    run->cut = find_cut(run);
    run->chaos = chaos_new(run->order->scenario, run->assembly, run->start, run->end);
    run->sampler = sampler_new(run->assembly->world, run->writer, run->order->run, run->start);
    run->laws = laws_new(run->assembly->world);
    run->abort = abort_new(run->order->scenario);
    history_set_epoch(world_history(run->assembly->world), run->start);
    ask_history(run->order->scenario, world_history(run->assembly->world));
    network_watch(run->assembly->world, run->order->hop, run->order->hop_context);
    history_watch(world_history(run->assembly->world), run->order->request,
                  run->order->request_context);
    engine_watch(run->assembly->engine, run->order->event, run->order->event_context);
    if (run->order->begin != NULL) {
        run->order->begin(run->order->event_context, run->assembly->world);
    }
}

static void run_record(Run *run)
{
    RecordOrder record = run_frame(run);

    world_judge(run->assembly->world);
    history_judge(world_history(run->assembly->world));
    record_write(run->writer, &record);
}

bool run_execute(const RunOrder *order, DiagList *diags, GError **error)
{
    Run run = {.order = order};
    g_autoptr(ResultsWriter) writer = results_write_new(order->path, error);
    g_autoptr(Assembly) assembly = NULL;

    if (writer == NULL) {
        return false;
    }
    huge_pages_begin(&run.pages);
    run.seed = rng_replication_seed(order->scenario->simulation.seed, (uint32_t)order->run);
    assembly = assemble(order->scenario, order->kinds, run.seed, diags);
    if (assembly == NULL) {
        return false;
    }
    huge_pages_follow(&run.pages);
    run.assembly = assembly;
    run.writer = writer;
    run_prepare(&run);
    last_words_begin(assembly->engine, order->run, run.start);
    live(&run);
    if (run.broken_law == NULL) {
        run_record(&run);
    }
    last_words_end();
    laws_free(run.laws);
    abort_free(run.abort);
    g_free(run.aborted);
    sampler_free(run.sampler);
    chaos_free(run.chaos);
    if (run.broken_law != NULL) {
        g_set_error(error, RUN_ERROR, RUN_ERROR_LAW, "%s", run.broken_law);
        g_free(run.broken_law);
        return false;
    }
    return results_write_close(g_steal_pointer(&writer), error);
}

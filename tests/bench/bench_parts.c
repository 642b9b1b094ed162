/* bench_parts.c - what the parts of the world cost that every request uses: a call to a peer and a
 * share of a host's CPU. */
#include "sim/world/call.h"
#include "sim/world/host.h"
#include "sim/world/host_cpu.h"
#include "sim/world/world.h"
#include "tests/bench/bench.h"

#define OPERATIONS 200000u

/* --- calls: ask a peer 1 ms away, hear, ask again ----------------------------------------------
 */

typedef struct Caller {
    Component component;
    Component *peer;
    uint64_t left;
} Caller;

static void ask(Caller *caller);

static void on_message(Component *self, const Message *message)
{
    call_reply(self, &message->ticket, &(Message){.op = MESSAGE_HTTP, .code = 200});
}

static const Kind caller_kind = {
    .name = "caller", .help = "Asks and answers", .size = sizeof(Caller), .on_message = on_message};

static void on_done(Component *self, void *context, Outcome outcome, const Message *reply)
{
    Caller *caller = (Caller *)self;

    (void)context;
    (void)reply;
    g_assert_cmpint(outcome, ==, OUTCOME_OK);
    if (--caller->left == 0) {
        engine_stop(world_engine(self->world));
    }
    ask(caller);
}

static void ask(Caller *caller)
{
    call_send(&caller->component, caller->peer, &(Message){.op = MESSAGE_HTTP}, SIM_S, on_done,
              NULL);
}

static void calls_run(void *context, uint64_t count)
{
    Caller *caller = context;
    Engine *engine = world_engine(caller->component.world);

    caller->left = count;
    engine_run(engine, engine_now(engine) + SIM_DAY);
}

static Caller *add_caller(World *world, const char *place, Site *site, const cJSON *settings,
                          DiagList *diags)
{
    Host *host = host_add(world, place, "app", site, NULL, settings, diags);

    return (Caller *)world_add(world, &caller_kind, place, "app", site, host, NULL, diags);
}

static void measure_calls(Bench *bench)
{
    static const Kind *const kinds[] = {&caller_kind, NULL};
    Engine *engine = engine_new(1);
    World *world = world_new(engine, kinds);
    DiagList *diags = diag_list_new(NULL, NULL);
    cJSON *quiet = cJSON_Parse("{ \"steal\": \"none\" }");
    cJSON *way = cJSON_Parse("{ \"rtt\": \"1ms\", \"jitter\": \"none\", \"loss\": 0 }");
    Site *one = world_add_site(world, &(Site){.name = "DC01", .lan_one_way = SIM_MS});
    Site *other = world_add_site(world, &(Site){.name = "DC02", .lan_one_way = SIM_MS});
    Caller *caller = add_caller(world, "DC01-app1", one, quiet, diags);

    caller->peer = &add_caller(world, "DC02-app1", other, quiet, diags)->component;
    network_add_link(world, one, one, NULL, diags);
    network_add_link(world, one, other, way, diags);
    network_add_link(world, other, one, way, diags);
    network_add_link(world, other, other, NULL, diags);
    world_wire(world, diags);
    g_assert_cmpuint(diag_count_errors(diags), ==, 0);
    world_start(world);
    for (int i = 0; i < 100; i++) {
        ask(caller);
    }
    bench_measure(bench, "call", 0, calls_run, caller, OPERATIONS);
    world_free(world);
    engine_free(engine);
    diag_list_free(diags);
    cJSON_Delete(quiet);
    cJSON_Delete(way);
}

/* --- CPUs: a fixed number of customers that think and then want a share of one host's CPU ------
 */

typedef struct Shared {
    EventOwner host, owner;
    Engine *engine;
    HostCpu cpu;
    Gauge utilisation, runnable;
    Rng rng;
    SimSpan think;
    uint64_t left;
} Shared;

static void on_thought(void *self, void *subject, uint64_t detail);
static void on_worked(void *self, void *subject, uint64_t detail);

static const EventType thought_type = {"bench/thought", on_thought};
static const EventType worked_type = {"bench/worked", on_worked};

static void on_thought(void *self, void *subject, uint64_t detail)
{
    Shared *shared = subject;

    (void)self;
    host_cpu_add(&shared->cpu, &shared->owner, 1 + (SimSpan)rng_below(&shared->rng, SIM_MS),
                 &worked_type, shared, detail);
}

static void on_worked(void *self, void *subject, uint64_t detail)
{
    Shared *shared = subject;

    (void)self;
    engine_after(shared->engine, (SimSpan)rng_below(&shared->rng, (uint64_t)shared->think + 1),
                 &shared->owner, &thought_type, shared, detail);
    if (--shared->left == 0) {
        engine_stop(shared->engine);
    }
}

static void shared_run(void *context, uint64_t count)
{
    Shared *shared = context;

    shared->left = count;
    engine_run(shared->engine, SIM_NEVER);
}

/* One operation: a think event, a job and its end. */
static void measure_shared(Bench *bench, const char *name, uint64_t customers, SimSpan think)
{
    Shared shared = {
        .host = {.id = 1}, .owner = {.id = 2}, .engine = engine_new(1), .think = think};

    rng_init(&shared.rng, 1, "bench/shared");
    host_cpu_init(&shared.cpu, shared.engine, &shared.host, 2, &shared.utilisation,
                  &shared.runnable);
    for (uint64_t i = 0; i < customers; i++) {
        engine_after(shared.engine, (SimSpan)rng_below(&shared.rng, SIM_MS), &shared.owner,
                     &thought_type, &shared, i);
    }
    bench_measure(bench, name, 0, shared_run, &shared, OPERATIONS);
    host_cpu_clear(&shared.cpu);
    engine_free(shared.engine);
}

int main(int argc, char **argv)
{
    Bench *bench = bench_begin(argc, argv);

    measure_calls(bench);
    measure_shared(bench, "CPU job, 1 customer", 1, SIM_MS);
    measure_shared(bench, "CPU job, about 5 at once", 20, 4 * SIM_MS);
    measure_shared(bench, "CPU job, 200 at once", 200, SIM_MS);
    return bench_end(bench);
}

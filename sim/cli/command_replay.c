/* command_replay.c - repeats one replication exactly, and prints the path of one request through
 * the world, or what every event was. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/command.h"
#include "sim/cli/staging.h"
#include "sim/config/json_place.h"
#include "sim/results/results_read.h"
#include "sim/run/run.h"
#include "sim/world/network.h"

/* --- what is to be repeated --- */

/* What an output directory was made from: the scenario file, the seed and the flags that changed
 * it, and the fingerprint that the replication had. */
typedef struct Original {
    char *path, *seed, *changes;
    cJSON *resolved; /* the scenario as it was, variables of the environment included */
    bool has_fingerprint;
    uint64_t fingerprint;
} Original;

static void original_clear(Original *original)
{
    g_free(original->path);
    g_free(original->seed);
    g_free(original->changes);
    cJSON_Delete(original->resolved);
}

/* The fingerprint of replication `run`; false when it is not in the results. */
static bool find_fingerprint(const Results *results, int run, uint64_t *fingerprint)
{
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; i < count; i++) {
        if (runs[i].run == run &&
            (strcmp(runs[i].ended, "completed") == 0 || strcmp(runs[i].ended, "aborted") == 0)) {
            *fingerprint = runs[i].fingerprint;
            return true;
        }
    }
    return false;
}

static bool original_read(Original *original, const char *directory, int run, GError **error)
{
    g_autofree char *database = g_build_filename(directory, "results.sqlite", NULL);
    g_autoptr(Results) results = results_open(database, error);

    if (results == NULL) {
        return false;
    }
    original->path = g_strdup(results_fact(results, "scenario"));
    original->seed = g_strdup(results_fact(results, "seed"));
    original->changes = g_strdup(results_fact(results, "changes"));
    original->resolved = cJSON_Parse(results_fact(results, "resolved"));
    original->has_fingerprint = find_fingerprint(results, run, &original->fingerprint);
    return true;
}

/* --- the trace --- */

/* Follows one request: the n-th that any user makes, in order of their first message. */
typedef struct Trace {
    const Scenario *scenario;
    guint64 wanted; /* n, from 1 */
    GHashTable *seen;
    uint64_t request; /* its id, once it is known */
} Trace;

static void print_hop(const Trace *trace, SimTime time, const Component *to, const Message *message)
{
    SimTime shown = time - trace->scenario->simulation.warmup;

    printf("t=%.6fs  %-9s %-28s -> %-28s key %" G_GUINT64_FORMAT " code %u\n", sim_span_to_s(shown),
           network_op_word(message->op), message->from != NULL ? message->from->name : "-",
           to->name, message->key, message->code);
}

static void on_hop(void *context, SimTime time, const Component *to, const Message *message)
{
    Trace *trace = context;
    gpointer id = GSIZE_TO_POINTER(message->request);

    if (message->request == 0) {
        return;
    }
    if (trace->request == 0 && g_hash_table_add(trace->seen, id) &&
        g_hash_table_size(trace->seen) == trace->wanted) {
        trace->request = message->request;
    }
    if (message->request == trace->request) {
        print_hop(trace, time, to, message);
    }
}

static bool read_trace(const char *text, guint64 *wanted, GError **error)
{
    if (text != NULL && !g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT32, wanted, error)) {
        g_prefix_error(error, "'--trace' needs a request's number, from 1: ");
        return false;
    }
    return true;
}

static void print_end(const RunProgress *last, uint64_t fingerprint)
{
    printf("replication %d ended at t=%.0fs in phase %s: %" G_GUINT64_FORMAT
           " events, %" G_GUINT64_FORMAT " requests, %" G_GUINT64_FORMAT
           " failed; fingerprint %016" G_GINT64_MODIFIER "x\n",
           last->run, sim_span_to_s(last->time), last->phase, last->events, last->requests,
           last->failed, fingerprint);
}

static bool keep_last(void *context, const RunProgress *progress)
{
    *(RunProgress *)context = *progress;
    return true;
}

/* Runs it with `order`; the fingerprint is read from what it wrote. */
static bool run_again(RunOrder *order, uint64_t *fingerprint, GError **error)
{
    g_autofree char *path =
        g_strdup_printf("%s/dcdrill-replay-%ld.sqlite", g_get_tmp_dir(), (long)getpid());
    g_autoptr(DiagList) diags = scenario_diags_new(order->scenario);
    g_autoptr(Results) results = NULL;

    order->path = path;
    if (!run_execute(order, diags, error)) {
        g_autofree char *text = diag_list_to_text(diags);

        fputs(text, stderr);
        unlink(path);
        return false;
    }
    results = results_open(path, error);
    unlink(path);
    if (results != NULL) {
        guint count;

        *fingerprint = results_runs(results, &count)->fingerprint;
    }
    return results != NULL;
}

static int replay(const Options *options, const Scenario *scenario, const Original *original,
                  int run, const Kind *const *kinds, GError **error)
{
    RunProgress last = {0};
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    Trace trace = {.scenario = scenario, .seen = seen};
    uint64_t fingerprint;
    RunOrder order = {.scenario = scenario,
                      .kinds = kinds,
                      .run = run,
                      .until = options->until,
                      .watch = keep_last,
                      .context = &last};

    if (!read_trace(options->trace, &trace.wanted, error)) {
        return EXIT_USAGE;
    }
    if (trace.wanted > 0) {
        order.hop = on_hop;
        order.hop_context = &trace;
    }
    if (!run_again(&order, &fingerprint, error)) {
        return EXIT_USAGE;
    }
    print_end(&last, fingerprint);
    if (options->until != 0 || !original->has_fingerprint) {
        fprintf(stderr, "dcdrill: note: the fingerprint is compared with none: %s\n",
                options->until != 0 ? "this replay was cut by '--until'"
                                    : "no result of this replication from begin to end is there");
    }
    if (options->until == 0 && original->has_fingerprint && original->fingerprint != fingerprint) {
        fprintf(stderr,
                "dcdrill: error: the replication had fingerprint %016" G_GINT64_MODIFIER
                "x: the scenario, its files or the program have changed since\n",
                original->fingerprint);
        return EXIT_DISAGREED;
    }
    return EXIT_PASSED;
}

/* Reads what is to be repeated and repeats it. */
static int replay_what(const Options *options, const char *what, int run, const Kind *const *kinds,
                       Original *original, GError **error)
{
    Options changed = *options;
    int status = EXIT_USAGE;

    if (!g_file_test(what, G_FILE_TEST_IS_DIR)) {
        original->path = g_strdup(what);
    } else if (!original_read(original, what, run, error)) {
        return EXIT_USAGE;
    }
    if (changed.seed == NULL) {
        changed.seed = original->seed;
    }
    changed.remembered = json_member(original->resolved, "configuration");
    if (!options_take_changes(&changed, original->changes, error)) {
        return EXIT_USAGE;
    }
    g_autoptr(Scenario) scenario = command_read_scenario(&changed, original->path, kinds);

    if (scenario != NULL) {
        status = replay(&changed, scenario, original, run, kinds, error);
    }
    if (changed.sets != options->sets || changed.vars != options->vars ||
        changed.var_files != options->var_files) { /* taken on from the results */
        g_strfreev(changed.sets);
        g_strfreev(changed.vars);
        g_strfreev(changed.var_files);
    }
    return status;
}

/* FILE or DIR, and the index of the replication (0 when it is not given). */
int command_replay(const Options *options, const Kind *const *kinds)
{
    g_autoptr(GError) error = NULL;
    Original original = {0};
    gint64 run = 0;

    if (options->files->len < 1 || options->files->len > 2 ||
        (options->files->len == 2 && !g_ascii_string_to_signed(g_ptr_array_index(options->files, 1),
                                                               10, 0, 1000000, &run, NULL))) {
        fprintf(stderr, "dcdrill: error: 'replay' takes an output directory or a scenario, and the "
                        "number of a replication\n");
        return EXIT_USAGE;
    }
    int status = replay_what(options, g_ptr_array_index(options->files, 0), (int)run, kinds,
                             &original, &error);

    if (g_error_matches(error, RUN_ERROR, RUN_ERROR_LAW)) {
        fprintf(stderr, "dcdrill: internal error: %s\n", error->message);
        status = EXIT_INTERNAL;
    } else if (error != NULL) {
        fprintf(stderr, "dcdrill: error: %s\n", error->message);
    }
    original_clear(&original);
    return status;
}

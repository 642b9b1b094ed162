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

/* The scenario file that an output directory was made from. */
static char *scenario_of(const char *directory, GError **error)
{
    g_autofree char *database = g_build_filename(directory, "results.sqlite", NULL);
    g_autoptr(Results) results = results_open(database, error);

    if (results == NULL) {
        return NULL;
    }
    return g_strdup(results_fact(results, "scenario"));
}

/* The seed that an output directory was made with, unless the command line names one. */
static char *seed_of(const char *directory)
{
    g_autofree char *database = g_build_filename(directory, "results.sqlite", NULL);
    g_autoptr(Results) results = results_open(database, NULL);

    return results != NULL ? g_strdup(results_fact(results, "seed")) : NULL;
}

/* --- the trace --- */

static const char *const op_words[] = {"resolve", "http",    "read",    "write",     "replica",
                                       "gossip",  "publish", "deliver", "heartbeat", "notice"};

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
           op_words[message->op], message->from != NULL ? message->from->name : "-", to->name,
           message->key, message->code);
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

static void print_end(const RunProgress *last)
{
    printf("replication %d ended at t=%.0fs in phase %s: %" G_GUINT64_FORMAT
           " events, %" G_GUINT64_FORMAT " requests, %" G_GUINT64_FORMAT " failed\n",
           last->run, sim_span_to_s(last->time), last->phase, last->events, last->requests,
           last->failed);
}

static bool keep_last(void *context, const RunProgress *progress)
{
    *(RunProgress *)context = *progress;
    return true;
}

static int replay(const Options *options, const Scenario *scenario, int run,
                  const Kind *const *kinds, GError **error)
{
    RunProgress last = {0};
    g_autofree char *path =
        g_strdup_printf("%s/dcdrill-replay-%ld.sqlite", g_get_tmp_dir(), (long)getpid());
    g_autoptr(DiagList) diags = scenario_diags_new(scenario);
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    Trace trace = {.scenario = scenario, .seen = seen};
    RunOrder order = {.scenario = scenario,
                      .kinds = kinds,
                      .run = run,
                      .until = options->until,
                      .path = path,
                      .watch = keep_last,
                      .context = &last};

    if (!read_trace(options->trace, &trace.wanted, error)) {
        return EXIT_USAGE;
    }
    if (trace.wanted > 0) {
        order.hop = on_hop;
        order.hop_context = &trace;
    }
    bool is_good = run_execute(&order, diags, error);

    unlink(path);
    if (!is_good) {
        g_autofree char *text = diag_list_to_text(diags);

        fputs(text, stderr);
        return EXIT_USAGE;
    }
    print_end(&last);
    return EXIT_PASSED;
}

/* FILE or DIR, and the index of the replication (0 when it is not given). */
int command_replay(const Options *options, const Kind *const *kinds)
{
    g_autoptr(GError) error = NULL;
    gint64 run = 0;

    if (options->files->len < 1 || options->files->len > 2 ||
        (options->files->len == 2 && !g_ascii_string_to_signed(g_ptr_array_index(options->files, 1),
                                                               10, 0, 1000000, &run, NULL))) {
        fprintf(stderr, "dcdrill: error: 'replay' takes an output directory or a scenario, and the "
                        "number of a replication\n");
        return EXIT_USAGE;
    }
    const char *what = g_ptr_array_index(options->files, 0);
    bool is_directory = g_file_test(what, G_FILE_TEST_IS_DIR);
    g_autofree char *path = is_directory ? scenario_of(what, &error) : g_strdup(what);
    g_autofree char *seed = is_directory ? seed_of(what) : NULL;
    Options changed = *options;

    if (changed.seed == NULL) {
        changed.seed = seed;
    }
    int status = EXIT_USAGE;

    if (path != NULL) {
        g_autoptr(Scenario) scenario = command_read_scenario(&changed, path, kinds);

        if (scenario == NULL) {
            return EXIT_USAGE;
        }
        status = replay(&changed, scenario, (int)run, kinds, &error);
    }
    if (error != NULL) {
        fprintf(stderr, "dcdrill: error: %s\n", error->message);
    }
    return status;
}

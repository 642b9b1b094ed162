/* scale.c - what simulating costs at several sizes: runs one replication of each scenario given
 * (without its ".json"), in a process of its own, and prints a row of the table of `make scale`.
 * Times are of the processor, from the end of the warm-up to the end of the load: neither the
 * making of the machines nor the time without load at the end is a request's. */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/run/run.h"
#include "sim/scenario/scenario_read.h"

extern const Kind *const all_kinds[];

/* What was seen at the end of the warm-up and at the last sample interval. */
typedef struct Seen {
    RunProgress first, last;
    double first_s, last_s;
    SimTime end;
} Seen;

static double processor_s(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static double peak_mib(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static bool see(void *context, const RunProgress *progress)
{
    Seen *seen = context;

    seen->last_s = processor_s();
    seen->last = *progress;
    if (progress->time <= 0) {
        seen->first_s = seen->last_s;
        seen->first = *progress;
    }
    return progress->time < seen->end;
}

static void print_row(const Scenario *scenario, const Seen *seen)
{
    double spent_s = seen->last_s - seen->first_s;
    double requests = (double)(seen->last.requests - seen->first.requests);
    double events = (double)(seen->last.events - seen->first.events);

    printf("%-34s %9.0f %10.2f %8.1f %8.0f %8.0f\n", scenario->title, requests,
           spent_s * 1e6 / requests, events / requests, spent_s * 1e9 / events, peak_mib());
}

static int run_one(const char *name)
{
    g_autofree char *path = g_strconcat(name, ".json", NULL);
    ScenarioChanges changes = {.replications = 1};
    DiagList *diags = NULL;
    Scenario *scenario = scenario_read(path, &changes, all_kinds, &diags);
    g_autofree char *directory = g_dir_make_tmp("dcdrill-scale-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(directory, "run.sqlite", NULL);
    g_autoptr(GError) error = NULL;
    Seen seen = {.first_s = 0};
    RunOrder order = {
        .scenario = scenario, .kinds = all_kinds, .path = file, .watch = see, .context = &seen};

    if (scenario != NULL) {
        seen.end = scenario->simulation.duration;
    }
    if (scenario == NULL || !run_execute(&order, scenario_diags_new(scenario), &error)) {
        fprintf(stderr, "scale: '%s' did not end well\n", path);
        return EXIT_FAILURE;
    }
    g_unlink(file);
    g_rmdir(directory);
    print_row(scenario, &seen);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    int status = 0, all = 0;

    printf("%-34s %9s %10s %8s %8s %8s\n", "scenario", "requests", "us/request", "events",
           "ns/event", "MiB");
    for (int i = 1; i < argc; i++) {
        fflush(stdout);
        if (fork() == 0) {
            exit(run_one(argv[i]));
        }
        wait(&status);
        all |= status;
    }
    return all == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

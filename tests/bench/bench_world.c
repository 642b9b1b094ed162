/* bench_world.c - how fast whole replications are, from reading the scenario to the merged results
 * file: a textbook queue, the main drill, the same with ten times the machines and the load, and
 * two replications on two cores. Each in a process of its own, so that time and memory are its own.
 * Other sizes are measured by `make scale`. */
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/results/results_read.h"
#include "sim/run/campaign.h"
#include "sim/run/wall.h"
#include "sim/scenario/scenario_read.h"
#include "tests/bench/bench.h"

extern const Kind *const all_kinds[];

#define RUNS_MOST 5

typedef struct Asked {
    const char *path;
    SimSpan until;      /* 0: all of it */
    guint replications; /* at least 1 */
    guint jobs;
} Asked;

/* What a measured process sends home; sums over all replications. */
typedef struct Figures {
    bool is_good;
    double events, requests, simulated_s, cpu_s, wall_s, peak_mib;
} Figures;

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

static void add_usage(Figures *figures, int who)
{
    struct rusage usage;

    getrusage(who, &usage);
    figures->cpu_s += seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    figures->peak_mib = MAX(figures->peak_mib, (double)usage.ru_maxrss / 1024);
}

static bool read_counts(const char *directory, Figures *figures, GError **error)
{
    g_autofree char *path = g_build_filename(directory, "results.sqlite", NULL);
    g_autoptr(Results) results = results_open(path, error);
    guint count = 0;
    const ResultsRun *runs = results != NULL ? results_runs(results, &count) : NULL;

    g_unlink(path);
    for (guint i = 0; i < count; i++) {
        figures->events += (double)runs[i].events;
        figures->requests += (double)runs[i].requests;
        figures->simulated_s += sim_span_to_s(runs[i].simulated);
    }
    return count > 0;
}

static bool run_there(const Asked *order, const char *directory, Figures *figures, GError **error)
{
    ScenarioChanges changes = {.replications = order->replications};
    DiagList *diags = NULL;
    Scenario *scenario = scenario_read(order->path, &changes, all_kinds, &diags);
    CampaignOrder campaign = {.scenario = scenario,
                              .kinds = all_kinds,
                              .jobs = order->jobs,
                              .directory = directory,
                              .until = order->until};
    CampaignResult result;

    if (scenario == NULL) {
        g_autofree char *text = diag_list_to_text(diags);

        fputs(text, stderr);
        return false;
    }
    return campaign_run(&campaign, &result, error) && read_counts(directory, figures, error);
}

/* Whatever is left in it. */
static void remove_directory(const char *directory)
{
    g_autoptr(GDir) files = directory != NULL ? g_dir_open(directory, 0, NULL) : NULL;
    const char *name;

    while (files != NULL && (name = g_dir_read_name(files)) != NULL) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        g_unlink(path);
    }
    if (directory != NULL) {
        g_rmdir(directory);
    }
}

static void measure_here(const Asked *order, int end)
{
    Figures figures = {.is_good = false};
    g_autofree char *directory = g_dir_make_tmp("dcdrill-bench-XXXXXX", NULL);
    g_autoptr(GError) error = NULL;
    double began_s = wall_seconds();

    figures.is_good = directory != NULL && run_there(order, directory, &figures, &error);
    figures.wall_s = wall_seconds() - began_s;
    add_usage(&figures, RUSAGE_SELF);
    add_usage(&figures, RUSAGE_CHILDREN);
    if (error != NULL) {
        fprintf(stderr, "bench_world: %s: %s\n", order->path, error->message);
    }
    remove_directory(directory);
    _exit(write(end, &figures, sizeof(figures)) == (ssize_t)sizeof(figures) ? 0 : 1);
}

static Figures measure(const Asked *order)
{
    Figures figures = {.is_good = false};
    int ends[2];

    fflush(stdout);
    if (pipe(ends) != 0) {
        g_error("bench_world: no pipe");
    }
    if (fork() == 0) {
        measure_here(order, ends[1]);
    }
    close(ends[1]);
    if (read(ends[0], &figures, sizeof(figures)) != (ssize_t)sizeof(figures)) {
        figures.is_good = false;
    }
    close(ends[0]);
    wait(NULL);
    if (!figures.is_good) {
        g_error("bench_world: '%s' did not end well", order->path);
    }
    return figures;
}

/* `runs` runs of processor time for each of `units` operations; the figures of the last run. */
static Figures measure_each(Bench *bench, const char *name, const Asked *order, double goal_ns,
                            double (*count)(const Figures *), unsigned runs)
{
    double each_ns[RUNS_MOST], reference_ns[RUNS_MOST];
    Figures figures = {.is_good = false};

    g_assert_cmpuint(runs, <=, RUNS_MOST);
    for (unsigned i = 0; i < runs; i++) {
        double before_ns = bench_reference_ns();

        figures = measure(order);
        reference_ns[i] = (before_ns + bench_reference_ns()) / 2;
        each_ns[i] = figures.cpu_s * 1e9 / count(&figures);
    }
    bench_add(bench, name, goal_ns, each_ns, reference_ns, runs);
    return figures;
}

static double count_customers(const Figures *figures)
{
    return figures->simulated_s * 1000; /* as the scenario says */
}

static double count_milliseconds(const Figures *figures)
{
    return figures->simulated_s * 1000;
}

static void note_requests(Bench *bench, const Figures *figures)
{
    bench_note(bench, "simulated_s_per_s", figures->simulated_s / figures->cpu_s);
    bench_note(bench, "events_per_request", figures->events / figures->requests);
    bench_note(bench, "us_per_request", figures->cpu_s * 1e6 / figures->requests);
    bench_note(bench, "ns_per_event", figures->cpu_s * 1e9 / figures->events);
    bench_note(bench, "memory_mib", figures->peak_mib);
}

static void measure_drill(Bench *bench)
{
    const Asked order = {.path = "scenarios/drills/dc03-lost.json", .replications = 1, .jobs = 1};
    Figures figures = measure_each(bench, "main scenario, simulated ms", &order, 1e9 / 100 / 1e3,
                                   count_milliseconds, 3);

    note_requests(bench, &figures);
    bench_add_value(bench, "main scenario, memory", 256, figures.peak_mib, "MiB");
}

/* Ten seconds of it, the making of 300 machines included. */
static void measure_larger(Bench *bench)
{
    const Asked order = {.path = "scenarios/capacity/scale-27500-300.json",
                         .replications = 1,
                         .jobs = 1,
                         .until = 5 * SIM_S};
    Figures figures = measure_each(bench, "ten times as large, simulated ms", &order, 1e9 / 8 / 1e3,
                                   count_milliseconds, 3);

    note_requests(bench, &figures);
}

static void measure_cores(Bench *bench)
{
    Asked order = {.path = "scenarios/drills/steady.json", .replications = 2, .until = 30 * SIM_S};
    double shares[RUNS_MOST];

    for (int i = 0; i < RUNS_MOST; i++) {
        double one_s, two_s;

        order.jobs = 1;
        one_s = measure(&order).wall_s;
        order.jobs = 2;
        two_s = measure(&order).wall_s;
        shares[i] = two_s / one_s;
    }
    bench_add_value(bench, "two cores, share of time on one", 1 / 1.95,
                    bench_median(shares, RUNS_MOST), "share");
}

int main(int argc, char **argv)
{
    Bench *bench = bench_begin(argc, argv);
    const Asked queue = {.path = "tests/bench/mm1.json", .replications = 1, .jobs = 1};

    if (bench_wants(bench, "M/M/1 customer, scenario")) {
        measure_each(bench, "M/M/1 customer, scenario", &queue, 40, count_customers, RUNS_MOST);
    }
    if (bench_wants(bench, "main scenario")) {
        measure_drill(bench);
    }
    if (bench_wants(bench, "ten times as large")) {
        measure_larger(bench);
    }
    if (bench_wants(bench, "two cores")) {
        measure_cores(bench);
    }
    return bench_end(bench);
}

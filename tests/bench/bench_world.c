/* bench_world.c - how fast whole replications are: a textbook queue and the main drill.
 * One replication of each, from the first event to the merged results file, by the clock of the
 * processor. Prints a line each, and all figures as JSON into the file given (build/bench.json). */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/file_whole.h"
#include "sim/config/json_place.h"
#include "sim/results/results_read.h"
#include "sim/run/campaign.h"
#include "sim/run/wall.h"
#include "sim/scenario/scenario_read.h"
#include "tests/bench/bench.h"

extern const Kind *const all_kinds[];

static const char *const scenarios[] = {
    "scenarios/theory/mm1.json",
    "scenarios/drills/dc03-lost.json",
};

/* What a measured process sends home. */
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

    unlink(path);
    if (count != 1) {
        return false;
    }
    figures->events = (double)runs[0].events;
    figures->requests = (double)runs[0].requests;
    figures->simulated_s = sim_span_to_s(runs[0].simulated);
    return true;
}

/* Runs one replication in `directory`. */
static bool run_there(const char *path, const char *directory, Figures *figures, GError **error)
{
    ScenarioChanges changes = {.replications = 1};
    DiagList *diags = NULL;
    Scenario *scenario = scenario_read(path, &changes, all_kinds, &diags);
    CampaignOrder order = {
        .scenario = scenario, .kinds = all_kinds, .jobs = 1, .directory = directory};
    CampaignResult result;

    if (scenario == NULL) {
        g_autofree char *text = diag_list_to_text(diags);

        fputs(text, stderr);
        return false;
    }
    return campaign_run(&order, &result, error) && read_counts(directory, figures, error);
}

/* In a process of its own, so that its memory and time are this scenario's alone. */
static void measure_here(const char *path, int end)
{
    Figures figures = {.is_good = false};
    g_autofree char *directory = g_dir_make_tmp("dcdrill-bench-XXXXXX", NULL);
    g_autoptr(GError) error = NULL;
    double began_s = wall_seconds();

    figures.is_good = directory != NULL && run_there(path, directory, &figures, &error);
    figures.wall_s = wall_seconds() - began_s;
    add_usage(&figures, RUSAGE_SELF);
    add_usage(&figures, RUSAGE_CHILDREN);
    if (error != NULL) {
        fprintf(stderr, "bench_world: %s: %s\n", path, error->message);
    }
    if (directory != NULL) {
        rmdir(directory);
    }
    _exit(write(end, &figures, sizeof(figures)) == (ssize_t)sizeof(figures) ? 0 : 1);
}

static Figures measure(const char *path)
{
    Figures figures = {.is_good = false};
    int ends[2];

    fflush(stdout);
    if (pipe(ends) != 0) {
        return figures;
    }
    if (fork() == 0) {
        measure_here(path, ends[1]);
    }
    close(ends[1]);
    if (read(ends[0], &figures, sizeof(figures)) != (ssize_t)sizeof(figures)) {
        figures.is_good = false;
    }
    close(ends[0]);
    wait(NULL);
    return figures;
}

static cJSON *show(const char *path, const Figures *figures)
{
    cJSON *row = cJSON_CreateObject();
    double steps_per_event = figures->cpu_s / figures->events * 1e9 / bench_reference_ns();

    printf("%s\n    %.0f s simulated in %.1f s of processor time: %.1f times as fast\n", path,
           figures->simulated_s, figures->cpu_s, figures->simulated_s / figures->cpu_s);
    printf("    %.0f events/s, %.0f ns and %.0f reference steps an event; peak memory %.0f MiB\n",
           figures->events / figures->cpu_s, figures->cpu_s / figures->events * 1e9,
           steps_per_event, figures->peak_mib);
    if (figures->requests > 0) {
        printf("    %.0f requests/s, %.2f us and %.0f reference steps a request, %.1f events\n",
               figures->requests / figures->cpu_s, figures->cpu_s / figures->requests * 1e6,
               steps_per_event * figures->events / figures->requests,
               figures->events / figures->requests);
    }
    cJSON_AddStringToObject(row, "scenario", path);
    cJSON_AddNumberToObject(row, "simulated_s", figures->simulated_s);
    cJSON_AddNumberToObject(row, "processor_s", figures->cpu_s);
    cJSON_AddNumberToObject(row, "wall_s", figures->wall_s);
    cJSON_AddNumberToObject(row, "real_time_factor", figures->simulated_s / figures->cpu_s);
    cJSON_AddNumberToObject(row, "events", figures->events);
    cJSON_AddNumberToObject(row, "events_per_s", figures->events / figures->cpu_s);
    cJSON_AddNumberToObject(row, "reference_steps_per_event", steps_per_event);
    cJSON_AddNumberToObject(row, "requests", figures->requests);
    cJSON_AddNumberToObject(row, "requests_per_s", figures->requests / figures->cpu_s);
    cJSON_AddNumberToObject(row, "peak_memory_mib", figures->peak_mib);
    return row;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "build/bench.json";
    cJSON *report = cJSON_CreateObject(), *rows = cJSON_CreateArray();
    g_autoptr(GError) error = NULL;
    bool is_good = true;

    bench_begin();
    for (guint i = 0; i < G_N_ELEMENTS(scenarios); i++) {
        Figures figures = measure(scenarios[i]);

        if (figures.is_good) {
            cJSON_AddItemToArray(rows, show(scenarios[i], &figures));
        }
        is_good = is_good && figures.is_good;
    }
    cJSON_AddNumberToObject(report, "reference_step_ns", bench_reference_ns());
    cJSON_AddItemToObject(report, "runs", rows);
    char *text = cJSON_Print(report);

    is_good = file_write_whole(path, text, strlen(text), &error) && is_good;
    cJSON_free(text);
    cJSON_Delete(report);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* results_rig.c - a results file made up for a test. */
#include "tests/support/results_rig.h"

#include <glib/gstdio.h>

ResultsRig *results_rig_new(int runs, int seconds)
{
    ResultsRig *rig = g_new0(ResultsRig, 1);

    rig->directory = g_dir_make_tmp("dcdrill-XXXXXX", NULL);
    rig->path = g_build_filename(rig->directory, "results.sqlite", NULL);
    rig->writer = results_write_new(rig->path, NULL);
    rig->runs = runs;
    rig->seconds = seconds;
    g_assert(rig->writer != NULL);
    for (int i = 0; i < runs; i++) {
        results_write_run(rig->writer, &(ResultsRun){.run = i,
                                                     .seed = (uint64_t)i + 1,
                                                     .fingerprint = (uint64_t)i + 100,
                                                     .events = 1000,
                                                     .requests = 500,
                                                     .simulated = (seconds + 10) * SIM_S,
                                                     .ended = "completed"});
        results_write_phase(rig->writer, i, "warmup", -10 * SIM_S, 0);
        results_write_phase(rig->writer, i, "baseline", 0, seconds * SIM_S);
    }
    return rig;
}

void results_rig_users(ResultsRig *rig, int run, int second, const char *region, const char *dc,
                       uint64_t ok, uint64_t failed, SimSpan latency)
{
    g_autoptr(Histogram) histogram = histogram_new();

    if (ok > 0) {
        histogram_add_many(histogram, latency, ok);
    }
    results_write_users(rig->writer, &(ResultsUsers){.run = run,
                                                     .time = second * SIM_S,
                                                     .client = "users",
                                                     .region = region,
                                                     .dc = dc,
                                                     .ok = ok,
                                                     .failed = failed,
                                                     .attempts = ok + failed,
                                                     .latency = histogram});
}

void results_rig_fault(ResultsRig *rig, int run, const char *dc, int begin, int end)
{
    g_autofree char *targets = g_strdup_printf("host@%s-db1, host@%s-app1", dc, dc);

    results_write_phase(rig->writer, run, "lose", begin * SIM_S, end * SIM_S);
    results_write_fault(rig->writer, &(ResultsFault){.run = run,
                                                     .name = "lose",
                                                     .func = "dc.outage",
                                                     .targets_text = targets,
                                                     .applied = begin * SIM_S,
                                                     .lifted = end * SIM_S,
                                                     .targets = 6,
                                                     .bit = 6});
}

Results *results_rig_open(ResultsRig *rig)
{
    g_autoptr(GError) error = NULL;
    bool is_closed = results_write_close(g_steal_pointer(&rig->writer), &error);

    g_assert_no_error(error);
    g_assert(is_closed);
    rig->results = results_open(rig->path, &error);
    g_assert_no_error(error);
    return rig->results;
}

void results_rig_free(ResultsRig *rig)
{
    if (rig != NULL) {
        results_write_free(rig->writer);
        results_free(rig->results);
        g_unlink(rig->path);
        g_rmdir(rig->directory);
        g_free(rig->path);
        g_free(rig->directory);
        g_free(rig);
    }
}

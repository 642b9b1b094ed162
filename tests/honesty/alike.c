/* alike.c - whether diff tells apart what differs and nothing else, through reader, engine, results
 * and statistics: a queue against itself under fresh seeds (alarms in at most 1 % of checks), and
 * against one whose 99th percentile is 3 % higher, under the same seeds (found in at least 95 % of
 * trials of 30 pairs). Arguments: pairs of campaigns, planted trials, processes at once. */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/results/judge/judge_runs.h"
#include "sim/results/paired.h"
#include "sim/study/study.h"

extern const Kind *const all_kinds[];

enum { PAIRS = 30 };

static const char scenario_text[] =
    "{\"version\":\"1\",\"title\":\"a queue\",\"simulation\":{\"warmup\":\"2s\",\"duration\":"
    "\"20s\",\"settle\":\"0s\",\"replications\":30,\"sample_interval\":\"1s\"},\"system\":{"
    "\"queueing\":{\"sources\":{\"in\":{\"interarrival\":\"exponential(mean=1ms)\",\"to\":\"web\"}"
    "},\"stations\":{\"web\":{\"service\":\"exponential(mean=700us)\"}}}}}";

/* M/M/1: the percentile goes with 1 / (mu - lambda); 706.17 us instead of 700 us is 3 % more. */
static const char slower[] = "/system/queueing/stations/web/service=exponential(mean=706.17us)";

typedef struct Alike {
    Study study;
    char *path;
    guint checks, alarms, trials, found;
} Alike;

static Trial *run_one(Alike *alike, guint seed, const char *set, const char *name)
{
    g_autofree char *seed_set = g_strdup_printf("/simulation/seed=%u", seed);
    const char *sets[] = {seed_set, set, NULL};
    g_autoptr(GError) error = NULL;
    Trial *trial = study_try(&alike->study, alike->path, sets, name, PAIRS, NULL, &error);

    if (trial == NULL) {
        g_printerr("alike: %s\n", error->message);
        exit(1);
    }
    return trial;
}

static PairedFigure compare(const Trial *before, const Trial *after, const PairedMetric *metric,
                            guint metrics)
{
    g_autofree double *from = judge_each_run(before->results, metric->rule, 0);
    g_autofree double *to = judge_each_run(after->results, metric->rule, 0);
    PairedAsk ask = {.before = from,
                     .after = to,
                     .count = PAIRS,
                     .tolerance = metric->tolerance,
                     .least_tolerance = metric->least_tolerance,
                     .is_relative = metric->is_relative,
                     .is_smaller_better = metric->is_smaller_better,
                     .confidence = paired_confidence(0.95, metrics)};

    return paired_compare(&ask);
}

static void against_itself(Alike *alike, guint index)
{
    g_autoptr(Trial) before = run_one(alike, 2 * index + 1000, NULL, "before");
    g_autoptr(Trial) after = run_one(alike, 2 * index + 1001, NULL, "after");
    g_autoptr(GPtrArray) metrics = paired_metrics_list(before->results);

    for (guint i = 0; i < metrics->len; i++) {
        PairedFigure figure = compare(before, after, metrics->pdata[i], metrics->len);

        alike->checks++;
        alike->alarms += figure.verdict == COMPARISON_WORSE || figure.verdict == COMPARISON_BETTER;
    }
}

static void against_slower(Alike *alike, guint index)
{
    g_autoptr(Trial) before = run_one(alike, index + 500000, NULL, "before");
    g_autoptr(Trial) after = run_one(alike, index + 500000, slower, "after");
    g_autoptr(GPtrArray) metrics = paired_metrics_list(before->results);

    for (guint i = 0; i < metrics->len; i++) {
        const PairedMetric *metric = metrics->pdata[i];

        if (g_str_equal(metric->rule->metric, "journey") &&
            g_str_equal(metric->aggregate, "p(99)")) {
            alike->trials++;
            alike->found +=
                compare(before, after, metric, metrics->len).verdict == COMPARISON_WORSE;
        }
    }
}

static guint argument(char **arguments, int count, int index, guint otherwise)
{
    return index < count ? (guint)g_ascii_strtoull(arguments[index], NULL, 10) : otherwise;
}

int main(int count, char **arguments)
{
    g_autofree char *scratch = g_dir_make_tmp("alike-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(scratch, "queue.json", NULL);
    guint pairs = argument(arguments, count, 1, 200);
    guint planted = argument(arguments, count, 2, 100);
    Alike alike = {
        .study = {.kinds = all_kinds, .scratch = scratch, .jobs = argument(arguments, count, 3, 1)},
        .path = path};

    g_file_set_contents(path, scenario_text, -1, NULL);
    for (guint i = 0; i < MAX(pairs, planted); i++) {
        if (i < pairs) {
            against_itself(&alike, i);
        }
        study_forget(&alike.study, "before");
        study_forget(&alike.study, "after");
        if (i < planted) {
            against_slower(&alike, i);
        }
        study_forget(&alike.study, "before");
        study_forget(&alike.study, "after");
    }
    g_unlink(path);
    g_rmdir(scratch);
    printf("%u pairs of campaigns alike: %u alarms in %u checks (at most 1 %%)\n"
           "%u pairs with a p99 3 %% higher: found in %u (at least 95 %%)\n",
           pairs, alike.alarms, alike.checks, alike.trials, alike.found);
    return alike.alarms * 100 <= alike.checks && alike.found * 100 >= alike.trials * 95 ? 0 : 1;
}

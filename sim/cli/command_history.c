/* command_history.c - keeps what reference scenarios measured at each revision, and tells where a
 * metric changed its level. */
#include <stdio.h>

#include "sim/cli/command.h"
#include "sim/cli/result_folder.h"
#include "sim/results/regression/trend.h"
#include "sim/run/wall.h"

/* What is measured: the flag, or what build servers say. */
static const char *revision_of(const Options *options)
{
    const char *names[] = {"GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT"};
    const char *revision = options->regression.commit;

    for (guint i = 0; revision == NULL && i < G_N_ELEMENTS(names); i++) {
        revision = g_getenv(names[i]);
    }
    return revision;
}

static bool add(Trend *trend, const char *folder, const char *revision, GError **error)
{
    g_autofree char *time = wall_timestamp();
    g_autoptr(GPtrArray) folders = result_folders_find(folder, error);

    for (guint i = 0; folders != NULL && i < folders->len; i++) {
        const ResultFolder *one = folders->pdata[i];
        g_autoptr(Baseline) baseline = result_folder_read(one->path, NULL, error);

        if (baseline == NULL || !trend_add(trend, baseline, revision, time, error)) {
            return false;
        }
    }
    return folders != NULL;
}

static bool tell(Trend *trend, GError **error)
{
    g_autoptr(GPtrArray) changes = trend_changes(trend, error);

    if (changes == NULL) {
        return false;
    }
    for (guint i = 0; i < changes->len; i++) {
        const TrendChange *change = changes->pdata[i];

        printf("%s: %s  %s: %.4g to %.4g (%+.1f %%) after %s, by %s; p = %.3f%s\n",
               change->is_worse ? "worse " : "better", change->scenario, change->metric,
               change->before, change->after, 100 * (change->after / change->before - 1),
               change->last_before, change->first_after, change->p,
               change->is_other_scenario ? "; the scenario changed there too" : "");
    }
    printf("%u revisions, %u changes of level\n", trend_count_revisions(trend), changes->len);
    return true;
}

int command_history(const Options *options, const Kind *const *kinds)
{
    g_autoptr(GError) error = NULL;
    const char *revision = revision_of(options);

    (void)kinds;
    if (options->files->len == 0) {
        fprintf(stderr, "dcdrill: error: 'history' needs its file, and results to add: dcdrill "
                        "history history.sqlite out --commit 3f9c2e1\n");
        return EXIT_USAGE;
    }
    if (options->files->len > 1 && (revision == NULL || revision[0] == '\0')) {
        fprintf(stderr, "dcdrill: error: say with --commit which revision was measured\n");
        return EXIT_USAGE;
    }
    g_autoptr(Trend) trend = trend_open(g_ptr_array_index(options->files, 0), &error);
    bool is_good = trend != NULL;

    for (guint i = 1; is_good && i < options->files->len; i++) {
        is_good = add(trend, g_ptr_array_index(options->files, i), revision, &error);
    }
    if (!is_good || !tell(trend, &error)) {
        fprintf(stderr, "dcdrill: error: %s\n", error->message);
        return EXIT_USAGE;
    }
    return EXIT_PASSED;
}

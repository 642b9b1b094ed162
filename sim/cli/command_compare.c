/* command_compare.c - results held against baselines: is this change worse than what is run today?
 */
#include "sim/cli/command_compare.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/file_whole.h"
#include "sim/cli/annotate.h"
#include "sim/cli/result_folder.h"

#define CONFIDENCE 0.95

/* --- what is held against what --------------------------------------------------------------- */

/* The baseline for `name`: from an output directory, a file, or a folder of files. NULL without
 * `error` when there is none. */
static Baseline *find_baseline(const char *baseline, const char *name, GError **error)
{
    g_autofree char *database = g_build_filename(baseline, "results.sqlite", NULL);
    g_autofree char *in_folder = result_baseline_path(baseline, name);

    if (!g_file_test(baseline, G_FILE_TEST_EXISTS)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "'%s' does not exist", baseline);
        return NULL;
    }
    if (g_file_test(baseline, G_FILE_TEST_IS_REGULAR)) {
        return baseline_read(baseline, error);
    }
    if (g_file_test(database, G_FILE_TEST_EXISTS)) {
        return result_folder_read(baseline, NULL, error);
    }
    return g_file_test(in_folder, G_FILE_TEST_EXISTS) ? baseline_read(in_folder, error) : NULL;
}

static Regression *compare_one(const Options *options, const ResultFolder *folder,
                               const char *baseline, GError **error)
{
    GError *why = NULL;
    Baseline *before = find_baseline(baseline, folder->name, &why);

    if (why != NULL) {
        g_propagate_error(error, why);
        return NULL;
    }
    Baseline *after = result_folder_read(folder->path, before, error);

    if (after == NULL || before == NULL) {
        Regression *lonely = after != NULL ? regression_lonely(folder->name, NULL, after) : NULL;

        if (after == NULL) {
            baseline_free(before);
        }
        return lonely;
    }
    g_autofree char *declared =
        options->regression.declare != NULL
            ? g_strdup(options->regression.declare)
            : result_declared(baseline, folder->name, baseline_fingerprint(after), &why);

    if (why != NULL) {
        g_propagate_error(error, why);
        baseline_free(before);
        baseline_free(after);
        return NULL;
    }
    return regression_new(folder->name, before, after, declared,
                          options->confidence > 0 ? options->confidence : CONFIDENCE, error);
}

static bool is_compared(const GPtrArray *list, const char *name)
{
    for (guint i = 0; i < list->len; i++) {
        if (strcmp(((const Regression *)list->pdata[i])->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Baselines without results: a scenario that was there is no more. */
static bool add_missing(GPtrArray *list, const char *baseline, GError **error)
{
    g_autoptr(GPtrArray) names = result_baseline_names(baseline);

    for (guint i = 0; i < names->len; i++) {
        if (!is_compared(list, names->pdata[i])) {
            g_autofree char *path = result_baseline_path(baseline, names->pdata[i]);
            Baseline *before = baseline_read(path, error);

            if (before == NULL) {
                return false;
            }
            g_ptr_array_add(list, regression_lonely(names->pdata[i], before, NULL));
        }
    }
    return true;
}

static GPtrArray *compare_all(const Options *options, const char *folder, const char *baseline,
                              GError **error)
{
    g_autoptr(GPtrArray) folders = result_folders_find(folder, error);
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)regression_free);
    g_autofree char *own = g_build_filename(folder, "results.sqlite", NULL);

    for (guint i = 0; folders != NULL && i < folders->len; i++) {
        Regression *one = compare_one(options, folders->pdata[i], baseline, error);

        if (one == NULL) {
            return NULL;
        }
        g_ptr_array_add(list, one);
    }
    bool is_single = g_file_test(own, G_FILE_TEST_EXISTS); /* one of many is compared alone */

    if (folders == NULL || (!is_single && !add_missing(list, baseline, error))) {
        return NULL;
    }
    return g_steal_pointer(&list);
}

/* --- what is told ---------------------------------------------------------------------------- */

static bool write_out(const GPtrArray *list, const char *out, GError **error)
{
    g_auto(GStrv) sides = g_strsplit(out, "=", 2);
    g_autofree char *text = strcmp(sides[0], "junit") == 0     ? regression_to_junit(list)
                            : strcmp(sides[0], "summary") == 0 ? regression_to_json(list)
                            : strcmp(sides[0], "md") == 0      ? regression_to_markdown(list)
                                                               : NULL;

    if (text == NULL && strcmp(sides[0], "github") != 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "'--out %s': a comparison has junit, summary, md and github", out);
        return false;
    }
    if (text == NULL) {
        const char *summary = g_getenv("GITHUB_STEP_SUMMARY");
        g_autofree char *markdown = regression_to_markdown(list);

        text = annotate_regressions(list);
        if (summary != NULL && summary[0] != '\0' && !annotate_append(summary, markdown, error)) {
            return false;
        }
    }
    if (strcmp(sides[1], "-") == 0) {
        return fputs(text, stdout) >= 0;
    }
    return file_write_text(sides[1], text, error);
}

static bool tell(const Options *options, const GPtrArray *list, bool is_main, GError **error)
{
    g_autofree char *text = regression_to_text(list);
    bool is_written = true;

    fputs(text, options_use_stdout(options) ? stderr : stdout);
    if (is_main && options->is_json) {
        g_autofree char *json = regression_to_json(list);

        fputs(json, stdout);
    }
    for (guint i = 0; is_main && is_written && options->outs != NULL && options->outs[i] != NULL;
         i++) {
        is_written = write_out(list, options->outs[i], error);
    }
    return is_written;
}

static int status_of(RegressionVerdict verdict)
{
    static const int statuses[] = {
        [REGRESSION_FINE] = EXIT_PASSED,
        [REGRESSION_WORSE] = EXIT_WORSE,
        [REGRESSION_UNDECIDED] = EXIT_INCONCLUSIVE,
        [REGRESSION_BROKEN] = EXIT_FAILED,
    };

    return statuses[verdict];
}

int compare_with_baseline(const Options *options, const char *folder, const char *baseline,
                          bool is_main)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = compare_all(options, folder, baseline, &error);

    if (list == NULL || !tell(options, list, is_main, &error)) {
        fprintf(stderr, "dcdrill: error: %s\n",
                error != NULL ? error->message : "cannot write to standard output");
        return EXIT_USAGE;
    }
    return status_of(regression_merge(list));
}

int command_compare(const Options *options, const Kind *const *kinds)
{
    g_autoptr(GError) error = NULL;

    (void)kinds;
    if (options->files->len != 2) {
        fprintf(stderr, "dcdrill: error: 'compare' needs an output directory, or a folder of them, "
                        "and a baseline: dcdrill compare out baselines\n");
        return EXIT_USAGE;
    }
    if (!options_check_outs(options, &error)) {
        fprintf(stderr, "dcdrill: error: %s\n", error->message);
        return EXIT_USAGE;
    }
    int status = compare_with_baseline(options, g_ptr_array_index(options->files, 0),
                                       g_ptr_array_index(options->files, 1), true);

    return command_is_forgiven(options, status) ? EXIT_PASSED : status;
}

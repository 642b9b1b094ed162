/* result_folder.c - output directories below a folder, and the baselines that belong to them. */
#include "sim/cli/result_folder.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/file_whole.h"
#include "sim/config/json_place.h"
#include "sim/config/json_print.h"
#include "sim/results/judge/judge_runs.h"

#define SUFFIX ".baseline.json"

/* --- walking -------------------------------------------------------------------------------- */

static void folder_free(void *item)
{
    ResultFolder *folder = item;

    g_free(folder->name);
    g_free(folder->path);
    g_free(folder);
}

typedef void EachFile(void *context, const char *name, const char *path);

/* Calls `each` for everything below `folder` but what is hidden; `name` is the path from there. */
static void walk(const char *folder, const char *prefix, EachFile *each, void *context)
{
    g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
    const char *entry;

    while (directory != NULL && (entry = g_dir_read_name(directory)) != NULL) {
        g_autofree char *path = g_build_filename(folder, entry, NULL);
        g_autofree char *name =
            prefix[0] != '\0' ? g_strconcat(prefix, "/", entry, NULL) : g_strdup(entry);

        if (entry[0] == '.') {
            continue;
        }
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            walk(path, name, each, context);
        } else {
            each(context, name, path);
        }
    }
}

static void add_folder(void *context, const char *name, const char *path)
{
    g_autofree char *file = g_path_get_basename(name);

    if (strcmp(file, "results.sqlite") == 0 && strchr(name, '/') != NULL) {
        ResultFolder *folder = g_new0(ResultFolder, 1);

        folder->name = g_path_get_dirname(name);
        folder->path = g_path_get_dirname(path);
        g_ptr_array_add(context, folder);
    }
}

static gint compare_folders(gconstpointer a, gconstpointer b)
{
    const ResultFolder *const *one = a, *const *other = b;

    return strcmp((*one)->name, (*other)->name);
}

/* What the scenario in an output directory is called: its file without folder and ending. */
static char *name_of_scenario(const char *database, GError **error)
{
    g_autoptr(Results) results = results_open(database, error);
    const char *scenario = results != NULL ? results_fact(results, "scenario") : NULL;
    char *name = g_path_get_basename(scenario != NULL ? scenario : "results");
    char *dot = strrchr(name, '.');

    if (results == NULL) {
        g_free(name);
        return NULL;
    }
    if (dot != NULL && dot != name) {
        *dot = '\0';
    }
    return name;
}

GPtrArray *result_folders_find(const char *folder, GError **error)
{
    g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func(folder_free);
    g_autofree char *database = g_build_filename(folder, "results.sqlite", NULL);

    if (g_file_test(database, G_FILE_TEST_EXISTS)) {
        char *name = name_of_scenario(database, error);
        ResultFolder *own = name != NULL ? g_new0(ResultFolder, 1) : NULL;

        if (own == NULL) {
            return NULL;
        }
        own->name = name;
        own->path = g_strdup(folder);
        g_ptr_array_add(folders, own);
        return g_steal_pointer(&folders);
    }
    walk(folder, "", add_folder, folders);
    if (folders->len == 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                    "there are no results in or below '%s'; 'dcdrill run' writes some", folder);
        return NULL;
    }
    g_ptr_array_sort(folders, compare_folders);
    return g_steal_pointer(&folders);
}

/* --- baselines ------------------------------------------------------------------------------ */

char *result_baseline_path(const char *folder, const char *name)
{
    g_autofree char *file = g_strconcat(name, SUFFIX, NULL);

    return g_build_filename(folder, file, NULL);
}

static void add_baseline(void *context, const char *name, const char *path)
{
    (void)path;
    if (g_str_has_suffix(name, SUFFIX)) {
        g_ptr_array_add(context, g_strndup(name, strlen(name) - strlen(SUFFIX)));
    }
}

static gint compare_texts(gconstpointer a, gconstpointer b)
{
    const char *const *one = a, *const *other = b;

    return strcmp(*one, *other);
}

GPtrArray *result_baseline_names(const char *folder)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    walk(folder, "", add_baseline, names);
    g_ptr_array_sort(names, compare_texts);
    return names;
}

/* The metric of a judged threshold, when it has a direction. */
static void add_threshold(GPtrArray *metrics, const ResultsCheck *check,
                          const ThresholdKnown *known)
{
    g_autofree char *name = check->labels[0] != '\0'
                                ? g_strdup_printf("%s{%s}", check->name, check->labels)
                                : g_strdup(check->name);
    g_autoptr(ThresholdRule) rule = strcmp(check->kind, "threshold") == 0
                                        ? threshold_parse(name, check->condition, known, NULL)
                                        : NULL;

    if (rule != NULL) {
        paired_metrics_add(metrics, paired_metric_of_rule(rule, 0));
    }
}

static GPtrArray *metrics_of(const Results *results)
{
    GPtrArray *metrics = paired_metrics_list(results);
    g_autoptr(GArray) declared = judge_declared(results);
    ThresholdKnown known = {.declared = (const ThresholdMetric *)(const void *)declared->data};
    guint count;
    const ResultsCheck *checks = results_checks(results, &count);

    for (guint i = 0; i < count; i++) {
        add_threshold(metrics, &checks[i], &known);
    }
    return metrics;
}

Baseline *result_folder_read(const char *path, const Baseline *like, GError **error)
{
    g_autofree char *database = g_build_filename(path, "results.sqlite", NULL);
    g_autofree char *meta_path = g_build_filename(path, "run-meta.json", NULL);
    g_autofree char *text = NULL;
    g_autoptr(Results) results = results_open(database, error);

    if (results == NULL) {
        return NULL;
    }
    g_autoptr(GPtrArray) metrics =
        like != NULL ? regression_metrics(like, results) : metrics_of(results);
    cJSON *meta = g_file_get_contents(meta_path, &text, NULL, NULL) ? cJSON_Parse(text) : NULL;
    Baseline *baseline = baseline_take(results, metrics, meta, error);

    cJSON_Delete(meta);
    return baseline;
}

/* --- declared changes ----------------------------------------------------------------------- */

/* {"changes": [{"scenario", "fingerprint", "why"}]}; an empty one when there is no file. */
static cJSON *read_declared(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    cJSON *root = NULL;

    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        root = cJSON_CreateObject();
        cJSON_AddArrayToObject(root, "changes");
        return root;
    }
    if (!g_file_get_contents(path, &text, NULL, error)) {
        return NULL;
    }
    root = cJSON_Parse(text);
    if (!cJSON_IsArray(json_member(root, "changes"))) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "'%s' is no list of declared changes: {\"changes\": [...]}", path);
        cJSON_Delete(root);
        return NULL;
    }
    return root;
}

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *value = json_member(object, name);

    return cJSON_IsString(value) ? value->valuestring : "";
}

char *result_declared(const char *folder, const char *name, uint64_t fingerprint, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "declared.json", NULL);
    g_autofree char *hash = g_strdup_printf("%016" G_GINT64_MODIFIER "x", fingerprint);
    cJSON *root = read_declared(path, error);
    char *why = NULL;
    const cJSON *change;

    cJSON_ArrayForEach(change, json_member(root, "changes"))
    {
        if (strcmp(text_of(change, "scenario"), name) == 0 &&
            strcmp(text_of(change, "fingerprint"), hash) == 0) {
            g_free(why);
            why = g_strdup(text_of(change, "why"));
        }
    }
    cJSON_Delete(root);
    return why;
}

bool result_declare(const char *folder, const char *name, uint64_t fingerprint, const char *why,
                    GError **error)
{
    g_autofree char *path = g_build_filename(folder, "declared.json", NULL);
    g_autofree char *hash = g_strdup_printf("%016" G_GINT64_MODIFIER "x", fingerprint);
    cJSON *root = read_declared(path, error);
    cJSON *change = cJSON_CreateObject();

    if (root == NULL) {
        cJSON_Delete(change);
        return false;
    }
    cJSON_AddStringToObject(change, "scenario", name);
    cJSON_AddStringToObject(change, "fingerprint", hash);
    cJSON_AddStringToObject(change, "why", why);
    cJSON_AddItemToArray(json_member(root, "changes"), change);
    g_autofree char *text = json_print_page(root);
    g_autofree char *line = g_strconcat(text, "\n", NULL);

    cJSON_Delete(root);
    return file_write_text(path, line, error);
}

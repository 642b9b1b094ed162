/* command_baseline.c - keeps what campaigns were in files that a repository can keep. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/file_whole.h"
#include "sim/cli/command.h"
#include "sim/cli/result_folder.h"

/* A baseline that is to be written, and what stands in its place. */
typedef struct Place {
    const char *name;
    char *path;
    Baseline *fresh, *old; /* old NULL: there is none */
} Place;

static void place_clear(void *item)
{
    Place *place = item;

    g_free(place->path);
    baseline_free(place->fresh);
    baseline_free(place->old);
}

/* Nothing is written over another scenario's baseline, and nothing without a reason over one that
 * the same scenario and version do not meet any more. */
static bool may_write(const Place *place, const char *declare, GError **error)
{
    const Baseline *old = place->old, *fresh = place->fresh;

    if (old == NULL) {
        return true;
    }
    g_autofree char *one = g_path_get_basename(old->scenario);
    g_autofree char *other = g_path_get_basename(fresh->scenario);

    if (strcmp(one, other) != 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
                    "'%s' is the baseline of another scenario, '%s'; name another folder with -o",
                    place->path, old->scenario);
        return false;
    }
    if (declare == NULL && old->runs->len == fresh->runs->len &&
        strcmp(old->scenario_hash, fresh->scenario_hash) == 0 &&
        strcmp(old->version, fresh->version) == 0 && strcmp(old->seed, fresh->seed) == 0 &&
        baseline_fingerprint(old) != baseline_fingerprint(fresh)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
                    "'%s': the same scenario, seed and version behave otherwise than when it was "
                    "written; say why with --declare, or it stays",
                    place->path);
        return false;
    }
    return true;
}

static bool prepare(Place *place, const Options *options, const ResultFolder *folder,
                    const char *target, GError **error)
{
    place->name = folder->name;
    place->path = result_baseline_path(target, folder->name);
    place->fresh = result_folder_read(folder->path, NULL, error);
    if (place->fresh == NULL) {
        return false;
    }
    if (g_file_test(place->path, G_FILE_TEST_EXISTS)) {
        place->old = baseline_read(place->path, error);
        if (place->old == NULL) {
            return false;
        }
    }
    return may_write(place, options->regression.declare, error);
}

static bool write_one(const Place *place, const char *target, const char *declare, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(place->path);
    g_autofree char *text = baseline_print(place->fresh);
    uint64_t fingerprint = baseline_fingerprint(place->fresh);

    if (g_mkdir_with_parents(folder, 0777) != 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                    "cannot make the directory '%s': %s", folder, g_strerror(errno));
        return false;
    }
    return file_write_text(place->path, text, error) &&
           (declare == NULL || place->old == NULL ||
            baseline_fingerprint(place->old) == fingerprint ||
            result_declare(target, place->name, fingerprint, declare, error));
}

/* All or, when one of them may not, none. */
static bool write_all(const Options *options, GPtrArray *folders, const char *target,
                      GError **error)
{
    g_autoptr(GArray) places = g_array_new(false, true, sizeof(Place));
    bool is_good = true;

    g_array_set_clear_func(places, place_clear);
    g_array_set_size(places, folders->len);
    for (guint i = 0; is_good && i < folders->len; i++) {
        is_good =
            prepare(&g_array_index(places, Place, i), options, folders->pdata[i], target, error);
    }
    for (guint i = 0; is_good && i < folders->len; i++) {
        const Place *place = &g_array_index(places, Place, i);

        is_good = write_one(place, target, options->regression.declare, error);
        if (is_good) {
            printf("%s\n", place->path);
        }
    }
    return is_good;
}

int command_baseline(const Options *options, const Kind *const *kinds)
{
    g_autoptr(GError) error = NULL;
    const char *target = options->out_dir != NULL ? options->out_dir : "baselines";

    (void)kinds;
    if (options->files->len != 1) {
        fprintf(stderr, "dcdrill: error: 'baseline' needs one output directory, or a folder of "
                        "them, like out\n");
        return EXIT_USAGE;
    }
    g_autoptr(GPtrArray) folders =
        result_folders_find(g_ptr_array_index(options->files, 0), &error);

    if (folders == NULL || !write_all(options, folders, target, &error)) {
        fprintf(stderr, "dcdrill: error: %s\n", error->message);
        return EXIT_USAGE;
    }
    return EXIT_PASSED;
}

/* staging.c - an output directory that appears whole or not at all. */
#include "sim/cli/staging.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The files of an output directory. */
static const char *const staging_names[] = {"journal.json",  "summary.json", "results.sqlite",
                                            "junit.xml",     "report.html",  "summary.md",
                                            "run-meta.json", "capsule.json", NULL};

static bool fail(GError **error, const char *verb, const char *path)
{
    int number = errno;

    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(number), "cannot %s '%s': %s",
                verb, path, g_strerror(number));
    return false;
}

/* A directory that is not an output directory of ours is nobody's to replace. */
static bool is_ours(const char *target, GError **error)
{
    g_autofree char *meta = g_build_filename(target, "run-meta.json", NULL);
    g_autoptr(GDir) directory = g_dir_open(target, 0, NULL);
    bool is_empty = directory != NULL && g_dir_read_name(directory) == NULL;

    if (!is_empty && !g_file_test(meta, G_FILE_TEST_EXISTS)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
                    "'%s' exists and holds no results of dcdrill; name another directory with -o",
                    target);
        return false;
    }
    return true;
}

char *staging_begin(const char *target, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(target);
    g_autofree char *name = g_path_get_basename(target);
    g_autofree char *staged = g_strdup_printf("%s/.%s.part-%ld", parent, name, (long)getpid());

    if (g_file_test(target, G_FILE_TEST_EXISTS) && !is_ours(target, error)) {
        return NULL;
    }
    if (g_mkdir_with_parents(parent, 0777) != 0) {
        fail(error, "make the directory", parent);
        return NULL;
    }
    staging_abandon(staged); /* of a process that had the same number and was killed */
    if (g_mkdir(staged, 0777) != 0) {
        fail(error, "make the directory", staged);
        return NULL;
    }
    return g_steal_pointer(&staged);
}

/* Nothing of ours has directories within; a directory that is not empty afterwards stays. */
void staging_abandon(const char *staged)
{
    g_autoptr(GDir) directory = g_dir_open(staged, 0, NULL);
    const char *name;

    while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *path = g_build_filename(staged, name, NULL);

        g_unlink(path);
    }
    g_rmdir(staged);
}

/* What somebody else put into the old directory moves on to the new one. */
static void keep_foreign(const char *old, const char *target)
{
    g_autoptr(GDir) directory = g_dir_open(old, 0, NULL);
    const char *name;

    while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
        if (!g_strv_contains(staging_names, name)) {
            g_autofree char *from = g_build_filename(old, name, NULL);
            g_autofree char *to = g_build_filename(target, name, NULL);

            rename(from, to);
        }
    }
}

bool staging_finish(const char *staged, const char *target, GError **error)
{
    g_autofree char *old = g_strdup_printf("%s.old-%ld", staged, (long)getpid());
    bool had_old = g_file_test(target, G_FILE_TEST_EXISTS);

    if (had_old && rename(target, old) != 0) {
        return fail(error, "move away", target);
    }
    if (rename(staged, target) != 0) {
        fail(error, "give its name to", staged);
        if (had_old) {
            rename(old, target);
        }
        return false;
    }
    if (had_old) {
        keep_foreign(old, target);
        staging_abandon(old);
    }
    return true;
}

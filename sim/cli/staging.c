/* staging.c - an output directory that appears whole or not at all. */
#include "sim/cli/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/run/campaign.h"

/* How often and how long to wait for another process to let go: replications of one that was killed
 * hold its directory until they end too. */
enum { LOCK_TRIES = 40, LOCK_PAUSE_US = 50000 };

struct Staging {
    char *target, *path, *old; /* old: where the target stands for a moment, at worst */
    int lock;                  /* the directory, opened and locked */
    bool is_left;              /* finished, or kept for later */
};

/* The files of an output directory. */
static const char *const staging_names[] = {"journal.json",
                                            "summary.json",
                                            "results.sqlite",
                                            "junit.xml",
                                            "report.html",
                                            "report.pdf",
                                            "report.json",
                                            "report.csv",
                                            "report.txt",
                                            "summary.md",
                                            "run-meta.json",
                                            "capsule.json",
                                            "study.json",
                                            "study.csv",
                                            "study.txt",
                                            "trial",
                                            NULL};

static bool fail(GError **error, const char *verb, const char *path)
{
    int number = errno;

    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(number), "cannot %s '%s': %s",
                verb, path, g_strerror(number));
    return false;
}

/* --- what is in a directory --- */

/* A replication's own file, whole or half-written. */
static bool is_run_name(const char *name)
{
    return g_str_has_prefix(name, "run-") && strstr(name, ".sqlite") != NULL;
}

/* Ours, whole or half-written ("summary.json.part-17", "results.sqlite-journal"). */
static bool is_our_name(const char *name)
{
    for (guint i = 0; staging_names[i] != NULL; i++) {
        if (g_str_has_prefix(name, staging_names[i])) {
            return true;
        }
    }
    return is_run_name(name);
}

typedef bool NamePick(const char *name);

static void remove_files(const char *path, NamePick *pick)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;

    while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
        if (pick(name)) {
            g_autofree char *file = g_build_filename(path, name, NULL);

            g_unlink(file);
        }
    }
}

/* What somebody else put into an old directory moves on to the new one. */
static void keep_foreign(const char *old, const char *target)
{
    g_autoptr(GDir) directory = g_dir_open(old, 0, NULL);
    const char *name;

    while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
        if (!is_our_name(name)) {
            g_autofree char *from = g_build_filename(old, name, NULL);
            g_autofree char *to = g_build_filename(target, name, NULL);

            rename(from, to);
        }
    }
}

/* Removes an old output directory of ours; one that is not empty afterwards stays. */
static void remove_old(const char *old, const char *target)
{
    keep_foreign(old, target);
    remove_files(old, is_our_name);
    g_rmdir(old);
}

/* A directory that is not an output directory of ours is nobody's to replace. */
static bool is_ours(const char *path)
{
    g_autofree char *meta = g_build_filename(path, "run-meta.json", NULL);
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name = NULL;

    if (directory == NULL || g_file_test(meta, G_FILE_TEST_EXISTS)) {
        return directory != NULL;
    }
    while ((name = g_dir_read_name(directory)) != NULL && is_our_name(name)) {
        continue;
    }
    return name == NULL;
}

static bool check_ours(const char *path, GError **error)
{
    if (g_file_test(path, G_FILE_TEST_EXISTS) && !is_ours(path)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
                    "'%s' exists and holds no results of dcdrill; name another directory with -o",
                    path);
        return false;
    }
    return true;
}

/* --- whose it is --- */

/* Whether the directory opened as `lock` is still the one that stands at `path`. */
static bool is_at(int lock, const char *path)
{
    struct stat opened;
    struct stat standing;

    return fstat(lock, &opened) == 0 && stat(path, &standing) == 0 &&
           opened.st_dev == standing.st_dev && opened.st_ino == standing.st_ino;
}

/* A directory opened and locked; -1 when it is not there or another process has it. Some file
 * systems of networks lock no directory: then nothing but its name says that it is taken. */
static int lock_directory(const char *path)
{
    int lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        close(lock);
        errno = EWOULDBLOCK;
        return -1;
    }
    return lock;
}

/* Makes the directory where it is missing and locks it. */
static bool take(Staging *staging, GError **error)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (g_mkdir(staging->path, 0777) != 0 && errno != EEXIST) {
            return fail(error, "make the directory", staging->path);
        }
        staging->lock = lock_directory(staging->path);
        if (staging->lock >= 0 && is_at(staging->lock, staging->path)) {
            return true;
        }
        if (staging->lock >= 0) { /* it got its name and was no more ours to take */
            close(staging->lock);
            staging->lock = -1;
        } else if (errno != EWOULDBLOCK && errno != ENOENT) {
            return fail(error, "lock the directory", staging->path);
        }
        g_usleep(LOCK_PAUSE_US);
    }
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
                "another process is writing '%s'; wait for it or name another directory with -o",
                staging->target);
    return false;
}

/* A process was killed between two names: see swap_in_two. */
static void recover(const Staging *staging)
{
    if (!g_file_test(staging->old, G_FILE_TEST_IS_DIR)) {
        return;
    }
    if (g_file_test(staging->target, G_FILE_TEST_EXISTS)) {
        remove_old(staging->old, staging->target);
    } else {
        rename(staging->old, staging->target);
    }
}

/* Without slashes at its end; of a link what it points to, so that the link stays and results are
 * exchanged there. Caller frees. */
static char *place_of(const char *target)
{
    char *bare = g_strdup(target);

    while (strlen(bare) > 1 && g_str_has_suffix(bare, "/")) {
        bare[strlen(bare) - 1] = '\0';
    }
    if (g_file_test(bare, G_FILE_TEST_IS_SYMLINK)) {
        char *real = realpath(bare, NULL);

        if (real != NULL) {
            g_free(bare);
            return real;
        }
    }
    return bare;
}

Staging *staging_begin(const char *target, GError **error)
{
    g_autofree char *bare = place_of(target);
    g_autofree char *name = g_path_get_basename(bare);
    g_autoptr(Staging) staging = NULL;

    if (strspn(name, "./") == strlen(name)) { /* ".", "..", "/": has no name to exchange */
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "'%s' cannot be exchanged as a whole; name a directory, like -o out/mine",
                    target);
        return NULL;
    }
    g_autofree char *parent = g_path_get_dirname(bare);
    const char *folder = strchr(bare, '/') != NULL ? parent : "";
    const char *slash = folder[0] != '\0' && !g_str_has_suffix(folder, "/") ? "/" : "";

    staging = g_new0(Staging, 1);
    staging->target = g_strdup(bare);
    staging->path = g_strdup_printf("%s%s.%s.unfinished", folder, slash, name);
    staging->old = g_strdup_printf("%s%s.%s.old", folder, slash, name);
    staging->lock = -1;
    staging->is_left = true; /* until it is ours */
    if (!check_ours(bare, error) || !check_ours(staging->path, error)) {
        return NULL;
    }
    if (g_mkdir_with_parents(parent, 0777) != 0) {
        fail(error, "make the directory", parent);
        return NULL;
    }
    if (!take(staging, error)) {
        return NULL;
    }
    staging->is_left = false;
    recover(staging);
    return g_steal_pointer(&staging);
}

const char *staging_path(const Staging *staging)
{
    return staging->path;
}

static bool is_of_no_later_use(const char *name)
{
    return is_our_name(name) && !campaign_is_run_file(name) && strcmp(name, "run-meta.json") != 0;
}

void staging_empty(Staging *staging, bool keep_ended)
{
    if (g_file_test(staging->target, G_FILE_TEST_IS_DIR)) {
        keep_foreign(staging->path, staging->target);
    }
    remove_files(staging->path, keep_ended ? is_of_no_later_use : is_our_name);
}

/* --- how it ends --- */

/* Where a file system cannot exchange two names: should we be killed in between, the next process
 * gives the old directory its name back. */
static bool swap_in_two(const Staging *staging, GError **error)
{
    if (rename(staging->target, staging->old) != 0) {
        return fail(error, "move away", staging->target);
    }
    if (rename(staging->path, staging->target) != 0) {
        fail(error, "give its name to", staging->path);
        rename(staging->old, staging->target);
        return false;
    }
    remove_old(staging->old, staging->target);
    return true;
}

static bool swap(const Staging *staging, GError **error)
{
    int lock = lock_directory(staging->target); /* until it is gone: it stands at our path then */
    bool is_done =
        renameat2(AT_FDCWD, staging->path, AT_FDCWD, staging->target, RENAME_EXCHANGE) == 0;

    if (is_done) {
        remove_old(staging->path, staging->target);
    } else if (errno == EINVAL || errno == ENOSYS) {
        is_done = swap_in_two(staging, error);
    } else {
        fail(error, "give its name to", staging->path);
    }
    if (lock >= 0) {
        close(lock);
    }
    return is_done;
}

bool staging_finish(Staging *staging, GError **error)
{
    if (g_file_test(staging->target, G_FILE_TEST_EXISTS)) {
        if (!swap(staging, error)) {
            return false;
        }
    } else if (rename(staging->path, staging->target) != 0) {
        return fail(error, "give its name to", staging->path);
    }
    remove_files(staging->target, is_run_name);
    staging->is_left = true;
    return true;
}

guint staging_keep(Staging *staging)
{
    g_autoptr(GDir) directory = g_dir_open(staging->path, 0, NULL);
    const char *name;
    guint kept = 0;

    while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
        kept += campaign_is_run_file(name) ? 1 : 0;
    }
    if (kept > 0) {
        remove_files(staging->path, is_of_no_later_use);
        staging->is_left = true;
    }
    return kept;
}

void staging_free(Staging *staging)
{
    if (staging == NULL) {
        return;
    }
    if (!staging->is_left) {
        remove_files(staging->path, is_our_name);
        g_rmdir(staging->path);
    }
    if (staging->lock >= 0) {
        close(staging->lock);
    }
    g_free(staging->target);
    g_free(staging->path);
    g_free(staging->old);
    g_free(staging);
}

/* pdf.c - Chromium as a printer. */
#include "reports/pdf.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/file_whole.h"

G_DEFINE_QUARK(dcdrill - pdf - error - quark, pdf_error)

#define PATIENCE "180" /* seconds */

static char *find_browser(void)
{
    static const char *const names[] = {"chromium", "chromium-browser", "google-chrome"};

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        char *path = g_find_program_in_path(names[i]);

        if (path != NULL) {
            return path;
        }
    }
    return NULL;
}

/* The profile of a browser that has ended. */
static void remove_tree(const char *path)
{
    GDir *directory = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);

    for (const char *name = directory != NULL ? g_dir_read_name(directory) : NULL; name != NULL;
         name = g_dir_read_name(directory)) {
        g_autofree char *inner = g_build_filename(path, name, NULL);

        remove_tree(inner);
    }
    if (directory != NULL) {
        g_dir_close(directory);
    }
    g_remove(path);
}

static bool spawn(const char *browser, const char *home, const char *uri, const char *printed,
                  GError **error)
{
    g_autofree char *profile = g_strconcat("--user-data-dir=", home, NULL);
    g_autofree char *target = g_strconcat("--print-to-pdf=", printed, NULL);
    const char *const command[] = {"timeout",
                                   "-k",
                                   "5",
                                   PATIENCE,
                                   browser,
                                   "--headless",
                                   "--disable-gpu",
                                   "--disable-dev-shm-usage",
                                   "--disable-background-networking",
                                   "--disable-component-update",
                                   "--disable-sync",
                                   "--no-first-run",
                                   "--host-resolver-rules=MAP * ~NOTFOUND",
                                   "--no-pdf-header-footer",
                                   "--generate-pdf-document-outline",
                                   profile,
                                   target,
                                   uri,
                                   geteuid() == 0 ? "--no-sandbox" : NULL, /* it refuses root */
                                   NULL};
    g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "HOME", home, TRUE);
    int status = 0;

    environment = g_environ_setenv(environment, "LC_ALL", "C.UTF-8", TRUE);
    return g_spawn_sync(NULL, (char **)command, environment,
                        G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL |
                            G_SPAWN_STDERR_TO_DEV_NULL,
                        NULL, NULL, NULL, NULL, &status, error) &&
           g_spawn_check_wait_status(status, error);
}

/* The dates of a file, which stand in it as text, become 1970. */
static void forget_dates(char *bytes, gsize size)
{
    static const char *const names[] = {"/CreationDate (D:", "/ModDate (D:"};

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        char *at = memmem(bytes, size, names[i], strlen(names[i]));
        char *digits = at != NULL ? at + strlen(names[i]) : NULL;

        if (digits != NULL && digits + 14 < bytes + size) {
            memcpy(digits, "19700101000000", 14);
        }
    }
}

static bool keep(const char *printed, const char *pdf_path, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize size;

    if (!g_file_get_contents(printed, &bytes, &size, NULL) || size < 5 ||
        memcmp(bytes, "%PDF-", 5) != 0) {
        g_set_error(error, PDF_ERROR, PDF_ERROR_FAILED, "the browser printed nothing");
        return false;
    }
    forget_dates(bytes, size);
    return file_write_whole(pdf_path, bytes, size, error);
}

bool pdf_print(const char *html_path, const char *pdf_path, GError **error)
{
    g_autofree char *browser = find_browser();
    g_autofree char *absolute = g_canonicalize_filename(html_path, NULL);
    g_autofree char *uri = g_filename_to_uri(absolute, NULL, error);
    g_autofree char *home = NULL;
    g_autofree char *printed = NULL;
    g_autoptr(GError) cause = NULL;
    bool is_kept;

    if (uri == NULL) {
        return false;
    }
    if (browser == NULL) {
        g_set_error(error, PDF_ERROR, PDF_ERROR_MISSING,
                    "there is no Chromium on this machine to print it");
        return false;
    }
    home = g_dir_make_tmp("dcdrill-pdf-XXXXXX", error);
    if (home == NULL) {
        return false;
    }
    printed = g_build_filename(home, "printed.pdf", NULL);
    if (!spawn(browser, home, uri, printed, &cause)) {
        g_set_error(error, PDF_ERROR, PDF_ERROR_FAILED, "the browser failed: %s", cause->message);
        is_kept = false;
    } else {
        is_kept = keep(printed, pdf_path, error);
    }
    remove_tree(home);
    return is_kept;
}

/* path_rig.c - a PATH of the test's own. */
#include "tests/support/path_rig.h"

#include <glib/gstdio.h>

PathRig *path_rig_new(const char *program, const char *script)
{
    PathRig *rig = g_new0(PathRig, 1);
    g_autofree char *path = NULL;

    rig->directory = g_dir_make_tmp("dcdrill-XXXXXX", NULL);
    g_assert_nonnull(rig->directory);
    rig->before = g_strdup(g_getenv("PATH"));
    if (script != NULL) {
        path = g_build_filename(rig->directory, program, NULL);
        g_assert_true(g_file_set_contents(path, script, -1, NULL));
        g_assert_cmpint(g_chmod(path, 0755), ==, 0);
    }
    g_setenv("PATH", rig->directory, TRUE);
    return rig;
}

void path_rig_free(PathRig *rig)
{
    g_autoptr(GDir) directory = g_dir_open(rig->directory, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *path = g_build_filename(rig->directory, name, NULL);

        g_remove(path);
    }
    g_rmdir(rig->directory);
    g_setenv("PATH", rig->before, TRUE);
    g_free(rig->directory);
    g_free(rig->before);
    g_free(rig);
}

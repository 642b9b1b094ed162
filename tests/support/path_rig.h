/* path_rig.h - a PATH of the test's own: nothing on it, or a program of that name that is a shell
 * script. The directory goes with the rig. */
#pragma once

#include <glib.h>

typedef struct PathRig {
    char *directory, *before;
} PathRig;

/* `script` NULL: nothing on the PATH. */
PathRig *path_rig_new(const char *program, const char *script);
void path_rig_free(PathRig *rig);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PathRig, path_rig_free)

/* staging.h - an output directory that appears whole or not at all: written beside its place under
 * another name (".NAME.unfinished"), then exchanged with what stood there. While one process works
 * on it no other does; a process that ends early may leave it for a later one to go on with. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Staging Staging;

/* Makes the directory next to `target` (whose parents are made), or takes the one that a former
 * process left, with what is in it. NULL and `error` when that is not possible, when another
 * process has it, or when `target` is no output directory of ours. */
Staging *staging_begin(const char *target, GError **error);

/* Where to write; owned by the staging. */
const char *staging_path(const Staging *staging);

/* Removes what a former process left; `keep_ended`: but for replications that ended. */
void staging_empty(Staging *staging, bool keep_ended);

/* Puts it in the place of the target without the replications' own files; what stood there is gone
 * afterwards, but for files that are not ours, unless this fails. */
bool staging_finish(Staging *staging, GError **error);

/* Ends without results: keeps the files of replications that ended, whose number it returns, or
 * removes the directory when there are none. */
guint staging_keep(Staging *staging);

/* Ends the work on it, and removes what is neither finished nor kept. */
void staging_free(Staging *staging);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Staging, staging_free)

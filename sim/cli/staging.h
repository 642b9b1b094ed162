/* staging.h - an output directory that appears whole or not at all: written beside its place under
 * another name, then exchanged with what stood there. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Makes an empty directory next to `target` (whose parents are made). Caller frees the path. NULL
 * and `error` when that is not possible. */
char *staging_begin(const char *target, GError **error);

/* Puts `staged` in the place of `target`; what stood there is gone afterwards, unless this fails.
 */
bool staging_finish(const char *staged, const char *target, GError **error);

/* Removes `staged` and all in it. */
void staging_abandon(const char *staged);

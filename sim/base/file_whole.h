/* file_whole.h - files that are there whole or not at all: written under a name of their own beside
 * the place, brought to the disk and renamed. What stood there before stays until then. A link
 * stays, and what it points to is replaced; a pipe or device is written to, not replaced. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Writes `size` bytes to `path`. False and `error` ("cannot write 'path': No space left on
 * device"), with nothing left behind and an earlier file untouched, when that fails. */
bool file_write_whole(const char *path, const void *bytes, size_t size, GError **error);

/* The same for a text. */
bool file_write_text(const char *path, const char *text, GError **error);

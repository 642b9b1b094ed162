/* options_words.h - words and flags as one would type them for a shell. */
#pragma once

#include <glib.h>

/* In quotes where it needs them. Caller frees. */
char *options_quote(const char *word);

/* Appends " FLAG VALUE" for each of `values` (ends with NULL; may be NULL). */
void options_words_add(GString *text, const char *flag, char *const *values);

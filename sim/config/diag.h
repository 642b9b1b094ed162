/* diag.h - what is wrong with the input, all of it in one pass, each with its place.
 * A reader gets a DiagList, reports against nodes of the JSON tree and goes on. Whoever owns the
 * text (and knows which file a merged value came from) supplies the function that turns a node into
 * a place. */
#pragma once

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdbool.h>

typedef enum DiagLevel { DIAG_ERROR, DIAG_WARNING } DiagLevel;

/* Which side of a member a message points at. */
typedef enum DiagSide { DIAG_KEY, DIAG_VALUE } DiagSide;

/* A place in a text: line and column from 1; line 0 when only the file is known. `pointer` is the
 * value's JSON Pointer (RFC 6901) in that file, NULL or "" when there is none to show. */
typedef struct DiagPlace {
    const char *file;
    int line, column;
    const char *pointer;
} DiagPlace;

/* Finds the place of `node`; false when the node stands in no file (a default, a --set). */
typedef bool DiagFind(void *context, const cJSON *node, DiagSide side, DiagPlace *place);

typedef struct DiagList DiagList;

/* `find` may be NULL: messages then have no place. */
DiagList *diag_list_new(DiagFind *find, void *context);
void diag_list_free(DiagList *diags);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DiagList, diag_list_free)

/* Adds a message about `node` (may be NULL). `format` as printf: no full stop, names in single
 * quotes. */
void diag_add(DiagList *diags, DiagLevel level, const cJSON *node, DiagSide side,
              const char *format, ...) G_GNUC_PRINTF(5, 6);

/* Adds a message at a place already known. */
void diag_add_at(DiagList *diags, DiagLevel level, DiagPlace place, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* How many errors, and warnings, so far. */
guint diag_count_errors(const DiagList *diags);
guint diag_count_warnings(const DiagList *diags);

/* All messages in order of file, line and column (same place: order of arrival), one a line:
 * "file:line:column: error: message [/pointer]\n". Columns count characters. What is said twice at
 * the same place (a section read once for each of its nodes) is shown once. Caller frees. */
char *diag_list_to_text(const DiagList *diags);

/* The candidate nearest to `word` (Damerau-Levenshtein, at most a third of its letters apart; upper
 * and lower case, "-" and "_" are equal), or NULL. `candidates` ends with NULL. For "; did you mean
 * 'x'?". */
const char *diag_nearest(const char *word, const char *const *candidates);

/* "; did you mean 'x'?" or "". Caller frees. */
char *diag_suggest(const char *word, const char *const *candidates);

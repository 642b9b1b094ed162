/* json_place.h - strict JSON, and where in its text a node stands.
 * cJSON keeps no positions: when the first message needs one, text and tree are walked side by
 * side. */
#pragma once

#include <cjson/cJSON.h>
#include <glib.h>
#include <stddef.h>

#include "sim/config/diag.h"

/* A text and its tree. Values are open for reading; made and freed here. */
typedef struct JsonDocument {
    char *file; /* name as the user gave it, for messages */
    char *text; /* as parsed, with its comments */
    size_t size;
    cJSON *root;
    GHashTable *places; /* of nodes, once one was asked for; private */
} JsonDocument;

/* Parses strict RFC 8259 (with `comments`: also // and block comments). Trailing commas, duplicate
 * keys, NaN, a byte-order mark, bad UTF-8, nesting beyond 128, numbers out of range and text after
 * the value are reported to `diags` with their place. NULL when anything was reported. `file` and
 * `text` are copied. */
JsonDocument *json_document_parse(const char *file, const char *text, size_t size, bool comments,
                                  DiagList *diags);

/* Reads and parses a file; ".jsonc" allows comments. A file that cannot be read is reported like
 * the rest. */
JsonDocument *json_document_read(const char *path, DiagList *diags);
void json_document_free(JsonDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonDocument, json_document_free)

/* A DiagFind whose context is a JsonDocument. Columns count characters, not bytes. An item of an
 * array and the root have no key: their value is meant. `root` must not have been changed. */
bool json_document_find(void *document, const cJSON *node, DiagSide side, DiagPlace *place);

/* Member `name` of an object, case-sensitive; NULL when there is none or `object` is no object (or
 * NULL). */
cJSON *json_member(const cJSON *object, const char *name);

/* The node at an RFC 6901 pointer ("/load/users/rate"), or NULL. */
cJSON *json_pointer(cJSON *root, const char *pointer);

/* The pointer to `node` within `root` ("" for the root itself), or NULL when it is not there.
 * Caller frees. */
char *json_pointer_to(const cJSON *root, const cJSON *node);

/* The steps of a pointer, unescaped; NULL when it is not one. Caller frees with g_strfreev. */
char **json_pointer_split(const char *pointer);

/* The member or item that one step leads to, or NULL. */
cJSON *json_pointer_step(const cJSON *node, const char *step);

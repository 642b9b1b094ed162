/* json_merge.h - changes to a JSON tree: RFC 7396 merge, RFC 6902 patch, and setting one value.
 * The target is changed in place, so that whatever it keeps stays at its address; everything that
 * comes in is copied, and each copied node is told to the caller, who can so keep where each value
 * of the result stands in a file. */
#pragma once

#include <cjson/cJSON.h>
#include <glib.h>

#include "sim/config/diag.h"

/* Told for each node made: `to` is new in the result, `from` is what it comes from.
 * `from` may itself be a node of the result (the operation "copy"): `to` then has its origin.
 * An address may have belonged to a removed node before: what is told last holds. */
typedef void JsonCopied(void *context, const cJSON *from, const cJSON *to);

/* A deep copy of `node` with its key. `copied` may be NULL, here and below. Caller deletes. */
cJSON *json_copy(const cJSON *node, JsonCopied *copied, void *context);

/* RFC 7396: merges `patch` into `target` (taken; NULL is "none yet") and returns the result, which
 * the caller deletes: objects merge, null deletes, everything else replaces. `patch` is kept as it
 * is and may be any value. Members keep the order of `target`, new ones follow in that of `patch`.
 */
cJSON *json_merge(cJSON *target, const cJSON *patch, JsonCopied *copied, void *context);

/* RFC 6902: applies the array `operations` (add, remove, replace, move, copy, test) to `*root`.
 * What is wrong is reported on the operation's nodes, all of it in one pass; an operation that
 * fails changes nothing, but those after it are still tried. True when all were applied. */
bool json_patch(cJSON **root, const cJSON *operations, JsonCopied *copied, void *context,
                DiagList *diags);

/* Puts a copy of `value` where `pointer` (RFC 6901) says: replaces what stands there, adds a
 * member, appends to an array at "-" or its length; objects missing on the way are made, with
 * `value` as their origin. False, `error` set and the tree unchanged, when a step on the way is no
 * container or no index, or when the pointer is not one. */
bool json_pointer_set(cJSON **root, const char *pointer, const cJSON *value, JsonCopied *copied,
                      void *context, GError **error);

/* Equal as RFC 6902 4.6 has it: members in any order, numbers by value. */
bool json_equal(const cJSON *one, const cJSON *other);

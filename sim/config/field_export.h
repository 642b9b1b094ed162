/* field_export.h - schema and reference pages from the same rows that the reader uses. */
#pragma once

#include <cjson/cJSON.h>
#include <glib.h>

#include "sim/config/field.h"

/* A draft-07 JSON Schema object for a table: properties with type, pattern, enum, default, limits,
 * description; unknown names refused except "$comment" and "^x-". `overlay` leaves out "required".
 * Caller deletes. */
cJSON *field_export_schema(const Field *fields, bool overlay);

/* Markdown rows "| name | type | default | limits | help | source |", nested tables as name.member;
 * appended to `page`. */
void field_export_page(const Field *fields, GString *page);

/* The words for a type in messages and pages: "duration", "size", "count" ... */
const char *field_type_word(FieldType type);

/* aws_json.h - reads members of the AWS CLI's JSON and reports each mistake with file, line and
 * column. Unknown members are ignored, absent ones are optional unless asked for as required.
 * Source: Route 53 API 2013-04-01. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim/config/diag.h"
#include "sim/config/json_place.h"

/* Where the nodes stand and to whom mistakes are told. */
typedef struct AwsReader {
    JsonDocument *document;
    DiagList *diags;
    guint errors; /* reported through this reader so far */
} AwsReader;

/* Reports an error about `node`. */
void aws_error(AwsReader *reader, const cJSON *node, DiagSide side, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
void aws_warning(AwsReader *reader, const cJSON *node, DiagSide side, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* The member's text, of `shortest` to `longest` bytes; NULL when absent or wrong (reported). Owned
 * by the tree. */
const char *aws_text(AwsReader *reader, const cJSON *object, const char *name, bool is_required,
                     size_t shortest, size_t longest);

/* A whole number from `lowest` to `highest`. False, `value` untouched, when absent or wrong. */
bool aws_whole(AwsReader *reader, const cJSON *object, const char *name, bool is_required,
               int64_t lowest, int64_t highest, int64_t *value);

/* A boolean; false when absent or wrong. */
bool aws_flag(AwsReader *reader, const cJSON *object, const char *name, bool is_required);

/* One of `words` (ends with NULL): its index, or -1 when absent or wrong. */
int aws_choice(AwsReader *reader, const cJSON *object, const char *name, bool is_required,
               const char *const *words);

/* "192.0.2.11" in host byte order. False when `text` is no IPv4 address. */
bool aws_parse_address(const char *text, uint32_t *address);

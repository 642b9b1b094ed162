/* field_check.c - the self-test of a table of fields. */
#include <glib.h>
#include <string.h>

#include "sim/config/field_type.h"
#include "sim/config/json_place.h"

/* The rows so far, for names that stand twice, and the mistakes found. */
typedef struct FieldCheck {
    DiagList *diags;
    const char *prefix;
    guint mistakes;
} FieldCheck;

G_GNUC_PRINTF(3, 4)
static void report(FieldCheck *check, const Field *field, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    diag_add(check->diags, DIAG_ERROR, NULL, DIAG_VALUE, "field '%s%s' %s", check->prefix,
             field->name, text);
    check->mistakes++;
}

static bool is_object(const char *text)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document =
        json_document_parse("schema", text, strlen(text), false, diags);

    return document != NULL && cJSON_IsObject(document->root);
}

static void check_words(FieldCheck *check, const Field *fields, const Field *field)
{
    const FieldTypeDef *def = field_type_def(field->type);

    if (field->help == NULL || *field->help == '\0') {
        report(check, field, "has no help");
    } else if (g_str_has_suffix(field->help, ".")) {
        report(check, field, "ends its help with a full stop");
    }
    if (field_find(fields, field->name) != field) {
        report(check, field, "stands twice");
    }
    if (def->is_sourced && field->initial != NULL && field->source == NULL) {
        report(check, field, "has a default without a source");
    }
    if (field->initial != NULL && (field->flags & FIELD_REQUIRED) != 0) {
        report(check, field, "is required and has a default");
    }
    if (field->schema != NULL && !is_object(field->schema)) {
        report(check, field, "has a schema that is no JSON object");
    }
    if ((field->type == FIELD_TYPE_CHOICE || field->type == FIELD_TYPE_TABLE) &&
        field->more == NULL) {
        report(check, field, "has no names or rows in 'more'");
    }
}

/* True when the limits are in order; those that are there are set. */
static bool check_limits(FieldCheck *check, const Field *field, FieldNumber *lowest,
                         bool *has_lowest, FieldNumber *highest, bool *has_highest)
{
    const char *lowest_text, *highest_text;
    guint before = check->mistakes;

    *has_lowest = field_type_lowest(field, lowest, &lowest_text);
    *has_highest = field_type_highest(field, highest, &highest_text);
    if (!*has_lowest && lowest_text != NULL) {
        report(check, field, "has the limit '%s', which cannot be read", lowest_text);
    }
    if (!*has_highest && highest_text != NULL) {
        report(check, field, "has the limit '%s', which cannot be read", highest_text);
    }
    if (*has_lowest && *has_highest && field_type_compare(*lowest, *highest) > 0) {
        report(check, field, "has its lowest above its highest");
    }
    return check->mistakes == before;
}

/* Without a default, a required field holds nothing yet; a span of 0 and an empty draw mean that
 * there is none. */
static bool is_absent(const Field *field)
{
    return field->initial == NULL &&
           ((field->flags & FIELD_REQUIRED) != 0 || field->type == FIELD_TYPE_SPAN ||
            field->type == FIELD_TYPE_DRAW || field->type == FIELD_TYPE_DRAW_NUMBER);
}

static void check_default(FieldCheck *check, const Field *field)
{
    union {
        int64_t whole;
        void *owned;
        Draw draw;
    } place;
    FieldNumber lowest, highest, number;
    bool has_lowest, has_highest;
    g_autofree char *why = NULL;

    memset(&place, 0, sizeof(place));
    if (field->initial != NULL && !field_type_parse(field, &place, field->initial, &why)) {
        report(check, field, "has the default '%s', which cannot be read", field->initial);
        return;
    }
    if (check_limits(check, field, &lowest, &has_lowest, &highest, &has_highest) &&
        field_type_def(field->type)->is_ordered && !is_absent(field)) {
        number = field_type_number(field, &place);
        if ((has_lowest && field_type_compare(number, lowest) < 0) ||
            (has_highest && field_type_compare(number, highest) > 0)) {
            report(check, field, "has the default '%s' out of its limits",
                   field->initial == NULL ? "0" : field->initial);
        }
    }
    field_type_clear(field, &place);
}

static guint check_table(const Field *fields, DiagList *diags, const char *prefix)
{
    FieldCheck check = {.diags = diags, .prefix = prefix};

    for (const Field *field = fields; field->name != NULL; field++) {
        check_words(&check, fields, field);
        if (field->type == FIELD_TYPE_TABLE) {
            g_autofree char *nested = g_strconcat(prefix, field->name, ".", NULL);

            if (field->more != NULL) {
                check.mistakes += check_table(field->more, diags, nested);
            }
        } else if (field->type != FIELD_TYPE_CHOICE || field->more != NULL) {
            check_default(&check, field);
        }
    }
    return check.mistakes;
}

guint field_check_table(const Field *fields, DiagList *diags)
{
    return check_table(fields, diags, "");
}

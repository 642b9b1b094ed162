/* field_export.c - what the reader takes, said to editors (JSON Schema) and to people (Markdown).
 * A text may hold a variable ("${rate}") wherever a value stands, so each schema allows one. */
#include "sim/config/field_export.h"

#include <string.h>

#include "sim/config/field_type.h"
#include "sim/config/json_place.h"
#include "sim/config/unit.h"

#define VARIABLE "\\$\\{[^}]+\\}"

static void add_text(cJSON *object, const char *key, const char *text)
{
    cJSON_AddItemToObject(object, key, cJSON_CreateString(text));
}

/* A value in the user's notation as it stands in a file. */
static cJSON *text_to_json(const Field *field, const char *text)
{
    const FieldTypeDef *def = field_type_def(field->type);
    double number;
    cJSON *array;

    if (def->takes_number && unit_parse_number(text, &number)) {
        return cJSON_CreateNumber(number);
    }
    if (field->type == FIELD_TYPE_FLAG) {
        return cJSON_CreateBool(strcmp(text, "true") == 0);
    }
    if (field->type == FIELD_TYPE_TEXTS) {
        g_auto(GStrv) items = g_strsplit(text, ",", -1);

        array = cJSON_CreateArray();
        for (char **item = items; *item != NULL; item++) {
            cJSON_AddItemToArray(array, cJSON_CreateString(g_strstrip(*item)));
        }
        return array;
    }
    return cJSON_CreateString(text);
}

static char *print_limits(const Field *field)
{
    const FieldTypeDef *def = field_type_def(field->type);
    const char *lowest = NULL, *highest = NULL;
    FieldNumber limit;

    if (!def->is_ordered) {
        return g_strdup("");
    }
    field_type_lowest(field, &limit, &lowest);
    field_type_highest(field, &limit, &highest);
    if (lowest != NULL && highest != NULL) {
        return g_strdup_printf("%s to %s", lowest, highest);
    }
    if (lowest != NULL) {
        return g_strdup_printf("at least %s", lowest);
    }
    return highest != NULL ? g_strdup_printf("at most %s", highest) : g_strdup("");
}

/* One sentence each: help, limits, default, source. A fragment that the row brings may have its own
 * description. */
static void add_description(cJSON *schema, const Field *field)
{
    g_autofree char *limits = print_limits(field);
    GString *text;

    if (json_member(schema, "description") != NULL) {
        return;
    }
    text = g_string_new(field->help);
    if (*limits != '\0') {
        g_string_append_printf(text, ". Limits: %s", limits);
    }
    if (field->initial != NULL) {
        g_string_append_printf(text, ". Default: %s", field->initial);
        if (field->source != NULL) {
            g_string_append_printf(text, " (%s)", field->source);
        }
    }
    if ((field->flags & FIELD_TUNABLE) != 0) {
        g_string_append(text, ". A fault may change it while the run goes on");
    }
    add_text(schema, "description", text->str);
    g_string_free(text, TRUE);
}

/* "type": one name, or two. */
static void add_type(cJSON *schema, const char *one, const char *other)
{
    cJSON *names;

    if (other == NULL) {
        add_text(schema, "type", one);
        return;
    }
    names = cJSON_CreateArray();
    cJSON_AddItemToArray(names, cJSON_CreateString(one));
    cJSON_AddItemToArray(names, cJSON_CreateString(other));
    cJSON_AddItemToObject(schema, "type", names);
}

static cJSON *add_alternatives(cJSON *schema)
{
    cJSON *alternatives = cJSON_CreateArray();

    cJSON_AddItemToObject(schema, "anyOf", alternatives);
    return alternatives;
}

static void add_variable(cJSON *alternatives)
{
    cJSON *variable = cJSON_CreateObject();

    add_text(variable, "type", "string");
    add_text(variable, "pattern", VARIABLE);
    cJSON_AddItemToArray(alternatives, variable);
}

static void describe_choice(cJSON *schema, const Field *field)
{
    cJSON *alternatives = add_alternatives(schema), *one = cJSON_CreateObject();
    cJSON *names = cJSON_CreateArray();

    for (const char *const *name = field->more; *name != NULL; name++) {
        cJSON_AddItemToArray(names, cJSON_CreateString(*name));
    }
    cJSON_AddItemToObject(one, "enum", names);
    cJSON_AddItemToArray(alternatives, one);
    add_variable(alternatives);
}

static void describe_texts(cJSON *schema)
{
    cJSON *alternatives = add_alternatives(schema);
    cJSON *one = cJSON_CreateObject(), *list = cJSON_CreateObject(), *item = cJSON_CreateObject();

    add_text(one, "type", "string");
    add_text(item, "type", "string");
    add_text(list, "type", "array");
    cJSON_AddItemToObject(list, "items", item);
    cJSON_AddItemToArray(alternatives, one);
    cJSON_AddItemToArray(alternatives, list);
}

/* A schema's limits hold for bare numbers; those with units are told in the description. */
static void add_limits(cJSON *schema, const Field *field)
{
    FieldNumber limit;
    const char *text;

    if (field_type_lowest(field, &limit, &text)) {
        cJSON_AddItemToObject(
            schema, "minimum",
            cJSON_CreateNumber(limit.is_whole ? (double)limit.whole : limit.real));
    }
    if (field_type_highest(field, &limit, &text)) {
        cJSON_AddItemToObject(
            schema, "maximum",
            cJSON_CreateNumber(limit.is_whole ? (double)limit.whole : limit.real));
    }
}

/* Types whose values are texts in a notation, bare numbers, or both. */
static void describe_value(cJSON *schema, const Field *field)
{
    const FieldTypeDef *def = field_type_def(field->type);
    g_autofree char *pattern = NULL;

    if (def->takes_number) {
        add_type(schema, field->type == FIELD_TYPE_COUNT ? "integer" : "number", "string");
        if (field->type != FIELD_TYPE_DRAW_NUMBER) {
            add_limits(schema, field);
        }
    } else {
        add_type(schema, "string", NULL);
    }
    if (def->pattern != NULL) {
        pattern = g_strdup_printf("^(%s)$|" VARIABLE, def->pattern);
    } else if (!def->takes_text) {
        pattern = g_strdup(VARIABLE);
    }
    if (pattern != NULL) {
        add_text(schema, "pattern", pattern);
    }
}

static void add_example(cJSON *schema, const Field *field)
{
    const FieldTypeDef *def = field_type_def(field->type);
    cJSON *examples;

    if (def->example == NULL || field->type == FIELD_TYPE_TEXTS) {
        return;
    }
    examples = cJSON_CreateArray();
    cJSON_AddItemToArray(examples, cJSON_Parse(def->example));
    cJSON_AddItemToObject(schema, "examples", examples);
}

static cJSON *describe(const Field *field, bool overlay)
{
    cJSON *schema;

    if (field->type == FIELD_TYPE_TABLE) {
        schema = field_export_schema(field->more, overlay);
    } else if (field->type == FIELD_TYPE_JSON && field->schema != NULL) {
        schema = cJSON_Parse(field->schema);
        g_assert_nonnull(schema);
    } else {
        schema = cJSON_CreateObject();
    }
    if (field->type == FIELD_TYPE_CHOICE) {
        describe_choice(schema, field);
    } else if (field->type == FIELD_TYPE_TEXTS) {
        describe_texts(schema);
    } else if (field->type == FIELD_TYPE_FLAG) {
        add_type(schema, "boolean", "string");
        add_text(schema, "pattern", VARIABLE);
    } else if (field->type != FIELD_TYPE_TABLE && field->type != FIELD_TYPE_JSON) {
        describe_value(schema, field);
    }
    add_description(schema, field);
    if (field->initial != NULL) {
        cJSON_AddItemToObject(schema, "default", text_to_json(field, field->initial));
    }
    add_example(schema, field);
    return schema;
}

static void refuse_unknown(cJSON *schema, cJSON *properties)
{
    cJSON *comment = cJSON_CreateObject(), *patterns = cJSON_CreateObject();

    add_text(comment, "type", "string");
    cJSON_AddItemToObject(properties, "$comment", comment);
    cJSON_AddItemToObject(patterns, "^x-", cJSON_CreateObject());
    cJSON_AddItemToObject(schema, "patternProperties", patterns);
    cJSON_AddItemToObject(schema, "additionalProperties", cJSON_CreateFalse());
}

cJSON *field_export_schema(const Field *fields, bool overlay)
{
    cJSON *schema = cJSON_CreateObject(), *properties = cJSON_CreateObject();
    cJSON *required = cJSON_CreateArray();

    add_text(schema, "type", "object");
    for (; fields->name != NULL; fields++) {
        cJSON_AddItemToObject(properties, fields->name, describe(fields, overlay));
        if ((fields->flags & FIELD_REQUIRED) != 0) {
            cJSON_AddItemToArray(required, cJSON_CreateString(fields->name));
        }
    }
    cJSON_AddItemToObject(schema, "properties", properties);
    refuse_unknown(schema, properties);
    /* draft-07 allows an empty "required"; older editors do not. */
    if (overlay || cJSON_GetArraySize(required) == 0) {
        cJSON_Delete(required);
    } else {
        cJSON_AddItemToObject(schema, "required", required);
    }
    return schema;
}

/* A bar would end the cell. */
static void append_cell(GString *page, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|') {
            g_string_append_c(page, '\\');
        }
        g_string_append_c(page, *text);
    }
    g_string_append(page, " | ");
}

static void append_row(GString *page, const Field *field, const char *prefix)
{
    g_autofree char *limits = print_limits(field);
    g_autofree char *name = g_strconcat(prefix, field->name, NULL);
    g_autofree char *help =
        g_strconcat(field->help, (field->flags & FIELD_TUNABLE) != 0 ? " (tunable)" : "", NULL);
    const char *initial = field->initial;

    if (initial == NULL) {
        initial = (field->flags & FIELD_REQUIRED) != 0 ? "required" : "";
    }
    if (field->type == FIELD_TYPE_CHOICE) {
        g_free(limits);
        limits = g_strjoinv(", ", (char **)field->more);
    }
    g_string_append(page, "| ");
    append_cell(page, name);
    append_cell(page, field_type_word(field->type));
    append_cell(page, initial);
    append_cell(page, limits);
    append_cell(page, help);
    append_cell(page, field->source == NULL ? "" : field->source);
    /* The blank after the last bar goes. */
    g_string_truncate(page, page->len - 1);
    g_string_append_c(page, '\n');
}

static void append_rows(GString *page, const Field *fields, const char *prefix)
{
    for (; fields->name != NULL; fields++) {
        append_row(page, fields, prefix);
        if (fields->type == FIELD_TYPE_TABLE) {
            g_autofree char *nested = g_strconcat(prefix, fields->name, ".", NULL);

            append_rows(page, fields->more, nested);
        }
    }
}

void field_export_page(const Field *fields, GString *page)
{
    append_rows(page, fields, "");
}

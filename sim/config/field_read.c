/* field_read.c - values of a JSON tree into a struct, and what is wrong with each of them. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "sim/config/field_type.h"
#include "sim/config/json_place.h"
#include "sim/config/unit.h"

/* Whole numbers beyond lose digits in a double, as which JSON's numbers are kept. */
#define WHOLE_MOST 0x1p53

/* Room for a member of any type that is read by value. */
typedef union FieldPlace {
    int64_t whole;
    double real;
    int choice;
    bool flag;
    char *text;
    char **texts;
    Draw draw;
} FieldPlace;

/* Where messages go, and what stands before a field's name in them ("outer."). */
typedef struct FieldReader {
    DiagList *diags;
    const char *prefix;
} FieldReader;

/* A field with the value that is read into it. */
typedef struct FieldValue {
    const FieldReader *reader;
    const Field *field;
    const FieldTypeDef *def;
    const cJSON *value;
} FieldValue;

static bool read_table(const FieldReader *reader, const Field *fields, char *object,
                       const cJSON *tree);

/* "'outer.idle' needs ...", at the field's key: always false, so that a reader can return it. */
G_GNUC_PRINTF(2, 3) static bool report(const FieldValue *read, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    diag_add(read->reader->diags, DIAG_ERROR, read->value, DIAG_KEY, "'%s%s' %s",
             read->reader->prefix, read->field->name, text);
    return false;
}

static bool report_choice(const FieldValue *read, const char *text)
{
    const char *const *names = read->field->more;
    g_autofree char *list = g_strjoinv("', '", (char **)names);
    g_autofree char *suggestion = diag_suggest(text, names);

    return report(read, "must be one of '%s'%s", list, suggestion);
}

static bool report_type(const FieldValue *read)
{
    const FieldTypeDef *def = read->def;

    if (read->field->type == FIELD_TYPE_CHOICE) {
        return report_choice(read, "");
    }
    return def->example == NULL ? report(read, "must be %s", def->phrase)
                                : report(read, "must be %s, like %s", def->phrase, def->example);
}

/* `number` as the user wrote it, without a unit. */
static bool report_unit(const FieldValue *read, const char *number)
{
    const FieldTypeDef *def = read->def;

    return strlen(number) > 12 || *number == '-'
               ? report(read, "needs a unit (%s), like %s", def->units, def->example)
               : report(read, "needs a unit (%s), like \"%s%s\"", def->units, number, def->guess);
}

/* Says by how much a value may range; `draw` limits its mean. */
static bool report_limits(const FieldValue *read, const char *lowest, const char *highest)
{
    bool is_draw =
        read->field->type == FIELD_TYPE_DRAW || read->field->type == FIELD_TYPE_DRAW_NUMBER;
    const char *must = is_draw ? "must have a mean" : "must";

    if (lowest != NULL && highest != NULL) {
        return report(read, is_draw ? "%s from %s to %s" : "%s lie from %s to %s", must, lowest,
                      highest);
    }
    return lowest != NULL
               ? report(read, is_draw ? "%s of at least %s" : "%s be at least %s", must, lowest)
               : report(read, is_draw ? "%s of at most %s" : "%s be at most %s", must, highest);
}

static bool check_limits(const FieldValue *read, const FieldPlace *place)
{
    const Field *field = read->field;
    const char *lowest_text, *highest_text;
    FieldNumber lowest, highest, number;
    bool has_lowest, has_highest;

    if (!read->def->is_ordered) {
        return true;
    }
    has_lowest = field_type_lowest(field, &lowest, &lowest_text);
    has_highest = field_type_highest(field, &highest, &highest_text);
    number = field_type_number(field, place);
    if ((has_lowest && field_type_compare(number, lowest) < 0) ||
        (has_highest && field_type_compare(number, highest) > 0)) {
        return report_limits(read, lowest_text, highest_text);
    }
    return true;
}

/* Whether `word` is one of "ns, us, ms". */
static bool is_word_of(const char *list, const char *word)
{
    g_auto(GStrv) words = g_strsplit(list, ", ", -1);

    return g_strv_contains((const char *const *)words, word);
}

/* What is wrong with a string that is not in the notation of the field's type. */
static bool report_notation(const FieldValue *read, const char *text, const char *why)
{
    const FieldTypeDef *def = read->def;
    size_t digits = strspn(text, "+-0123456789.");

    if (why != NULL) {
        return report(read, "must be %s, like %s: %s", def->phrase, def->example, why);
    }
    if (read->field->type == FIELD_TYPE_CHOICE) {
        return report_choice(read, text);
    }
    if (read->field->type == FIELD_TYPE_RATIO && digits > 0 &&
        (text[digits] == '\0' || strcmp(text + digits, "%") == 0)) {
        const char *lowest_text, *highest_text;
        FieldNumber limit;

        field_type_lowest(read->field, &limit, &lowest_text);
        field_type_highest(read->field, &limit, &highest_text);
        return report_limits(read, lowest_text, highest_text);
    }
    if (def->units != NULL && digits > 0 && text[digits] == '\0') {
        return report_unit(read, text);
    }
    if (def->units != NULL && digits > 0 && is_word_of(def->units, text + digits)) {
        return report(read, "is malformed or too large, like %s", def->example);
    }
    if (def->units != NULL && digits > 0) {
        return report(read, "has the unknown unit '%s' (%s), like %s", text + digits, def->units,
                      def->example);
    }
    return report_type(read);
}

static bool parse_text(const FieldValue *read, FieldPlace *place, const char *text)
{
    g_autofree char *why = NULL;

    return field_type_parse(read->field, place, text, &why) || report_notation(read, text, why);
}

static bool parse_string(const FieldValue *read, FieldPlace *place)
{
    const char *text = read->value->valuestring;
    double number;

    if (read->def->takes_text) {
        return parse_text(read, place, text);
    }
    if (read->def->takes_number && unit_parse_number(text, &number)) {
        return report(read, "must be %s without quotes, like %s", read->def->phrase, text);
    }
    return report_type(read);
}

static bool parse_number(const FieldValue *read, FieldPlace *place)
{
    double number = read->value->valuedouble;
    g_autofree char *text = unit_print_number(number);

    if (!read->def->takes_number) {
        return read->def->units != NULL ? report_unit(read, text) : report_type(read);
    }
    switch (read->field->type) {
    case FIELD_TYPE_COUNT:
        if (number < rint(number) || number > rint(number) || fabs(number) > WHOLE_MOST) {
            return report_type(read);
        }
        place->whole = (int64_t)number;
        return true;
    case FIELD_TYPE_DRAW_NUMBER:
        return parse_text(read, place, text);
    default:
        place->real = number;
        return true;
    }
}

static bool parse_texts(const FieldValue *read, FieldPlace *place)
{
    const cJSON *item;
    g_autoptr(GPtrArray) texts = NULL;

    if (cJSON_IsString(read->value)) {
        place->texts = g_new0(char *, 2);
        place->texts[0] = g_strdup(read->value->valuestring);
        return true;
    }
    if (!cJSON_IsArray(read->value)) {
        return report_type(read);
    }
    texts = g_ptr_array_new_with_free_func(g_free);
    cJSON_ArrayForEach(item, read->value)
    {
        if (!cJSON_IsString(item)) {
            FieldValue wrong = *read;

            wrong.value = item;
            return report_type(&wrong);
        }
        g_ptr_array_add(texts, g_strdup(item->valuestring));
    }
    g_ptr_array_add(texts, NULL);
    place->texts = (char **)g_ptr_array_steal(texts, NULL);
    return true;
}

static bool parse_value(const FieldValue *read, FieldPlace *place)
{
    if (read->field->type == FIELD_TYPE_TEXTS) {
        return parse_texts(read, place);
    }
    if (cJSON_IsString(read->value)) {
        return parse_string(read, place);
    }
    if (cJSON_IsNumber(read->value)) {
        return parse_number(read, place);
    }
    if (read->field->type == FIELD_TYPE_FLAG && cJSON_IsBool(read->value)) {
        place->flag = cJSON_IsTrue(read->value);
        return true;
    }
    return report_type(read);
}

static bool read_nested(const FieldReader *outer, const Field *field, char *object,
                        const cJSON *value)
{
    g_autofree char *prefix = g_strconcat(outer->prefix, field->name, ".", NULL);
    FieldReader reader = {.diags = outer->diags, .prefix = prefix};

    if (!cJSON_IsObject(value)) {
        diag_add(outer->diags, DIAG_ERROR, value, DIAG_KEY, "'%s%s' must be an object",
                 outer->prefix, field->name);
        return false;
    }
    return read_table(&reader, field->more, object + field->offset, value);
}

static bool read_value(const FieldReader *reader, const Field *field, char *object,
                       const cJSON *value)
{
    FieldValue read = {reader, field, field_type_def(field->type), value};
    FieldPlace place;
    void *member = object + field->offset;

    if (field->type == FIELD_TYPE_TABLE) {
        return read_nested(reader, field, object, value);
    }
    if (field->type == FIELD_TYPE_JSON) {
        *(const cJSON **)member = value;
        return true;
    }
    memset(&place, 0, sizeof(place));
    if (!parse_value(&read, &place)) {
        return false;
    }
    if (!check_limits(&read, &place)) {
        field_type_clear(field, &place);
        return false;
    }
    field_type_clear(field, member);
    memcpy(member, &place, read.def->size);
    return true;
}

static bool report_unknown(const FieldReader *reader, const Field *fields, const cJSON *value)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *nearest;

    for (; fields->name != NULL; fields++) {
        g_ptr_array_add(names, (gpointer)fields->name);
    }
    g_ptr_array_add(names, NULL);
    nearest = diag_nearest(value->string, (const char *const *)names->pdata);
    if (nearest == NULL) {
        diag_add(reader->diags, DIAG_ERROR, value, DIAG_KEY, "unknown field '%s%s'", reader->prefix,
                 value->string);
    } else {
        diag_add(reader->diags, DIAG_ERROR, value, DIAG_KEY,
                 "unknown field '%s%s'; did you mean '%s%s'?", reader->prefix, value->string,
                 reader->prefix, nearest);
    }
    return false;
}

static bool is_skipped(const char *name)
{
    return strcmp(name, "$comment") == 0 || g_str_has_prefix(name, "x-");
}

static bool read_members(const FieldReader *reader, const Field *fields, char *object,
                         const cJSON *tree)
{
    bool is_right = true;
    const cJSON *value;

    cJSON_ArrayForEach(value, tree)
    {
        const Field *field = field_find(fields, value->string);

        if (field != NULL) {
            is_right &= read_value(reader, field, object, value);
        } else if (!is_skipped(value->string)) {
            is_right &= report_unknown(reader, fields, value);
        }
    }
    return is_right;
}

static bool read_table(const FieldReader *reader, const Field *fields, char *object,
                       const cJSON *tree)
{
    bool is_right = read_members(reader, fields, object, tree);

    for (; fields->name != NULL; fields++) {
        if ((fields->flags & FIELD_REQUIRED) != 0 && json_member(tree, fields->name) == NULL) {
            diag_add(reader->diags, DIAG_ERROR, tree, DIAG_KEY, "'%s%s' is required",
                     reader->prefix, fields->name);
            is_right = false;
        }
    }
    return is_right;
}

bool field_read(const Field *fields, void *object, const cJSON *tree, DiagList *diags)
{
    FieldReader reader = {.diags = diags, .prefix = ""};

    if (tree != NULL && !cJSON_IsObject(tree)) {
        diag_add(diags, DIAG_ERROR, tree, DIAG_VALUE, "%s%s%s must be an object",
                 tree->string == NULL ? "this" : "'", tree->string == NULL ? "" : tree->string,
                 tree->string == NULL ? "" : "'");
        return false;
    }
    return read_table(&reader, fields, object, tree);
}

bool field_read_value(const Field *field, void *object, const cJSON *value, DiagList *diags)
{
    FieldReader reader = {.diags = diags, .prefix = ""};

    return read_value(&reader, field, object, value);
}

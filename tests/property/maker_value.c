/* maker_value.c - a value for any row of any field table, and changes to whole trees. */
#include <string.h>

#include "sim/base/rng.h"
#include "sim/config/field_type.h"
#include "tests/property/maker.h"

/* --- values --------------------------------------------------------------------------------- */

/* Laws that can be made up: the first few are ready at once, the last one takes a while to make
 * ready where it is drawn often. */
enum { LAWS_AT_ONCE = 3, LAWS_SOON = 6, LAWS = 7 };

static const double factors[] = {0.25, 0.5, 1, 1, 2, 4};

/* The default as a number, 0 when there is none. */
static double default_of(const Field *field)
{
    union {
        char bytes[64];
        max_align_t align;
    } place = {{0}};
    FieldNumber number;

    if (field->initial == NULL || !field_type_parse(field, &place, field->initial, NULL)) {
        return 0;
    }
    number = field_type_number(field, &place);
    field_type_clear(field, &place);
    return number.is_whole ? (double)number.whole : number.real;
}

static double limited(const Field *field, double value)
{
    FieldNumber limit;
    const char *text;

    if (field_type_lowest(field, &limit, &text)) {
        value = MAX(value, limit.is_whole ? (double)limit.whole : limit.real);
    }
    if (field_type_highest(field, &limit, &text)) {
        value = MIN(value, limit.is_whole ? (double)limit.whole : limit.real);
    }
    return value;
}

/* What a row without default may be, by its type. */
static double invented(FieldType type, Rng *rng)
{
    double u = rng_uniform(rng);

    switch (type) {
    case FIELD_TYPE_SPAN:
    case FIELD_TYPE_DRAW:
        return u * 2e8;
    case FIELD_TYPE_RATIO:
        return u * 0.3;
    case FIELD_TYPE_RATE:
    case FIELD_TYPE_BYTE_RATE:
    case FIELD_TYPE_BYTES:
        return 1000 + u * 1e6;
    default:
        return 1 + (double)rng_below(rng, 4);
    }
}

/* Of the first `kinds` laws, mostly one that is ready at once. */
static char *make_law(double mean, const char *unit, guint kinds, Rng *rng)
{
    double half = mean / 2;

    switch (rng_below(rng, rng_chance(rng, 0.7) ? LAWS_AT_ONCE : kinds)) {
    case 0:
        return g_strdup_printf("constant(%.0f%s)", mean, unit);
    case 1:
        return g_strdup_printf("uniform(%.0f%s, %.0f%s)", half, unit, mean + half, unit);
    case 2:
        return g_strdup_printf("exponential(mean=%.0f%s)", mean, unit);
    case 3:
        return g_strdup_printf("lognormal(mean=%.0f%s, scv=2)", mean, unit);
    case 4:
        return g_strdup_printf("erlang(k=3, mean=%.0f%s)", mean, unit);
    case 5:
        return g_strdup_printf("weibull(shape=2, scale=%.0f%s)", mean, unit);
    default:
        return g_strdup_printf("hyperexponential(mean=%.0f%s, scv=4)", mean, unit);
    }
}

char *maker_law(double mean, const char *unit, Rng *rng)
{
    return make_law(mean, unit, LAWS, rng);
}

static cJSON *take_text(char *text)
{
    cJSON *string = cJSON_CreateString(text);

    g_free(text);
    return string;
}

static cJSON *number_value(const Field *field, double value, Rng *rng)
{
    switch (field->type) {
    case FIELD_TYPE_SPAN:
        return take_text(g_strdup_printf("%.0fns", value));
    case FIELD_TYPE_BYTES:
        return take_text(g_strdup_printf("%.0fB", value));
    case FIELD_TYPE_COUNT:
        return cJSON_CreateNumber((double)(int64_t)value);
    case FIELD_TYPE_RATE:
        return take_text(g_strdup_printf("%.3f/s", value));
    case FIELD_TYPE_BYTE_RATE:
        return take_text(g_strdup_printf("%.0fB/s", value));
    case FIELD_TYPE_DRAW:
        return take_text(make_law(MAX(value, 2), "ns", LAWS_SOON, rng));
    case FIELD_TYPE_DRAW_NUMBER:
        return take_text(g_strdup_printf("constant(%.0f)", MAX(value, 1)));
    default: /* ratios and numbers, to a few digits */
        return cJSON_CreateNumber((double)(int64_t)(value * 1e4) / 1e4);
    }
}

static cJSON *choice_value(const char *const *words, Rng *rng)
{
    guint count = g_strv_length((char **)(uintptr_t)words);

    return cJSON_CreateString(words[rng_below(rng, count)]);
}

static cJSON *table_value(const Field *fields, Rng *rng)
{
    cJSON *object = cJSON_CreateObject();

    for (; fields->name != NULL; fields++) {
        cJSON *value = rng_chance(rng, 0.4) ? maker_value(fields, rng) : NULL;

        if (value != NULL) {
            cJSON_AddItemToObject(object, fields->name, value);
        }
    }
    return object;
}

cJSON *maker_value(const Field *field, Rng *rng)
{
    double value;

    switch (field->type) {
    case FIELD_TYPE_TEXT:
    case FIELD_TYPE_TEXTS:
    case FIELD_TYPE_JSON:
        return NULL;
    case FIELD_TYPE_FLAG:
        return cJSON_CreateBool(rng_chance(rng, 0.5));
    case FIELD_TYPE_CHOICE:
        return choice_value(field->more, rng);
    case FIELD_TYPE_TABLE:
        return table_value(field->more, rng);
    default:
        value = default_of(field);
        value = value > 0 ? value * factors[rng_below(rng, G_N_ELEMENTS(factors))]
                          : invented(field->type, rng);
        return number_value(field, limited(field, value), rng);
    }
}

/* --- changes -------------------------------------------------------------------------------- */

void maker_permute(cJSON *node, Rng *rng)
{
    g_autoptr(GPtrArray) members = g_ptr_array_new();
    cJSON *child;

    cJSON_ArrayForEach(child, node)
    {
        maker_permute(child, rng);
    }
    while (cJSON_IsObject(node) && node->child != NULL) {
        guint place = (guint)rng_below(rng, members->len + 1);

        g_ptr_array_insert(members, (gint)place, cJSON_DetachItemViaPointer(node, node->child));
    }
    for (guint i = 0; i < members->len; i++) {
        child = g_ptr_array_index(members, i);
        g_autofree char *name = g_strdup(child->string);

        cJSON_AddItemToObject(node, name, child);
    }
}

static gboolean double_match(const GMatchInfo *match, GString *text, gpointer context)
{
    g_autofree char *number = g_match_info_fetch(match, 1);
    g_autofree char *unit = g_match_info_fetch(match, 2);

    (void)context;
    g_string_append_printf(text, "%" G_GINT64_FORMAT "%s", 2 * g_ascii_strtoll(number, NULL, 10),
                           unit);
    return FALSE;
}

static void double_text(cJSON *node, const GRegex *regex)
{
    cJSON *child;

    if (cJSON_IsString(node)) {
        g_autofree char *doubled =
            g_regex_replace_eval(regex, node->valuestring, -1, 0, 0, double_match, NULL, NULL);

        cJSON_SetValuestring(node, doubled);
    }
    cJSON_ArrayForEach(child, node)
    {
        double_text(child, regex);
    }
}

void maker_double_times(cJSON *node)
{
    GRegex *regex = g_regex_new("\\b([0-9]+)(ns|us|ms|s|min|h|d)\\b", 0, 0, NULL);

    double_text(node, regex);
    g_regex_unref(regex);
}

/* field_type.c - the types of fields: a row of words each, and how each is read and printed. */
#include "sim/config/field_type.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "sim/config/field_export.h"
#include "sim/config/json_print.h"
#include "sim/config/unit.h"

#define DECIMAL "[0-9]+(\\.[0-9]+)?"
#define EXPONENT "([eE][-+]?[0-9]+)?"
#define PERIOD "(/| per )(ms|s|m|min|h|d)"

static const FieldTypeDef types[] = {
    [FIELD_TYPE_SPAN] = {.word = "duration",
                         .phrase = "a duration",
                         .units = "ns, us, ms, s, min, h, d",
                         .guess = "s",
                         .example = "\"250ms\"",
                         .pattern = "-?" DECIMAL "(ns|us|ms|s|m|min|h|d)",
                         .size = sizeof(SimSpan),
                         .is_ordered = true,
                         .is_sourced = true,
                         .takes_text = true},
    [FIELD_TYPE_BYTES] = {.word = "size",
                          .phrase = "a size",
                          .units = "B, KiB, MiB, GiB, TiB, PiB, kB, MB, GB, TB, PB",
                          .guess = "MiB",
                          .example = "\"4GiB\"",
                          .pattern = DECIMAL "(B|[KMGTP]iB|[kMGTP]B)",
                          .size = sizeof(int64_t),
                          .is_ordered = true,
                          .is_sourced = true,
                          .takes_text = true},
    [FIELD_TYPE_COUNT] = {.word = "count",
                          .phrase = "a whole number",
                          .example = "400",
                          .size = sizeof(int64_t),
                          .is_ordered = true,
                          .is_sourced = true,
                          .takes_number = true},
    [FIELD_TYPE_RATIO] = {.word = "ratio",
                          .phrase = "a ratio",
                          .example = "0.02",
                          .pattern = DECIMAL EXPONENT "%?",
                          .size = sizeof(double),
                          .is_ordered = true,
                          .is_sourced = true,
                          .takes_text = true,
                          .takes_number = true},
    [FIELD_TYPE_NUMBER] = {.word = "number",
                           .phrase = "a number",
                           .example = "2.5",
                           .size = sizeof(double),
                           .is_ordered = true,
                           .is_sourced = true,
                           .takes_number = true},
    [FIELD_TYPE_RATE] = {.word = "rate",
                         .phrase = "a rate",
                         .units = "/ms, /s, /min, /h, /d",
                         .guess = "/s",
                         .example = "\"400/s\"",
                         .pattern = DECIMAL EXPONENT PERIOD,
                         .size = sizeof(double),
                         .is_ordered = true,
                         .is_sourced = true,
                         .takes_text = true},
    [FIELD_TYPE_BYTE_RATE] = {.word = "byte rate",
                              .phrase = "a rate of bytes or bits",
                              .units = "KiB/s, MiB/s, GiB/s, kB/s, MB/s, GB/s, kbit/s, Mbit/s, "
                                       "Gbit/s",
                              .guess = "KiB/s",
                              .example = "\"200Mbit/s\"",
                              .pattern = DECIMAL EXPONENT "(B|[KMGTP]iB|[kMGTP]B|[kMG]?bit)" PERIOD,
                              .size = sizeof(double),
                              .is_ordered = true,
                              .is_sourced = true,
                              .takes_text = true},
    [FIELD_TYPE_FLAG] = {.word = "flag", .phrase = "true or false", .size = sizeof(bool)},
    [FIELD_TYPE_CHOICE] = {.word = "choice",
                           .phrase = "a word",
                           .size = sizeof(int),
                           .takes_text = true},
    [FIELD_TYPE_TEXT] = {.word = "text",
                         .phrase = "a text",
                         .size = sizeof(char *),
                         .takes_text = true},
    [FIELD_TYPE_DRAW] = {.word = "distribution of durations",
                         .phrase = "a distribution of durations",
                         .units = "ns, us, ms, s, min, h, d",
                         .guess = "ms",
                         .example = "\"lognormal(median=2ms, p99=40ms)\"",
                         .size = sizeof(Draw),
                         .is_ordered = true,
                         .is_sourced = true,
                         .takes_text = true},
    [FIELD_TYPE_DRAW_NUMBER] = {.word = "distribution of numbers",
                                .phrase = "a distribution of numbers",
                                .example = "\"uniform(1, 4)\"",
                                .size = sizeof(Draw),
                                .is_ordered = true,
                                .is_sourced = true,
                                .takes_text = true,
                                .takes_number = true},
    [FIELD_TYPE_TEXTS] = {.word = "list of texts",
                          .phrase = "a text or a list of texts",
                          .example = "[\"one\", \"two\"]",
                          .size = sizeof(char **)},
    [FIELD_TYPE_TABLE] = {.word = "table", .phrase = "an object"},
    [FIELD_TYPE_JSON] = {.word = "JSON", .phrase = "JSON", .size = sizeof(const cJSON *)},
};

const FieldTypeDef *field_type_def(FieldType type)
{
    g_assert_cmpint(type, <, G_N_ELEMENTS(types));
    return &types[type];
}

const char *field_type_word(FieldType type)
{
    return field_type_def(type)->word;
}

static bool parse_choice(const Field *field, int *place, const char *text)
{
    const char *const *names = field->more;

    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], text) == 0) {
            *place = i;
            return true;
        }
    }
    return false;
}

static bool parse_draw(const Field *field, Draw *place, const char *text, char **why)
{
    g_autoptr(GError) error = NULL;
    Draw draw = {0};
    DrawUnit unit = field->type == FIELD_TYPE_DRAW ? DRAW_SPAN : DRAW_NUMBER;

    if (!draw_parse(&draw, unit, text, &error)) {
        if (why != NULL) {
            *why = g_strdup(error->message);
        }
        return false;
    }
    draw_clear(place);
    *place = draw;
    return true;
}

static bool parse_flag(bool *place, const char *text)
{
    bool is_true = strcmp(text, "true") == 0;

    if (!is_true && strcmp(text, "false") != 0) {
        return false;
    }
    *place = is_true;
    return true;
}

static bool parse_texts(char ***place, const char *text)
{
    g_strfreev(*place);
    *place = g_strsplit(text, ",", -1);
    for (char **item = *place; *item != NULL; item++) {
        g_strstrip(*item);
    }
    return true;
}

bool field_type_parse(const Field *field, void *place, const char *text, char **why)
{
    if (why != NULL) {
        *why = NULL;
    }
    switch (field->type) {
    case FIELD_TYPE_SPAN:
        return sim_span_parse(text, place);
    case FIELD_TYPE_BYTES:
        return unit_parse_bytes(text, place);
    case FIELD_TYPE_COUNT:
        return unit_parse_count(text, place);
    case FIELD_TYPE_RATIO:
        return unit_parse_ratio(text, place);
    case FIELD_TYPE_NUMBER:
        return unit_parse_number(text, place);
    case FIELD_TYPE_RATE:
        return unit_parse_rate(text, place);
    case FIELD_TYPE_BYTE_RATE:
        return unit_parse_byte_rate(text, place);
    case FIELD_TYPE_FLAG:
        return parse_flag(place, text);
    case FIELD_TYPE_CHOICE:
        return parse_choice(field, place, text);
    case FIELD_TYPE_TEXT:
        g_free(*(char **)place);
        *(char **)place = g_strdup(text);
        return true;
    case FIELD_TYPE_DRAW:
    case FIELD_TYPE_DRAW_NUMBER:
        return parse_draw(field, place, text, why);
    case FIELD_TYPE_TEXTS:
        return parse_texts(place, text);
    case FIELD_TYPE_TABLE:
    case FIELD_TYPE_JSON:
        break;
    }
    return false;
}

static char *print_per_s(double per_s)
{
    g_autofree char *number = unit_print_number(per_s);

    return g_strconcat(number, "/s", NULL);
}

static char *print_byte_rate(double bytes_per_s)
{
    g_autofree char *bytes = NULL;

    if (bytes_per_s < 0x1p53 && fmod(bytes_per_s, 1) < 0x1p-53) {
        bytes = unit_print_bytes((int64_t)bytes_per_s);
        return g_strconcat(bytes, "/s", NULL);
    }
    bytes = unit_print_number(bytes_per_s);
    return g_strconcat(bytes, "B/s", NULL);
}

static char *print_table(const Field *fields, const char *object)
{
    GString *text = g_string_new(NULL);

    for (; fields->name != NULL; fields++) {
        g_autofree char *value = field_print(fields, object);

        g_string_append_printf(text, "%s%s=%s", text->len > 0 ? ", " : "", fields->name, value);
    }
    return g_string_free(text, FALSE);
}

static char *print_json(const cJSON *node)
{
    return node == NULL ? g_strdup("") : json_print_line(node);
}

char *field_type_print(const Field *field, const void *place)
{
    char span[SIM_SPAN_TEXT];

    switch (field->type) {
    case FIELD_TYPE_SPAN:
        return g_strdup(sim_span_print(*(const SimSpan *)place, span));
    case FIELD_TYPE_BYTES:
        return unit_print_bytes(*(const int64_t *)place);
    case FIELD_TYPE_COUNT:
        return g_strdup_printf("%" G_GINT64_FORMAT, *(const int64_t *)place);
    case FIELD_TYPE_RATIO:
    case FIELD_TYPE_NUMBER:
        return unit_print_number(*(const double *)place);
    case FIELD_TYPE_RATE:
        return print_per_s(*(const double *)place);
    case FIELD_TYPE_BYTE_RATE:
        return print_byte_rate(*(const double *)place);
    case FIELD_TYPE_FLAG:
        return g_strdup(*(const bool *)place ? "true" : "false");
    case FIELD_TYPE_CHOICE:
        return g_strdup(((const char *const *)field->more)[*(const int *)place]);
    case FIELD_TYPE_TEXT:
        return g_strdup(*(char *const *)place == NULL ? "" : *(char *const *)place);
    case FIELD_TYPE_DRAW:
    case FIELD_TYPE_DRAW_NUMBER:
        return g_strdup(((const Draw *)place)->law == NULL ? "" : draw_text(*(const Draw *)place));
    case FIELD_TYPE_TEXTS:
        return *(char **const *)place == NULL ? g_strdup("")
                                              : g_strjoinv(", ", *(char **const *)place);
    case FIELD_TYPE_TABLE:
        return print_table(field->more, place);
    case FIELD_TYPE_JSON:
        return print_json(*(const cJSON *const *)place);
    }
    g_assert_not_reached();
}

void field_type_clear(const Field *field, void *place)
{
    switch (field->type) {
    case FIELD_TYPE_TEXT:
        g_free(*(char **)place);
        break;
    case FIELD_TYPE_TEXTS:
        g_strfreev(*(char ***)place);
        break;
    case FIELD_TYPE_DRAW:
    case FIELD_TYPE_DRAW_NUMBER:
        draw_clear(place);
        break;
    default:
        break;
    }
    memset(place, 0, field_type_def(field->type)->size);
}

void field_type_copy(const Field *field, void *to, const void *from)
{
    switch (field->type) {
    case FIELD_TYPE_TEXT:
        *(char **)to = g_strdup(*(char *const *)from);
        break;
    case FIELD_TYPE_TEXTS:
        *(char ***)to = g_strdupv(*(char **const *)from);
        break;
    case FIELD_TYPE_DRAW:
    case FIELD_TYPE_DRAW_NUMBER:
        *(Draw *)to =
            ((const Draw *)from)->law == NULL ? (Draw){0} : draw_copy(*(const Draw *)from);
        break;
    default:
        memcpy(to, from, field_type_def(field->type)->size);
        break;
    }
}

FieldNumber field_type_number(const Field *field, const void *place)
{
    const Draw *draw = place;

    switch (field->type) {
    case FIELD_TYPE_SPAN:
    case FIELD_TYPE_BYTES:
    case FIELD_TYPE_COUNT:
        return (FieldNumber){.is_whole = true, .whole = *(const int64_t *)place};
    case FIELD_TYPE_DRAW:
    case FIELD_TYPE_DRAW_NUMBER:
        return (FieldNumber){.real = draw->law == NULL ? 0 : draw_mean(*draw)};
    default:
        g_assert_true(field_type_def(field->type)->is_ordered);
        return (FieldNumber){.real = *(const double *)place};
    }
}

int field_type_compare(FieldNumber one, FieldNumber other)
{
    g_assert_true(one.is_whole == other.is_whole);
    if (one.is_whole) {
        return (one.whole > other.whole) - (one.whole < other.whole);
    }
    return (one.real > other.real) - (one.real < other.real);
}

/* A limit of a draw is one value: "2ms" is the constant. */
static bool read_limit(const Field *field, const char *text, FieldNumber *limit)
{
    union {
        int64_t whole;
        double real;
        Draw draw;
    } place = {0};

    if (text == NULL || !field_type_def(field->type)->is_ordered ||
        !field_type_parse(field, &place, text, NULL)) {
        return false;
    }
    *limit = field_type_number(field, &place);
    field_type_clear(field, &place);
    return true;
}

bool field_type_lowest(const Field *field, FieldNumber *lowest, const char **text)
{
    *text = field->lowest;
    if (*text == NULL) {
        if (field->type == FIELD_TYPE_SPAN) {
            *text = "0s";
        } else if (field->type == FIELD_TYPE_COUNT || field->type == FIELD_TYPE_RATIO) {
            *text = "0";
        }
    }
    return read_limit(field, *text, lowest);
}

bool field_type_highest(const Field *field, FieldNumber *highest, const char **text)
{
    *text = field->highest;
    if (*text == NULL && field->type == FIELD_TYPE_RATIO) {
        *text = "1";
    }
    return read_limit(field, *text, highest);
}

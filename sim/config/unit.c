/* unit.c - sizes, rates and ratios as text. Numbers are plain decimals, read and printed alike
 * whatever the locale. */
#include "sim/config/unit.h"

#include <glib.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* As many as always fit in 64 bits. */
#define BYTES_DIGITS_MOST 18

typedef struct Unit {
    const char *name;
    int64_t factor;
} Unit;

/* Of two equally short notations the later one is printed. */
static const Unit size_units[] = {
    {"B", 1},
    {"kB", 1000},
    {"KiB", INT64_C(1) << 10},
    {"MB", 1000000},
    {"MiB", INT64_C(1) << 20},
    {"GB", 1000000000},
    {"GiB", INT64_C(1) << 30},
    {"TB", INT64_C(1000000000000)},
    {"TiB", INT64_C(1) << 40},
    {"PB", INT64_C(1000000000000000)},
    {"PiB", INT64_C(1) << 50},
};

static const Unit bit_units[] = {
    {"bit", 1},
    {"kbit", 1000},
    {"Mbit", 1000000},
    {"Gbit", 1000000000},
};

/* Nanoseconds. */
static const Unit time_units[] = {
    {"ms", 1000000},
    {"s", 1000000000},
    {"m", INT64_C(60000000000)},
    {"min", INT64_C(60000000000)},
    {"h", INT64_C(3600000000000)},
    {"d", INT64_C(86400000000000)},
};

static const Unit *find_unit(const Unit *units, size_t count, const char *name, size_t length)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(units[i].name) == length && strncmp(units[i].name, name, length) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

static const char *skip_digits(const char *text)
{
    while (g_ascii_isdigit(*text)) {
        text++;
    }
    return text;
}

/* The end of a plain decimal ("12", "1.5") at the begin of `text`, or NULL when there is none. */
static const char *skip_decimal(const char *text)
{
    const char *end = skip_digits(text);

    if (end == text) {
        return NULL;
    }
    if (*end == '.') {
        const char *fraction = end + 1;

        end = skip_digits(fraction);
        if (end == fraction) {
            return NULL;
        }
    }
    return end;
}

/* The same with an exponent, if any ("1e6"). */
static const char *skip_number(const char *text)
{
    const char *end = skip_decimal(text);

    if (end != NULL && (*end == 'e' || *end == 'E')) {
        const char *exponent = end + 1;

        exponent += *exponent == '-' || *exponent == '+' ? 1 : 0;
        end = skip_digits(exponent);
        if (end == exponent) {
            return NULL;
        }
    }
    return end;
}

bool unit_parse_bytes(const char *text, int64_t *bytes)
{
    const char *end = skip_decimal(text);
    const Unit *unit;
    double exact;
    int64_t whole;

    if (end == NULL) {
        return false;
    }
    unit = find_unit(size_units, G_N_ELEMENTS(size_units), end, strlen(end));
    if (unit == NULL) {
        return false;
    }
    if (*skip_digits(text) != '.') {
        if (skip_digits(text) - text > BYTES_DIGITS_MOST) {
            return false;
        }
        whole = g_ascii_strtoll(text, NULL, 10);
        if (whole > INT64_MAX / unit->factor) {
            return false;
        }
        *bytes = whole * unit->factor;
        return true;
    }
    /* With a fraction: to the nearest byte. */
    exact = round(g_ascii_strtod(text, NULL) * (double)unit->factor);
    if (exact >= 0x1p63) {
        return false;
    }
    *bytes = (int64_t)exact;
    return true;
}

/* Reads "/s" or " per s" at the end of a rate: how many seconds long the period is. */
static bool parse_period(const char *text, double *seconds)
{
    const Unit *unit;

    if (*text == '/') {
        text++;
    } else if (g_str_has_prefix(text, " per ")) {
        text += strlen(" per ");
    } else {
        return false;
    }
    unit = find_unit(time_units, G_N_ELEMENTS(time_units), text, strlen(text));
    if (unit == NULL) {
        return false;
    }
    *seconds = (double)unit->factor / 1e9;
    return true;
}

bool unit_parse_rate(const char *text, double *per_s)
{
    const char *end = skip_number(text);
    double seconds, value;

    if (end == NULL || !parse_period(end, &seconds)) {
        return false;
    }
    value = g_ascii_strtod(text, NULL) / seconds;
    if (!isfinite(value)) {
        return false;
    }
    *per_s = value;
    return true;
}

bool unit_parse_byte_rate(const char *text, double *bytes_per_s)
{
    const char *end = skip_number(text);
    const Unit *bytes, *bits;
    size_t length;
    double seconds, value;

    if (end == NULL) {
        return false;
    }
    length = strcspn(end, "/ ");
    bytes = find_unit(size_units, G_N_ELEMENTS(size_units), end, length);
    bits = find_unit(bit_units, G_N_ELEMENTS(bit_units), end, length);
    if ((bytes == NULL && bits == NULL) || !parse_period(end + length, &seconds)) {
        return false;
    }
    value = g_ascii_strtod(text, NULL);
    value = bytes != NULL ? value * (double)bytes->factor : value * (double)bits->factor / 8;
    value /= seconds;
    if (!isfinite(value)) {
        return false;
    }
    *bytes_per_s = value;
    return true;
}

bool unit_parse_ratio(const char *text, double *ratio)
{
    const char *end = skip_number(text);
    double value;

    if (end == NULL || (*end != '\0' && strcmp(end, "%") != 0)) {
        return false;
    }
    value = g_ascii_strtod(text, NULL);
    if (*end == '%') {
        value /= 100;
    }
    if (!(value <= 1)) {
        return false;
    }
    *ratio = value;
    return true;
}

bool unit_parse_number(const char *text, double *value)
{
    const char *end = skip_number(text + (*text == '-' ? 1 : 0));
    double number;

    if (end == NULL || *end != '\0') {
        return false;
    }
    number = g_ascii_strtod(text, NULL);
    if (!isfinite(number)) {
        return false;
    }
    *value = number;
    return true;
}

bool unit_parse_count(const char *text, int64_t *count)
{
    const char *digits = text + (*text == '-' ? 1 : 0);

    return *skip_digits(digits) == '\0' &&
           g_ascii_string_to_signed(text, 10, INT64_MIN, INT64_MAX, count, NULL);
}

char *unit_print_bytes(int64_t bytes)
{
    char *shortest = g_strdup_printf("%" PRId64 "B", bytes);

    if (bytes == 0) {
        return shortest;
    }
    for (size_t i = 1; i < G_N_ELEMENTS(size_units); i++) {
        char *text;

        if (bytes % size_units[i].factor != 0) {
            continue;
        }
        text = g_strdup_printf("%" PRId64 "%s", bytes / size_units[i].factor, size_units[i].name);
        if (strlen(text) <= strlen(shortest)) {
            g_free(shortest);
            shortest = text;
        } else {
            g_free(text);
        }
    }
    return shortest;
}

char *unit_print_number(double value)
{
    static const char *const formats[] = {"%.15g", "%.16g", "%.17g"};
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        double back;

        g_ascii_formatd(text, sizeof(text), formats[i], value);
        back = g_ascii_strtod(text, NULL);
        if (!(back < value) && !(back > value)) {
            break;
        }
    }
    return g_strdup(text);
}

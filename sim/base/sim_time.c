/* sim_time.c - reading and printing spans without loss. */
#include "sim/base/sim_time.h"

#include <string.h>

typedef struct SpanUnit {
    const char *name;
    SimSpan length;
} SpanUnit;

static const SpanUnit span_units[] = {
    {"ns", SIM_NS}, {"us", SIM_US},   {"ms", SIM_MS},  {"s", SIM_S},
    {"m", SIM_MIN}, {"min", SIM_MIN}, {"h", SIM_HOUR}, {"d", SIM_DAY},
};

/* Printed whole only, largest first: what is no whole number of minutes reads better in seconds. */
static const SpanUnit whole_units[] = {{"d", SIM_DAY}, {"h", SIM_HOUR}, {"min", SIM_MIN}};

/* Printed with decimals, largest first; each is a power of ten, so that the decimals end. */
static const SpanUnit decimal_units[] = {
    {"s", SIM_S}, {"ms", SIM_MS}, {"us", SIM_US}, {"ns", SIM_NS}};

SimSpan sim_span_from_s(double seconds)
{
    double nanoseconds = seconds * 1e9;

    if (!(nanoseconds > -0x1p63)) { /* also what is not a number */
        return nanoseconds <= -0x1p63 ? INT64_MIN : 0;
    }
    if (nanoseconds >= 0x1p63) {
        return INT64_MAX;
    }
    /* From 2^52 on a double is whole, and half a nanosecond would only round it wrongly. */
    if (nanoseconds >= 0x1p52 || nanoseconds <= -0x1p52) {
        return (SimSpan)nanoseconds;
    }
    return (SimSpan)(nanoseconds + (nanoseconds < 0 ? -0.5 : 0.5));
}

static bool unit_length(const char *name, SimSpan *length)
{
    for (size_t i = 0; i < G_N_ELEMENTS(span_units); i++) {
        if (strcmp(name, span_units[i].name) == 0) {
            *length = span_units[i].length;
            return true;
        }
    }
    return false;
}

/* Reads the digits at `*text` into value = digits / 10^decimals, whole part and decimals. Decimals
 * after the 18th are below any half nanosecond that matters and only checked to be digits. */
static bool read_decimal(const char **text, unsigned __int128 *digits, unsigned __int128 *scale)
{
    const char *at = *text;
    bool any = false;

    *digits = 0;
    *scale = 1;
    for (; g_ascii_isdigit(*at); at++, any = true) {
        *digits = *digits * 10 + (unsigned)(*at - '0');
        if (*digits > (unsigned __int128)INT64_MAX + 1) {
            return false;
        }
    }
    if (any && *at == '.' && g_ascii_isdigit(at[1])) {
        const unsigned __int128 most = (unsigned __int128)1000000000000000000u;

        for (at++; g_ascii_isdigit(*at); at++) {
            if (*scale < most) {
                *digits = *digits * 10 + (unsigned)(*at - '0');
                *scale *= 10;
            }
        }
    }
    *text = at;
    return any;
}

bool sim_span_parse(const char *text, SimSpan *span)
{
    bool negative = *text == '-';
    unsigned __int128 digits;
    unsigned __int128 scale;
    unsigned __int128 whole;
    unsigned __int128 limit = (unsigned __int128)INT64_MAX + (negative ? 1 : 0);
    SimSpan length;

    text += negative;
    if (!read_decimal(&text, &digits, &scale) || !unit_length(text, &length)) {
        return false;
    }
    /* Split, so that digits * length cannot pass 128 bits: both halves stay below 2^63 * 2^47. */
    whole = digits / scale * (unsigned __int128)length;
    whole += (digits % scale * (unsigned __int128)length + scale / 2) / scale;
    if (whole > limit) {
        return false;
    }
    *span = negative ? (SimSpan)(0 - (uint64_t)whole) : (SimSpan)whole;
    return true;
}

/* Prints magnitude / unit with as many decimals as it takes and no zeros at the end. */
static void print_decimal(uint64_t magnitude, const SpanUnit *unit, bool negative, char *text)
{
    uint64_t length = (uint64_t)unit->length;
    uint64_t rest = magnitude % length;
    char decimals[16] = "";

    if (rest != 0) {
        int places = 0;

        for (uint64_t scale = length; scale > 1; scale /= 10) {
            places++;
        }
        for (; rest % 10 == 0; rest /= 10) {
            places--;
        }
        g_snprintf(decimals, sizeof(decimals), ".%0*" G_GUINT64_FORMAT, places, rest);
    }
    g_snprintf(text, SIM_SPAN_TEXT, "%s%" G_GUINT64_FORMAT "%s%s", negative ? "-" : "",
               magnitude / length, decimals, unit->name);
}

const char *sim_span_print(SimSpan span, char *text)
{
    uint64_t magnitude = span < 0 ? 0 - (uint64_t)span : (uint64_t)span;

    if (magnitude == 0) {
        g_strlcpy(text, "0s", SIM_SPAN_TEXT);
        return text;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(whole_units); i++) {
        if (magnitude % (uint64_t)whole_units[i].length == 0) {
            print_decimal(magnitude, &whole_units[i], span < 0, text);
            return text;
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(decimal_units); i++) {
        if (magnitude >= (uint64_t)decimal_units[i].length) {
            print_decimal(magnitude, &decimal_units[i], span < 0, text);
            return text;
        }
    }
    g_assert_not_reached();
}

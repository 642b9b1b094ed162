/* words.c - figures as people read them. */
#include "sim/base/words.h"

#include <math.h>
#include <string.h>

/* Puts commas between the thousands of the digits before the point. */
static char *separate_thousands(const char *number)
{
    GString *text = g_string_new(NULL);
    const char *digits = number[0] == '-' ? number + 1 : number;
    size_t whole = strspn(digits, "0123456789");

    if (digits != number) {
        g_string_append(text, "−");
    }
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0) {
            g_string_append_c(text, ',');
        }
        g_string_append_c(text, digits[i]);
    }
    g_string_append(text, digits + whole);
    return g_string_free(text, FALSE);
}

/* With `places` decimals, without zeros at the end of them. */
static char *print_places(double value, int places)
{
    char format[8];
    char number[G_ASCII_DTOSTR_BUF_SIZE + 320];

    g_snprintf(format, sizeof format, "%%.%df", places);
    g_ascii_formatd(number, sizeof number, format, value);
    if (strchr(number, '.') != NULL) {
        size_t length = strlen(number);

        while (number[length - 1] == '0') {
            number[--length] = '\0';
        }
        if (number[length - 1] == '.') {
            number[length - 1] = '\0';
        }
    }
    return separate_thousands(strcmp(number, "-0") == 0 ? "0" : number);
}

/* So many decimals that `digits` figures are seen, at most 9. */
static char *print_figures(double value, int digits)
{
    double size = fabs(value);
    int whole = size > 0 ? (int)floor(log10(size)) + 1 : 1;

    return print_places(value, CLAMP(digits - whole, 0, 9));
}

char *words_count(double count)
{
    return isfinite(count) ? print_places(count, 0) : g_strdup(WORDS_NONE);
}

static char *join(char *number, const char *unit)
{
    char *text = g_strconcat(number, " ", unit, NULL);

    g_free(number);
    return text;
}

static char *print_seconds(double seconds)
{
    double size = fabs(seconds);

    if (size == 0) {
        return g_strdup("0 s");
    }
    if (size < 1e-3) {
        return join(print_figures(seconds * 1e6, 3), "µs");
    }
    if (size < 1) {
        return join(print_figures(seconds * 1e3, 3), "ms");
    }
    return join(print_figures(seconds, 3), "s");
}

static char *print_ratio(double ratio)
{
    double percent = 100 * ratio;

    if (fabs(percent) > 99 && fabs(percent) < 100) {
        return join(print_places(percent, 3), "%");
    }
    return join(print_figures(percent, 3), "%");
}

static char *print_bytes(double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    guint unit = 0;

    while (fabs(bytes) >= 1024 && unit + 1 < G_N_ELEMENTS(units)) {
        bytes /= 1024;
        unit++;
    }
    return join(print_figures(bytes, 3), units[unit]);
}

/* Money keeps its zeros: people add such columns up by eye. */
static char *print_money(double amount)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE + 320];

    g_ascii_formatd(number, sizeof number, fabs(amount) < 1 && amount != 0 ? "%.4f" : "%.2f",
                    amount);
    return separate_thousands(number);
}

char *words_value(double value, const char *unit)
{
    if (!isfinite(value)) {
        return g_strdup(WORDS_NONE);
    }
    if (g_strcmp0(unit, "s") == 0) {
        return print_seconds(value);
    }
    if (g_strcmp0(unit, "ratio") == 0) {
        return print_ratio(value);
    }
    if (g_strcmp0(unit, "B") == 0) {
        return print_bytes(value);
    }
    if (g_strcmp0(unit, "money") == 0) {
        return print_money(value);
    }
    return print_figures(value, g_strcmp0(unit, "1/s") == 0 ? 4 : 3);
}

char *words_interval(double low, double high, const char *unit)
{
    g_autofree char *from = words_value(low, unit);
    g_autofree char *to = words_value(high, unit);

    if (isnan(low) && isnan(high)) {
        return g_strdup(WORDS_NONE);
    }
    if (isnan(low)) {
        return g_strconcat("at most ", to, NULL);
    }
    if (isnan(high)) {
        return g_strconcat("at least ", from, NULL);
    }
    return g_strdup_printf("[%s; %s]", from, to);
}

/* Where the unit begins, its space included; the end of the text without one. */
static const char *unit_of(const char *value)
{
    const char *space = strrchr(value, ' ');

    return space != NULL ? space : value + strlen(value);
}

char *words_with_interval(double value, double low, double high, const char *unit)
{
    g_autofree char *middle = words_value(value, unit);
    g_autofree char *from = words_value(low, unit);
    g_autofree char *to = words_value(high, unit);
    const char *shared = unit_of(middle);

    if (isnan(low) && isnan(high)) {
        return g_steal_pointer(&middle);
    }
    if (isnan(low) || isnan(high) || strcmp(shared, unit_of(from)) != 0 ||
        strcmp(shared, unit_of(to)) != 0) {
        g_autofree char *interval = words_interval(low, high, unit);

        return g_strdup_printf("%s %s", middle, interval);
    }
    return g_strdup_printf("%s [%.*s; %.*s]", middle, (int)(unit_of(from) - from), from,
                           (int)(unit_of(to) - to), to);
}

char *words_estimate(const Estimate *estimate, const char *unit)
{
    return words_with_interval(estimate->value, estimate->low, estimate->high, unit);
}

char *words_range(const Estimate *estimate, const char *unit)
{
    g_autofree char *all = words_estimate(estimate, unit);
    const char *range = strchr(all, '[');

    return range != NULL ? g_strconcat(range, estimate->is_reliable ? "" : " *", NULL)
                         : g_strdup("");
}

char *words_time(SimTime time)
{
    if (time == SIM_NEVER) {
        return g_strdup("not before the end");
    }
    return join(print_places(sim_span_to_s(time), 2), "s");
}

char *words_margin(double margin)
{
    g_autofree char *number = NULL;

    if (!isfinite(margin)) {
        return g_strdup(WORDS_NONE);
    }
    number = print_figures(100 * margin, 2);
    return g_strdup_printf("%s%s %%", margin > 0 ? "+" : "", number);
}

char *words_month(const char *start, double months)
{
    GDate date;

    if (!isfinite(months) || months > 1200) {
        return g_strdup(isfinite(months) ? "in over 100 years" : "never");
    }
    g_date_clear(&date, 1);
    if (start != NULL && start[0] != '\0') {
        g_date_set_parse(&date, start);
    }
    if (!g_date_valid(&date)) {
        return g_strdup_printf("in %.1f months", months);
    }
    g_date_add_days(&date, (guint)(months * 365.25 / 12));
    return g_strdup_printf("%04u-%02u", g_date_get_year(&date), (guint)g_date_get_month(&date));
}

char *words_months(const char *start, double first, double last)
{
    static const char before[] = "in ";
    static const char after[] = " months";
    g_autofree char *from = words_month(start, first);
    g_autofree char *to = words_month(start, last);
    bool is_counted = g_str_has_prefix(from, before) && g_str_has_suffix(from, after) &&
                      g_str_has_prefix(to, before);

    if (strcmp(from, to) == 0) {
        return g_steal_pointer(&from);
    }
    if (is_counted) { /* "in" and "months" once */
        from[strlen(from) - (g_str_has_suffix(to, after) ? strlen(after) : 0)] = '\0';
        return g_strdup_printf("%s to %s", from, to + strlen(before));
    }
    return g_strdup_printf("%s to %s", from, to);
}

const char *words_in(GStringChunk *said, double value, const char *unit)
{
    g_autofree char *text = words_value(value, unit);

    return g_string_chunk_insert(said, text);
}

char *words_plural(guint count, const char *thing)
{
    g_autofree char *number = words_count(count);

    return g_strdup_printf("%s %s%s", number, thing, count == 1 ? "" : "s");
}

/* axis.c - one value of a scenario that a sweep goes through. */
#include "sim/study/axis.h"

#include <math.h>
#include <string.h>

void axis_free(Axis *axis)
{
    if (axis != NULL) {
        g_free(axis->pointer);
        g_strfreev(axis->texts);
        g_free(axis->numbers);
        g_free(axis->before);
        g_free(axis->after);
        g_free(axis);
    }
}

static void *refuse(GError **error, const char *text, const char *why)
{
    g_set_error(error, STUDY_ERROR, STUDY_ERROR_WRONG, "'--over %s' %s", text, why);
    return NULL;
}

/* "500..3000/6" at the begin of `text`; NULL or where it ends. */
static const char *read_range(const char *text, double *from, double *to, guint64 *count)
{
    const char *dots = strstr(text, "..");
    g_autofree char *first = dots != NULL ? g_strndup(text, (gsize)(dots - text)) : NULL;
    char *end;

    if (dots == NULL || dots == text) {
        return NULL;
    }
    *from = g_ascii_strtod(first, &end); /* "500..3000" as a whole begins with the number "500." */
    if (*end != '\0') {
        return NULL;
    }
    text = dots + 2;
    *to = g_ascii_strtod(text, &end);
    if (end == text || *end != '/') {
        return NULL;
    }
    text = end + 1;
    *count = g_ascii_strtoull(text, &end, 10);
    return end == text ? NULL : end;
}

/* The text with the number in it, which then is what stands there: 15 digits, since the last bits
 * of 0.1 + 0.2 are nobody's question. */
static char *fill(const Axis *axis, double *number)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    g_ascii_formatd(text, sizeof text, "%.15g", *number);
    *number = g_ascii_strtod(text, NULL);
    return g_strconcat(axis->before, text, axis->after, NULL);
}

static bool set_range(Axis *axis, double from, double to, guint64 count)
{
    if (count < 2 || count > AXIS_MOST || !isfinite((to - from) * (double)count)) {
        return false;
    }
    axis->is_range = true;
    axis->count = (guint)count;
    axis->texts = g_new0(char *, count + 1);
    axis->numbers = g_new(double, count);
    for (guint i = 0; i < axis->count; i++) {
        axis->numbers[i] = from + (to - from) * i / (axis->count - 1);
        axis->texts[i] = fill(axis, &axis->numbers[i]);
        if (i > 0 && axis->numbers[i] == axis->numbers[i - 1]) {
            return false;
        }
    }
    return true;
}

/* Cuts at commas that stand in no bracket. */
static char **split(const char *text)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    const char *begin = text;
    int depth = 0;

    for (const char *at = text;; at++) {
        depth += *at == '(' || *at == '[' || *at == '{' ? 1 : 0;
        depth -= *at == ')' || *at == ']' || *at == '}' ? 1 : 0;
        if (*at == '\0' || (*at == ',' && depth == 0)) {
            g_autofree char *piece = g_strstrip(g_strndup(begin, (gsize)(at - begin)));

            g_strv_builder_add(builder, piece);
            begin = at + 1;
        }
        if (*at == '\0') {
            return g_strv_builder_end(builder);
        }
    }
}

static bool set_list(Axis *axis, const char *text)
{
    axis->texts = split(text);
    axis->count = g_strv_length(axis->texts);
    axis->numbers = g_new(double, axis->count);
    for (guint i = 0; i < axis->count; i++) {
        char *end;

        axis->numbers[i] = g_ascii_strtod(axis->texts[i], &end);
        if (end == axis->texts[i]) {
            axis->numbers[i] = i;
        }
        if (axis->texts[i][0] == '\0') {
            return false;
        }
    }
    return axis->count <= AXIS_MOST;
}

/* A range, alone or within braces; else a list. */
static bool set_values(Axis *axis, const char *text)
{
    const char *brace = strchr(text, '{');
    const char *begin = brace != NULL ? brace + 1 : text;
    double from;
    double to;
    guint64 count;
    const char *end = read_range(begin, &from, &to, &count);

    if (end == NULL || *end != (brace != NULL ? '}' : '\0')) {
        return set_list(axis, text);
    }
    axis->before = g_strndup(text, (gsize)((brace != NULL ? brace : text) - text));
    axis->after = g_strdup(brace != NULL ? end + 1 : end);
    return set_range(axis, from, to, count);
}

Axis *axis_parse(const char *text, GError **error)
{
    g_autoptr(Axis) axis = g_new0(Axis, 1);
    const char *equals = strchr(text, '=');

    if (equals == NULL || equals == text || equals[1] == '\0') {
        return refuse(error, text, "is not POINTER=VALUES, like /load/users/rate=500..3000/6");
    }
    axis->pointer = g_strndup(text, (gsize)(equals - text));
    if (axis->pointer[0] != '/' && strcmp(axis->pointer, "rate") != 0) {
        return refuse(error, text, "must begin with a JSON Pointer (/...) or with 'rate'");
    }
    if (!set_values(axis, equals + 1)) {
        return refuse(error, text,
                      "needs at least two different numbers a..b/n with n up to 200, "
                      "or a list without empty values");
    }
    for (guint i = 0; strcmp(axis->pointer, "rate") == 0 && i < axis->count; i++) {
        if (!(axis->numbers[i] > 0)) {
            return refuse(error, text, "has a rate that is not above 0");
        }
    }
    return g_steal_pointer(&axis);
}

static void add(const Axis *axis, double number, const char *text, const Rate *rate,
                GPtrArray *sets)
{
    if (strcmp(axis->pointer, "rate") == 0) {
        char **turned = rate_sets(rate, number);

        for (guint i = 0; turned[i] != NULL; i++) {
            g_ptr_array_add(sets, turned[i]);
        }
        g_free(turned);
    } else {
        g_ptr_array_add(sets, g_strdup_printf("%s=%s", axis->pointer, text));
    }
}

void axis_add_sets(const Axis *axis, guint index, const Rate *rate, GPtrArray *sets)
{
    add(axis, axis->numbers[index], axis->texts[index], rate, sets);
}

void axis_add_share(const Axis *axis, double share, const Rate *rate, GPtrArray *sets)
{
    guint last = axis->count - 1;

    if (axis->is_range) {
        double number = axis->numbers[0] + share * (axis->numbers[last] - axis->numbers[0]);
        g_autofree char *text = fill(axis, &number);

        add(axis, number, text, rate, sets);
    } else {
        axis_add_sets(axis, (guint)lround(share * last), rate, sets);
    }
}

/* draw_file.c - measured values out of a file, as a law. */
#include <glib/gstdio.h>
#include <string.h>

#include "sim/base/draw_arguments.h"
#include "sim/base/draw_law.h"

enum { MOST_FILE_BYTES = 64 << 20 };

/* A value with its weight and its line, so that equal values have an order. */
typedef struct Sample {
    double value;
    double weight;
    size_t line;
} Sample;

static gint compare_samples(gconstpointer left, gconstpointer right)
{
    const Sample *a = left;
    const Sample *b = right;

    if (a->value != b->value) {
        return a->value < b->value ? -1 : 1;
    }
    return a->line < b->line ? -1 : 1;
}

/* A value of `unit`; `time_unit` ("ms", or "" for none) stands behind bare numbers. */
static bool read_sample_value(const char *text, DrawUnit unit, const char *time_unit, double *value)
{
    g_autofree char *full = NULL;
    SimSpan span;
    double number;

    if (unit == DRAW_NUMBER) {
        return arguments_read_number(text, value);
    }
    full = g_strconcat(text, arguments_read_number(text, &number) ? time_unit : "", NULL);
    if (!sim_span_parse(full, &span) || span < 0) {
        return false;
    }
    *value = (double)span;
    return true;
}

/* The unit a heading like "latency_ms" ends with; "" when it names none. */
static char *heading_unit(const char *heading)
{
    const char *last = strrchr(heading, '_');
    g_autofree char *one = last == NULL ? NULL : g_strconcat("1", last + 1, NULL);
    SimSpan span;

    return g_strdup(one != NULL && sim_span_parse(one, &span) ? last + 1 : "");
}

/* Reads one line into `sample`; what is wrong with it, or NULL. Writes into `line`. */
static const char *read_line(char *line, DrawUnit unit, const char *time_unit, Sample *sample)
{
    char *comma = strchr(line, ',');

    sample->weight = 1;
    if (comma != NULL) {
        *comma = '\0';
        g_strstrip(comma + 1);
        if (!arguments_read_number(comma + 1, &sample->weight) || !(sample->weight > 0)) {
            return "a weight is a number above 0";
        }
    }
    g_strstrip(line);
    if (!read_sample_value(line, unit, time_unit, &sample->value)) {
        return unit == DRAW_NUMBER ? "a value is a plain number"
                                   : "a value is a span like \"2ms\", or a number below a heading "
                                     "like \"latency_ms\"";
    }
    return NULL;
}

static bool is_heading(const char *line)
{
    return g_ascii_isalpha(*line) || *line == '_' || *line == '"';
}

/* All samples of the text, in rising order; NULL with the error set. */
static GArray *read_samples(char **lines, const char *name, DrawUnit unit, GError **error)
{
    g_autoptr(GArray) samples = g_array_new(FALSE, FALSE, sizeof(Sample));
    g_autofree char *time_unit = g_strdup("");
    bool is_first = true;

    for (size_t i = 0; lines[i] != NULL; i++) {
        Sample sample = {.line = i + 1};
        char *comment = strchr(lines[i], '#');
        const char *wrong;

        if (comment != NULL) {
            *comment = '\0';
        }
        g_strstrip(lines[i]);
        if (*lines[i] == '\0') {
            continue;
        }
        if (is_first && is_heading(lines[i])) {
            g_auto(GStrv) columns = g_strsplit_set(lines[i], ",\"", -1);
            size_t column = *lines[i] == '"' ? 1 : 0;

            g_free(time_unit);
            time_unit = heading_unit(g_strstrip(columns[column]));
            is_first = false;
            continue;
        }
        is_first = false;
        wrong = read_line(lines[i], unit, time_unit, &sample);
        if (wrong != NULL) {
            g_set_error(error, DRAW_ERROR, 0, "'%s' line %zu: %s", name, i + 1, wrong);
            return NULL;
        }
        g_array_append_val(samples, sample);
    }
    g_array_sort(samples, compare_samples);
    return g_steal_pointer(&samples);
}

DrawLaw *law_read_file(const char *name, DrawUnit unit, GError **error)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    g_autoptr(GArray) samples = NULL;
    g_autofree double *values = NULL;
    g_autofree double *weights = NULL;
    GStatBuf status;
    gsize size;

    if (g_stat(name, &status) == 0 && status.st_size > MOST_FILE_BYTES) {
        g_set_error(error, DRAW_ERROR, 0, "'%s' is larger than 64 MiB", name);
        return NULL;
    }
    if (!g_file_get_contents(name, &text, &size, error)) {
        return NULL;
    }
    if (strlen(text) < size) {
        g_set_error(error, DRAW_ERROR, 0, "'%s' is no text: it has a byte of 0", name);
        return NULL;
    }
    lines = g_strsplit(text, "\n", -1);
    samples = read_samples(lines, name, unit, error);
    if (samples == NULL) {
        return NULL;
    }
    if (samples->len == 0) {
        g_set_error(error, DRAW_ERROR, 0, "'%s' holds no value", name);
        return NULL;
    }
    values = g_new(double, samples->len);
    weights = g_new(double, samples->len);
    for (guint i = 0; i < samples->len; i++) {
        values[i] = g_array_index(samples, Sample, i).value;
        weights[i] = g_array_index(samples, Sample, i).weight;
    }
    return law_new_empirical(samples->len, values, weights);
}

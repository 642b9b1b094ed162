/* window.c - the worst window of a stream. */
#include "sim/results/judge/window.h"

#include <math.h>

WindowWorst window_none(void)
{
    return (WindowWorst){.value = (double)NAN, .fewest = UINT64_MAX};
}

bool window_is_worse(const ThresholdRule *rule, double value, double than)
{
    if (isnan(value)) {
        return false;
    }
    if (isnan(than)) {
        return true;
    }
    switch (rule->comparison) {
    case THRESHOLD_LESS:
    case THRESHOLD_AT_MOST:
        return value > than;
    case THRESHOLD_MORE:
    case THRESHOLD_AT_LEAST:
        return value < than;
    case THRESHOLD_EQUAL:
        return fabs(value - rule->limit) > fabs(than - rule->limit);
    case THRESHOLD_UNEQUAL:
        return fabs(value - rule->limit) < fabs(than - rule->limit);
    }
    g_assert_not_reached();
}

/* Sums anew for each window: adding and taking away would drift. */
static double ask_totals(const Stream *stream, WindowAsk ask, guint first, guint count,
                         uint64_t *values)
{
    double part = 0;
    double whole = 0;

    for (guint i = first; i < first + count; i++) {
        part += stream->parts[i];
        whole += stream->wholes[i];
    }
    *values = (uint64_t)whole;
    if (whole <= 0) {
        return (double)NAN;
    }
    return ask == WINDOW_SUM ? part : part / whole;
}

/* The histograms of the window, unpacked once: step i is at i modulo their number. */
typedef struct Unpacked {
    Histogram **steps;
    guint count;
    Histogram *merged;
} Unpacked;

static void unpacked_clear(Unpacked *unpacked)
{
    for (guint i = 0; i < unpacked->count; i++) {
        histogram_free(unpacked->steps[i]);
    }
    g_free(unpacked->steps);
    histogram_free(unpacked->merged);
}

static void unpack_step(Unpacked *unpacked, const Stream *stream, guint index)
{
    Histogram **step = &unpacked->steps[index % unpacked->count];

    histogram_free(*step);
    *step = histogram_row_get(stream->row, index);
}

static Unpacked unpack_first(const Stream *stream, guint count)
{
    Unpacked unpacked = {g_new0(Histogram *, count), count, histogram_new()};

    for (guint i = 0; i + 1 < count && i < stream->count; i++) {
        unpack_step(&unpacked, stream, i);
    }
    return unpacked;
}

/* Of the window that ends with step `last`; all windows are asked for, one after the other. */
static double ask_quantile(const ThresholdRule *rule, const Stream *stream, guint last,
                           Unpacked *unpacked, uint64_t *values)
{
    Histogram *merged = unpacked->merged;

    unpack_step(unpacked, stream, last);
    histogram_reset(merged);
    for (guint i = 0; i < unpacked->count; i++) {
        if (unpacked->steps[i] != NULL) {
            histogram_merge(merged, unpacked->steps[i]);
        }
    }
    *values = histogram_count(merged);
    if (*values == 0) {
        return (double)NAN;
    }
    if (rule->aggregate == THRESHOLD_MIN) {
        return (double)histogram_min(merged) * stream_scale(rule);
    }
    if (rule->aggregate == THRESHOLD_MAX) {
        return (double)histogram_max(merged) * stream_scale(rule);
    }
    return (double)histogram_quantile(merged, rule->quantile) * stream_scale(rule);
}

void window_find_worst(const ThresholdRule *rule, const Stream *stream, WindowAsk ask,
                       SimSpan length, WindowWorst *worst)
{
    guint steps = (guint)MAX(1, (length + stream->step - 1) / stream->step);
    Unpacked unpacked = {.count = 0};

    if (ask == WINDOW_QUANTILE) {
        unpacked = unpack_first(stream, steps);
    }
    for (guint first = 0; first + steps <= stream->count; first++) {
        uint64_t values = 0;
        double value = ask == WINDOW_QUANTILE
                           ? ask_quantile(rule, stream, first + steps - 1, &unpacked, &values)
                           : ask_totals(stream, ask, first, steps, &values);

        worst->windows++;
        if (isnan(value)) {
            worst->empty++;
            continue;
        }
        worst->fewest = MIN(worst->fewest, values);
        if (window_is_worse(rule, value, worst->value)) {
            worst->value = value;
            worst->begin = stream->span.begin + first * stream->step;
        }
    }
    unpacked_clear(&unpacked);
}

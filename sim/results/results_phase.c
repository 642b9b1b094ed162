/* results_phase.c - the phases of a run. */
#include "sim/results/results_phase.h"

#include <string.h>

static int compare_phases(const void *a, const void *b)
{
    const ResultsPhase *left = *(const ResultsPhase *const *)a;
    const ResultsPhase *right = *(const ResultsPhase *const *)b;

    if (left->begin != right->begin) {
        return left->begin < right->begin ? -1 : 1;
    }
    return left < right ? -1 : 1; /* rows of one array: order of writing */
}

static bool has_name(const GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++) {
        if (strcmp(g_ptr_array_index(names, i), name) == 0) {
            return true;
        }
    }
    return false;
}

GPtrArray *results_phase_names(const Results *results)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    GPtrArray *names = g_ptr_array_new();
    guint count;
    const ResultsPhase *phases = results_phases(results, &count);

    for (guint i = 0; i < count; i++) {
        g_ptr_array_add(sorted, (gpointer)&phases[i]);
    }
    if (count > 0) {
        qsort(sorted->pdata, count, sizeof(gpointer), compare_phases);
    }
    for (guint i = 0; i < count; i++) {
        const ResultsPhase *phase = g_ptr_array_index(sorted, i);

        if (!has_name(names, phase->name)) {
            g_ptr_array_add(names, (gpointer)phase->name);
        }
    }
    g_ptr_array_add(names, NULL);
    return names;
}

/* Spans come in order of their begin; those that overlap become one. */
static void add_span(GArray *spans, SimTime begin, SimTime end)
{
    ResultsSpan *last = spans->len > 0 ? &g_array_index(spans, ResultsSpan, spans->len - 1) : NULL;
    ResultsSpan span = {begin, end};

    if (last != NULL && begin <= last->end) {
        last->end = MAX(last->end, end);
    } else if (end > begin) {
        g_array_append_val(spans, span);
    }
}

/* The begin of the first phase `name` of the run; SIM_NEVER without one. */
static SimTime find_begin(const Results *results, int run, const char *name)
{
    guint count;
    const ResultsPhase *phases = results_phases(results, &count);

    for (guint i = 0; i < count; i++) {
        if (phases[i].run == run && strcmp(phases[i].name, name) == 0) {
            return phases[i].begin;
        }
    }
    return SIM_NEVER;
}

static SimTime find_last_end(const Results *results, int run)
{
    SimTime last = 0;
    guint count;
    const ResultsPhase *phases = results_phases(results, &count);

    for (guint i = 0; i < count; i++) {
        if (phases[i].run == run && phases[i].end > last) {
            last = phases[i].end;
        }
    }
    return last;
}

GArray *results_felt_spans(const Results *results, int run)
{
    GArray *spans = g_array_new(FALSE, FALSE, sizeof(ResultsSpan));

    add_span(spans, 0, MIN(find_begin(results, run, "drain"), find_last_end(results, run)));
    return spans;
}

GArray *results_spans(const Results *results, int run, const char *name)
{
    GArray *spans;
    SimTime settle = find_begin(results, run, "settle");
    guint count;
    const ResultsPhase *phases = results_phases(results, &count);

    if (name == NULL) {
        spans = results_felt_spans(results, run);
        if (spans->len > 0) {
            ResultsSpan *span = &g_array_index(spans, ResultsSpan, 0);

            span->end = MIN(span->end, settle);
        }
        return spans;
    }
    spans = g_array_new(FALSE, FALSE, sizeof(ResultsSpan));
    for (guint i = 0; i < count; i++) {
        if (phases[i].run == run && strcmp(phases[i].name, name) == 0) {
            add_span(spans, phases[i].begin, phases[i].end);
        }
    }
    return spans;
}

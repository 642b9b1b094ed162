/* view.c - one campaign as the sections of a report see it. */
#include "reports/view.h"

#include <string.h>

#include "sim/results/results_export.h"

#define STEPS_MOST 600 /* more are finer than a figure's lines */

const char *view_fact(const View *view, const char *name, const char *otherwise)
{
    const char *fact = results_fact(view->results, name);

    return fact != NULL && fact[0] != '\0' ? fact : otherwise;
}

const char *view_phase_name(const char *phase)
{
    return phase != NULL ? phase : "whole run";
}

int view_find(const GPtrArray *texts, const char *text)
{
    for (guint i = 0; i < texts->len && texts->pdata[i] != NULL; i++) {
        if (strcmp(texts->pdata[i], text) == 0) {
            return (int)i;
        }
    }
    return -1;
}

SimSpan view_choose_step(SimSpan length, SimSpan grain, SimSpan least)
{
    static const int factors[] = {1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600};

    for (guint i = 0; i < G_N_ELEMENTS(factors); i++) {
        SimSpan step = grain * factors[i];

        if (step >= least && length / step <= STEPS_MOST) {
            return step;
        }
    }
    return MAX(grain * (length / STEPS_MOST / grain + 1), (least + grain - 1) / grain * grain);
}

bool view_is_within(const GArray *spans, SimTime time)
{
    for (guint i = 0; i < spans->len; i++) {
        ResultsSpan span = g_array_index(spans, ResultsSpan, i);

        if (time >= span.begin && time < span.end) {
            return true;
        }
    }
    return false;
}

/* --- phases --------------------------------------------------------------------------------- */

static void list_phases(View *view)
{
    static const char *const unmeasured[] = {"warmup", "drain", NULL};
    g_autoptr(GPtrArray) names = results_phase_names(view->results);

    view->phases = g_ptr_array_new();
    g_ptr_array_add(view->phases, NULL);
    for (guint i = 0; i + 1 < names->len; i++) {
        if (!g_strv_contains(unmeasured, names->pdata[i])) {
            g_ptr_array_add(view->phases, names->pdata[i]);
        }
    }
}

static void find_end(View *view)
{
    for (guint i = 0; i < view->run_count; i++) {
        g_autoptr(GArray) spans = results_felt_spans(view->results, view->runs[i].run);

        for (guint j = 0; j < spans->len; j++) {
            view->end = MAX(view->end, g_array_index(spans, ResultsSpan, j).end);
        }
    }
    view->step = view_choose_step(view->end, SIM_S, SIM_S);
    view->step_count = (guint)((view->end + view->step - 1) / view->step);
}

/* --- faults --------------------------------------------------------------------------------- */

/* The bar that the `nth` application of a fault named `name` goes into. */
static ViewBar *find_bar(GArray *bars, const char *name, guint nth)
{
    for (guint i = 0; i < bars->len; i++) {
        ViewBar *bar = &g_array_index(bars, ViewBar, i);

        if (strcmp(bar->name, name) == 0 && nth-- == 0) {
            return bar;
        }
    }
    return NULL;
}

static void add_bar(View *view, const ResultsFault *fault, guint nth)
{
    SimTime end = MIN(fault->lifted, view->end);
    ViewBar *known = find_bar(view->bars, fault->name, nth);
    ViewBar bar = {fault->name, fault->func, fault->applied, end};

    if (known == NULL) {
        g_array_append_val(view->bars, bar);
    } else {
        known->begin = MIN(known->begin, fault->applied);
        known->end = MAX(known->end, end);
    }
}

static int compare_bars(const void *a, const void *b)
{
    const ViewBar *left = a;
    const ViewBar *right = b;

    if (left->begin != right->begin) {
        return left->begin < right->begin ? -1 : 1;
    }
    if (left->end != right->end) {
        return left->end < right->end ? -1 : 1;
    }
    return strcmp(left->name, right->name);
}

static void list_bars(View *view)
{
    guint count;
    const ResultsFault *faults = results_faults(view->results, &count);

    view->bars = g_array_new(FALSE, FALSE, sizeof(ViewBar));
    for (guint i = 0; i < count; i++) {
        guint nth = 0;

        for (guint j = 0; j < i; j++) {
            nth += faults[j].run == faults[i].run && strcmp(faults[j].name, faults[i].name) == 0
                       ? 1
                       : 0;
        }
        add_bar(view, &faults[i], nth);
    }
    if (view->bars->len > 0) {
        qsort(view->bars->data, view->bars->len, sizeof(ViewBar), compare_bars);
    }
}

void view_add_bars(const View *view, Chart *chart)
{
    for (guint i = 0; i < view->bars->len; i++) {
        const ViewBar *bar = &g_array_index(view->bars, ViewBar, i);

        chart_add_bar(chart, bar->name, sim_span_to_s(bar->begin), sim_span_to_s(bar->end));
    }
}

/* --- the whole ------------------------------------------------------------------------------ */

View *view_open(const char *path, GError **error)
{
    g_autoptr(View) view = g_new0(View, 1);

    view->results = results_open(path, error);
    if (view->results == NULL) {
        return NULL;
    }
    view->runs = results_runs(view->results, &view->run_count);
    view->confidence = results_export_confidence(view->results);
    view->title = g_strdup(view_fact(view, "title", view_fact(view, "scenario", "campaign")));
    list_phases(view);
    find_end(view);
    list_bars(view);
    view->dcs = results_user_values(view->results, "dc");
    view->regions = results_user_values(view->results, "region");
    return g_steal_pointer(&view);
}

void view_free(View *view)
{
    if (view == NULL) {
        return;
    }
    results_free(view->results);
    g_free(view->title);
    g_clear_pointer(&view->phases, g_ptr_array_unref);
    g_clear_pointer(&view->dcs, g_ptr_array_unref);
    g_clear_pointer(&view->regions, g_ptr_array_unref);
    g_clear_pointer(&view->bars, g_array_unref);
    g_free(view);
}

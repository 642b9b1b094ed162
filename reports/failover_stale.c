/* failover_stale.c - see failover_stale.h. */
#include "reports/failover_stale.h"

#include <math.h>
#include <string.h>

#include "sim/base/words.h"

/* --- over time ------------------------------------------------------------------------------ */

/* "users/Europe west" of "client@users/Europe west". */
static const char *place_of(const ResultsMeter *meter)
{
    const char *at = strchr(meter->component->name, '@');

    return at != NULL ? at + 1 : meter->component->name;
}

/* Adds up a counter of one replication by steps of the view. */
static void add_steps(const View *view, const ResultsMeter *meter, int run, double *steps)
{
    ResultsSpan whole = {0, view->end};
    SimSpan interval = results_sample_interval(view->results);
    g_autoptr(GArray) levels = results_levels(view->results, meter, run, whole);

    for (guint i = 0; i < levels->len; i++) {
        guint step = (guint)((SimTime)i * interval / view->step);

        if (step < view->step_count) {
            steps[step] += g_array_index(levels, ResultsLevel, i).value;
        }
    }
}

/* The share of one population's requests that turned to a dead host, folded over replications;
 * NULL when none did. */
static Bands *fold_share(const View *view, const ResultsMeter *dark)
{
    ResultsMeter tries = *dark;
    ResultsComponentFilter filter = {.kind = "client", .station = place_of(dark)};
    g_autoptr(GArray) meters = results_meters(view->results, "first_tries", &filter);
    g_autoptr(Bands) bands = bands_new(view->step_count);
    bool is_hit = false;

    if (meters->len == 0) {
        return NULL;
    }
    tries = g_array_index(meters, ResultsMeter, 0);
    for (guint k = 0; k < view->run_count; k++) {
        g_autofree double *sent = g_new0(double, view->step_count + 1);
        g_autofree double *all = g_new0(double, view->step_count + 1);

        add_steps(view, dark, view->runs[k].run, sent);
        add_steps(view, &tries, view->runs[k].run, all);
        for (guint i = 0; i < view->step_count; i++) {
            is_hit = is_hit || sent[i] > 0;
            sent[i] = all[i] > 0 ? 100 * sent[i] / all[i] : (double)NAN;
        }
        bands_fold(bands, sent);
    }
    return is_hit ? g_steal_pointer(&bands) : NULL;
}

static void add_part(Chart *chart, const char *name, double begin, double end)
{
    if (!isnan(begin) && !isnan(end) && end > begin) {
        chart_add_bar(chart, name, begin, end);
    }
}

static void put_curves(const Telling *telling, const FailoverTimes *times)
{
    const View *view = telling->view;
    ResultsComponentFilter clients = {.kind = "client"};
    g_autoptr(GArray) meters = results_meters(view->results, "first_dark", &clients);
    g_autofree char *title = g_strdup_printf("Who is still sent to %s", times->dc);
    g_autoptr(Chart) chart = chart_new(title, "requests sent to a dead host (%)",
                                       sim_span_to_s(view->step), view->step_count);

    chart->y_most = 100;
    for (guint i = 0; i < meters->len; i++) {
        const ResultsMeter *dark = &g_array_index(meters, ResultsMeter, i);
        g_autoptr(Bands) bands = fold_share(view, dark);

        if (bands != NULL) {
            chart_add(chart, place_of(dark), bands, 1);
        }
    }
    if (chart->series->len == 0) {
        return;
    }
    add_part(chart, "detection", times->lost, times->noticed);
    add_part(chart, "propagation", times->noticed, times->changed);
    add_part(chart, "caches", times->changed, times->left);
    page_chart_put(telling->page, telling->drawer, chart,
                   "Share of the requests of each population that turn to a dead host first, mean "
                   "of the replications with the smallest and the largest; the bars are the three "
                   "parts of the fail-over in the median replication. What retries and other "
                   "addresses save is not counted out.");
}

/* --- beside closed forms -------------------------------------------------------------------- */

/* What stands behind `label` in "stale{after:81,at:users/East Asia,dc:DC03,...}". Caller frees. */
static char *label_of(const char *metric, const char *label)
{
    const char *begin = strstr(metric, label);
    const char *end = begin != NULL ? strpbrk(begin, ",}") : NULL;

    return end != NULL ? g_strndup(begin + strlen(label), (gsize)(end - begin) - strlen(label))
                       : NULL;
}

static void put_row(const Telling *telling, const ResultsTheory *row)
{
    g_autofree char *place = label_of(row->metric, "at:");
    g_autofree char *after = label_of(row->metric, "after:");
    g_autofree char *after_change = label_of(row->metric, "after_change:");
    Estimate seen = {.value = row->observed, .low = row->low, .high = row->high};
    g_autofree char *said = words_value(row->predicted, "ratio");
    g_autofree char *value = words_value(seen.value, "ratio");
    g_autofree char *range = words_range(&seen, "ratio");

    page_row_begin(telling->page);
    page_cell(telling->page, place != NULL ? place : "");
    page_cell(telling->page, after != NULL ? "the fault" : "the new answers");
    page_cell_format(telling->page, "%s s", after != NULL ? after : after_change);
    page_cell_range(telling->page, value, range);
    page_cell(telling->page, said);
    page_cell_format(telling->page, "%+.1f", 100 * (row->observed - row->predicted));
    page_cell(telling->page, theory_within_word(row));
    page_row_end(telling->page);
}

static bool is_about(const ResultsTheory *row, const char *label)
{
    return strcmp(row->aggregate, "stale") == 0 && strstr(row->metric, label) != NULL;
}

static void put_table(const Telling *telling, const char *dc)
{
    static const char *const heads[] = {
        "Population",   "Counted from",        "#Time",     "#Simulated",
        "#Closed form", "#Difference, points", "Agreement", NULL};
    guint count, first = 0;
    const ResultsTheory *rows = results_theory(telling->view->results, &count);
    g_autofree char *label = g_strdup_printf(",dc:%s,", dc);

    while (first < count && !is_about(&rows[first], label)) {
        first++;
    }
    if (first == count) {
        return;
    }
    page_table_begin(
        telling->page,
        "Share of each population's requests that still turn to the lost site, mean "
        "of the replications with its interval. Since the fault it is detection, "
        "propagation and caches together: a replication is 6 points off by the time of "
        "detection alone. Since the name servers gave new answers only caches decide",
        heads);
    for (guint i = first; i < count; i++) {
        if (is_about(&rows[i], label)) {
            put_row(telling, &rows[i]);
        }
    }
    page_table_end(telling->page);
}

void failover_put_stale(const Telling *telling, const FailoverTimes *times)
{
    put_curves(telling, times);
    put_table(telling, times->dc);
}

/* section_reroute.c - who was served by which site when, and how long it took to move. */
#include <math.h>

#include "reports/failover.h"
#include "reports/sections.h"
#include "sim/base/words.h"
#include "sim/results/judge/reroute.h"

#define PANELS_MOST 12 /* regions drawn; the table has all */

/* --- figures -------------------------------------------------------------------------------- */

static Chart *new_panel(const Telling *telling, guint region)
{
    const View *view = telling->view;
    guint series = view->dcs->len;
    g_autofree char *title =
        g_strdup_printf("Users in %s", (const char *)view->regions->pdata[region]);
    Chart *chart = chart_new(title, "requests (1/s)", sim_span_to_s(view->step), view->step_count);

    chart->style = CHART_STACK;
    chart->is_panel = true;
    chart->width = 460;
    chart->height = 220;
    for (guint i = 0; i + 1 < series; i++) {
        chart_add(chart, view->dcs->pdata[i],
                  telling->users->by_region_dc->pdata[region * series + i], 1);
    }
    chart_add_failed(chart, telling->users->by_region_dc->pdata[region * series + series - 1], 1);
    view_add_bars(view, chart);
    return chart;
}

static void put_panels(const Telling *telling)
{
    const View *view = telling->view;
    g_autofree char *length = words_time(view->step);
    guint count = MIN(view->regions->len - 1, PANELS_MOST);

    page_element(telling->page, "h3", NULL, "Requests of each region by the site that answered");
    page_element_format(telling->page, "p", "note",
                        "Mean of %u replication%s in steps of %s, on top of one another.",
                        view->run_count, view->run_count == 1 ? "" : "s", length);
    for (guint i = 0; i < count; i++) {
        g_autoptr(Chart) chart = new_panel(telling, i);

        if (i == 0) {
            page_chart_put_legend(telling->page, chart);
            page_open(telling->page, "div", "class", "panels", NULL);
        }
        page_chart_put(telling->page, telling->drawer, chart, NULL);
    }
    page_close(telling->page, "div");
    if (count + 1 < view->regions->len) {
        page_element_format(telling->page, "p", "note", "%u more regions stand in the table only.",
                            view->regions->len - 1 - count);
    }
}

/* --- who served whom ------------------------------------------------------------------------ */

/* Requests of `region` in a phase that site `dc` answered well, and all of the region. */
typedef struct Shares {
    double *counts; /* by phase, region, data centre or other */
    const View *view;
    GPtrArray *spans; /* of the replication that is read: GArray of ResultsSpan for each phase */
} Shares;

static double *shares_at(const Shares *shares, guint phase, guint region)
{
    return shares->counts +
           (phase * shares->view->regions->len + region) * (shares->view->dcs->len + 1);
}

static void add_shares(Shares *shares, const ResultsCell *cell)
{
    const View *view = shares->view;
    int dc = view_find(view->dcs, cell->dc);
    int region = view_find(view->regions, cell->region);

    for (guint i = 0; i < view->phases->len && region >= 0; i++) {
        if (view_is_within(shares->spans->pdata[i], cell->time)) {
            double *counts = shares_at(shares, i, (guint)region);

            counts[dc >= 0 ? (guint)dc : view->dcs->len - 1] += (double)cell->ok;
            counts[view->dcs->len] += (double)(cell->ok + cell->failed);
        }
    }
}

static void read_shares(Shares *shares)
{
    const View *view = shares->view;
    guint count;
    const ResultsCell *cells = results_cells(view->results, &count);
    int run = -1;

    for (guint i = 0; i < count; i++) {
        if (cells[i].run != run) {
            run = cells[i].run;
            g_ptr_array_set_size(shares->spans, 0);
            for (guint j = 0; j < view->phases->len; j++) {
                g_ptr_array_add(shares->spans,
                                results_spans(view->results, run, view->phases->pdata[j]));
            }
        }
        add_shares(shares, &cells[i]);
    }
}

static void put_share_row(const Telling *telling, const Shares *shares, guint phase, guint region)
{
    const View *view = telling->view;
    const double *counts = shares_at(shares, phase, region);
    double all = counts[view->dcs->len];
    g_autofree char *requests = words_count(all);

    page_row_begin(telling->page);
    page_cell(telling->page, view->regions->pdata[region]);
    page_cell(telling->page, view_phase_name(view->phases->pdata[phase]));
    page_cell(telling->page, requests);
    for (guint i = 0; i + 1 < view->dcs->len; i++) {
        g_autofree char *share = words_value(all > 0 ? counts[i] / all : (double)NAN, "ratio");

        page_cell_class(telling->page, "figure", share);
    }
    page_row_end(telling->page);
}

static void put_shares(const Telling *telling)
{
    const View *view = telling->view;
    g_autoptr(GPtrArray) heads = g_ptr_array_new();
    g_autoptr(GPtrArray) spans = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    g_autofree double *counts =
        g_new0(double, view->phases->len * view->regions->len * (view->dcs->len + 1));
    Shares shares = {counts, view, spans};
    g_autofree char *caption = g_strdup_printf(
        "Share of each region's requests that each site answered well, %u replication%s together",
        view->run_count, view->run_count == 1 ? "" : "s");

    read_shares(&shares);
    g_ptr_array_add(heads, (gpointer) "Region");
    g_ptr_array_add(heads, (gpointer) "Phase");
    g_ptr_array_add(heads, (gpointer) "#Requests");
    for (guint i = 0; i + 1 < view->dcs->len && i < 20; i++) {
        g_ptr_array_add(heads, view->dcs->pdata[i]);
    }
    g_ptr_array_add(heads, NULL);
    page_open(telling->page, "details", NULL);
    page_element(telling->page, "summary", NULL, "Who was served by whom, in shares");
    page_table_begin(telling->page, caption, (const char *const *)heads->pdata);
    for (guint i = 0; i + 1 < view->regions->len; i++) {
        for (guint j = 0; j < view->phases->len; j++) {
            put_share_row(telling, &shares, j, i);
        }
    }
    page_table_end(telling->page);
    page_close(telling->page, "details");
}

/* --- how long it took ----------------------------------------------------------------------- */

static int compare_numbers(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return left < right ? -1 : left > right ? 1 : 0;
}

static void put_time_cell(Page *page, RerouteTime time)
{
    g_autofree char *text = words_value(time.seconds, "s");

    page_cell_format(page, "%s%s", time.is_censored ? "more than " : "", text);
}

static void put_reroute_row(const Telling *telling, const Reroute *reroute, const char *dc,
                            double p)
{
    const View *view = telling->view;
    Page *page = telling->page;
    g_autofree double *each = g_new(double, MAX(view->run_count, 1));
    guint known = 0;
    guint unreached = 0;
    Estimate median;

    for (guint i = 0; i < view->run_count; i++) {
        RerouteTime time = reroute_time(reroute, view->runs[i].run, p);

        if (!isnan(time.seconds)) {
            each[known++] = time.seconds;
            unreached += time.is_censored ? 1 : 0;
        }
    }
    qsort(each, known, sizeof *each, compare_numbers);
    median = estimate_quantile_of_sorted(each, known, 0.5, view->confidence);
    g_autofree char *fastest = words_value(known > 0 ? each[0] : (double)NAN, "s");
    g_autofree char *slowest = words_value(known > 0 ? each[known - 1] : (double)NAN, "s");
    g_autofree char *middle = words_estimate(&median, "s");

    page_row_begin(page);
    page_cell(page, dc);
    page_cell_format(page, "%g %%", 100 * p);
    put_time_cell(page, reroute_time(reroute, -1, p));
    page_cell(page, fastest);
    page_cell(page, middle);
    page_cell(page, slowest);
    page_cell_format(page, "%u of %u", known - unreached, known);
    page_row_end(page);
}

static const double shares_moved[] = {0.5, 0.9, 0.99, REROUTE_ALL};

static void put_times(const Telling *telling)
{
    static const char *const heads[] = {"Users of",
                                        "#Share moved",
                                        "#All replications together",
                                        "#Fastest",
                                        "#Median [interval]",
                                        "#Slowest",
                                        "#Reached in",
                                        NULL};
    const ResultsUserFilter all = {.dc = NULL};
    const View *view = telling->view;
    bool has_begun = false;

    for (guint i = 0; i + 1 < view->dcs->len; i++) {
        g_autoptr(Reroute) reroute = reroute_measure(view->results, view->dcs->pdata[i], &all);

        if (reroute_count(reroute, -1) <= 0) {
            continue;
        }
        if (!has_begun) {
            has_begun = true;
            page_table_begin(
                telling->page,
                "How long after the fault began the users of a lost site were served by another "
                "one: time by which that share of their requests had moved. Replications differ in "
                "the phases of health checks and caches, so these are distributions; the interval "
                "of "
                "the median is by order statistics. Times not reached while the fault was on count "
                "as its length.",
                heads);
        }
        for (guint j = 0; j < G_N_ELEMENTS(shares_moved); j++) {
            put_reroute_row(telling, reroute, view->dcs->pdata[i], shares_moved[j]);
        }
    }
    if (has_begun) {
        page_table_end(telling->page);
    } else {
        page_element(telling->page, "p", NULL, "No fault hit a site that served users.");
    }
}

void section_reroute(const Telling *telling)
{
    section_begin(telling, "reroute", "Who was rerouted when");
    if (telling->view->step_count > 0 && telling->view->regions->len > 1) {
        put_times(telling);
        failover_put(telling);
        put_panels(telling);
        put_shares(telling);
    } else {
        page_element(telling->page, "p", NULL, "No user asked for anything.");
    }
    section_end(telling);
}

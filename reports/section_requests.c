/* section_requests.c - what users asked for and felt, over time. */
#include <math.h>

#include "reports/check_words.h"
#include "reports/sections.h"
#include "sim/base/words.h"

/* "Mean of 10 replications in steps of 2 s; bands run from the lowest to the highest of them." */
static char *describe_bands(const View *view, SimSpan step)
{
    g_autofree char *length = words_time(step);

    if (view->run_count == 1) {
        return g_strdup_printf("One replication, in steps of %s: no band can be given.", length);
    }
    return g_strdup_printf(
        "Mean of %u replications in steps of %s; the band runs from the lowest to "
        "the highest of them.",
        view->run_count, length);
}

static void put_by_site(const Telling *telling)
{
    const View *view = telling->view;
    double step = sim_span_to_s(view->step);
    g_autoptr(Chart) chart = chart_new("Requests by the site that answered them", "requests (1/s)",
                                       step, view->step_count);
    g_autofree char *note = describe_bands(view, view->step);

    for (guint i = 0; i + 1 < view->dcs->len; i++) {
        chart_add(chart, view->dcs->pdata[i], telling->users->by_dc->pdata[i], 1);
    }
    chart_add_failed(chart, telling->users->failed, 1);
    view_add_bars(view, chart);
    page_chart_put(telling->page, telling->drawer, chart, note);
}

static void put_latency(const Telling *telling)
{
    static const char *const names[USER_QUANTILES_TIMED] = {"p50", "p95", "p99"};
    const View *view = telling->view;
    const ViewUsers *users = telling->users;
    g_autoptr(Chart) chart =
        chart_new("Latency of requests that went well", "latency (ms), log scale",
                  sim_span_to_s(users->latency_step), users->latency_steps);
    g_autofree char *length = words_time(users->latency_step);
    g_autofree char *note = g_strdup_printf(
        "Percentiles of all replications' requests together in steps of %s; the band runs from the "
        "lowest to the highest of %u. From the moment the user wanted the request, retries "
        "included.",
        length, view->run_count);

    chart->is_logarithmic = true;
    for (guint i = 0; i < USER_QUANTILES_TIMED; i++) {
        ChartSeries *series = chart_add(chart, names[i], users->quantiles[i], 1e3);

        for (guint j = 0; j < users->latency_steps; j++) {
            series->means[j] = 1e3 * users->pooled_quantiles[i][j];
        }
    }
    view_add_bars(view, chart);
    check_add_limits(view, "http_req_duration", NULL, 1e3, chart);
    page_chart_put(telling->page, telling->drawer, chart, note);
}

static void put_failed(const Telling *telling)
{
    const View *view = telling->view;
    g_autoptr(Chart) chart = chart_new("Failed requests, as a share of those asked for",
                                       "failed (%)", sim_span_to_s(view->step), view->step_count);
    g_autofree char *note = describe_bands(view, view->step);

    chart_add_failed(chart, telling->users->failed_share, 100);
    view_add_bars(view, chart);
    check_add_limits(view, "http_req_failed", NULL, 100, chart);
    page_chart_put(telling->page, telling->drawer, chart, note);
}

/* --- why ------------------------------------------------------------------------------------ */

typedef struct Reason {
    const char *reason;
    double *counts; /* by phase, over all replications */
} Reason;

static Reason *find_reason(GArray *reasons, const char *name, guint phases)
{
    Reason fresh = {.reason = name};

    for (guint i = 0; i < reasons->len; i++) {
        if (g_str_equal(g_array_index(reasons, Reason, i).reason, name)) {
            return &g_array_index(reasons, Reason, i);
        }
    }
    fresh.counts = g_new0(double, phases);
    g_array_append_val(reasons, fresh);
    return &g_array_index(reasons, Reason, reasons->len - 1);
}

static void clear_reason(Reason *reason)
{
    g_free(reason->counts);
}

static int compare_reasons(const void *a, const void *b)
{
    const Reason *left = a;
    const Reason *right = b;

    if (left->counts[0] != right->counts[0]) {
        return left->counts[0] > right->counts[0] ? -1 : 1;
    }
    return g_strcmp0(left->reason, right->reason);
}

static GArray *list_reasons(const View *view)
{
    const ResultsUserFilter all = {.dc = NULL};
    GArray *reasons = g_array_new(FALSE, FALSE, sizeof(Reason));

    g_array_set_clear_func(reasons, (GDestroyNotify)clear_reason);
    for (guint i = 0; i < view->run_count * view->phases->len; i++) {
        int run = view->runs[i / view->phases->len].run;
        guint phase = i % view->phases->len;
        g_autoptr(GArray) spans = results_spans(view->results, run, view->phases->pdata[phase]);

        for (guint j = 0; j < spans->len; j++) {
            g_autoptr(GArray) found =
                results_reasons(view->results, &all, run, g_array_index(spans, ResultsSpan, j));

            for (guint k = 0; k < found->len; k++) {
                const ResultsReason *one = &g_array_index(found, ResultsReason, k);

                find_reason(reasons, one->reason, view->phases->len)->counts[phase] +=
                    (double)one->count;
            }
        }
    }
    if (reasons->len > 0) {
        qsort(reasons->data, reasons->len, sizeof(Reason), compare_reasons);
    }
    return reasons;
}

static void put_reasons(const Telling *telling)
{
    const View *view = telling->view;
    g_autoptr(GArray) reasons = list_reasons(view);
    g_autoptr(GPtrArray) heads = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *caption =
        g_strdup_printf("Why requests failed: how many in %u replication%s together",
                        view->run_count, view->run_count == 1 ? "" : "s");

    if (reasons->len == 0) {
        return;
    }
    g_ptr_array_add(heads, g_strdup("Reason"));
    for (guint i = 0; i < view->phases->len && i < 20; i++) {
        g_ptr_array_add(heads, g_strconcat("#", view_phase_name(view->phases->pdata[i]), NULL));
    }
    g_ptr_array_add(heads, NULL);
    page_table_begin(telling->page, caption, (const char *const *)heads->pdata);
    for (guint i = 0; i < reasons->len; i++) {
        const Reason *reason = &g_array_index(reasons, Reason, i);

        page_row_begin(telling->page);
        page_cell(telling->page, reason->reason);
        for (guint j = 0; j + 2 < heads->len; j++) {
            g_autofree char *text = words_count(reason->counts[j]);

            page_cell(telling->page, text);
        }
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
}

/* --- by region ------------------------------------------------------------------------------ */

static void put_regions(const Telling *telling)
{
    static const char *const heads[] = {"Region",   "Phase", "#Requests", "#Failed after retries",
                                        "#p50",     "#p95",  "#p99",      "#p99.9",
                                        "#Largest", NULL};
    const View *view = telling->view;

    page_open(telling->page, "details", NULL);
    page_element(telling->page, "summary", NULL, "The same by region and phase");
    page_table_begin(telling->page, "What users of each region felt, by phase", heads);
    for (guint i = 0; i + 1 < view->regions->len; i++) {
        for (guint j = 0; j < view->phases->len; j++) {
            page_row_begin(telling->page);
            page_cell(telling->page, view->regions->pdata[i]);
            page_cell(telling->page, view_phase_name(view->phases->pdata[j]));
            section_put_felt(telling, view_users_group(telling->users, j, -1, (int)i));
            page_row_end(telling->page);
        }
    }
    page_table_end(telling->page);
    page_close(telling->page, "details");
}

void section_requests(const Telling *telling)
{
    section_begin(telling, "requests", "Requests");
    if (telling->view->step_count == 0 || telling->view->regions->len <= 1) {
        page_element(telling->page, "p", NULL, "No user asked for anything.");
    } else {
        put_by_site(telling);
        put_latency(telling);
        put_failed(telling);
        put_reasons(telling);
        put_regions(telling);
    }
    section_end(telling);
}

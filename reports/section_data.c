/* section_data.c - the database over time, and what the data checks found. */
#include <math.h>

#include "reports/sections.h"
#include "reports/view_levels.h"
#include "sim/base/words.h"

#define FINDINGS_MOST 20 /* shown; the results file has all */

/* --- over time ------------------------------------------------------------------------------ */

/* Gauges of which the sum over the components of a site is worth a figure, where somebody measures
 * them. */
static const struct {
    const char *metric, *title, *label;
} gauges[] = {
    {"hints_pending", "Hints that wait for nodes to come back", "hints"},
    {"nodes_down", "Nodes believed down, summed over the nodes that believe it", "nodes"},
    {"requests_waiting", "Statements that wait for a thread of the database", "statements"},
};

static void put_gauge(const Telling *telling, guint index)
{
    const View *view = telling->view;
    g_autoptr(GPtrArray) dcs = results_meter_values(view->results, gauges[index].metric, "dc");
    g_autoptr(Chart) chart = NULL;

    for (guint i = 0; i + 1 < dcs->len; i++) {
        const ResultsComponentFilter filter = {.dc = dcs->pdata[i]};
        g_autoptr(Levels) levels = levels_new(view, gauges[index].metric, &filter, LEVEL_SUM);

        if (levels == NULL) {
            continue;
        }
        if (chart == NULL) {
            chart = chart_new(gauges[index].title, gauges[index].label, sim_span_to_s(levels->step),
                              levels->step_count);
            chart->width = 460;
            chart->height = 240;
        }
        chart_add(chart, dcs->pdata[i], levels->bands, 1);
    }
    if (chart != NULL) {
        view_add_bars(view, chart);
        page_chart_put(telling->page, telling->drawer, chart, NULL);
    }
}

static void put_gauges(const Telling *telling)
{
    page_open(telling->page, "div", "class", "panels", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(gauges); i++) {
        put_gauge(telling, i);
    }
    page_close(telling->page, "div");
}

/* --- counters ------------------------------------------------------------------------------- */

static const char *const counters[] = {
    "coordinated_reads", "coordinated_writes", "unavailables",  "read_timeouts",
    "write_timeouts",    "mutations_dropped",  "reads_dropped", "digest_mismatches",
    "repairs_sent",      "speculations",       "hints_stored",  "hints_replayed",
    "hints_lost",        "writes_undone",      "convictions",
};

static const char *help_of(const View *view, const char *metric)
{
    guint count;
    const ResultsMetric *metrics = results_metrics(view->results, &count);

    for (guint i = 0; i < count; i++) {
        if (g_str_equal(metrics[i].name, metric) && metrics[i].help != NULL) {
            return metrics[i].help;
        }
    }
    return "";
}

/* Mean, interval and extremes of one number a replication, in three cells. */
static void put_spread(Page *page, const double *each, guint count, double confidence)
{
    Estimate mean = estimate_mean(each, count, confidence);
    double least = (double)NAN;
    double most = (double)NAN;

    for (guint i = 0; i < count; i++) {
        least = fmin(least, each[i]);
        most = fmax(most, each[i]);
    }
    g_autofree char *value = words_count(mean.value);
    g_autofree char *low = words_count(fmax(mean.low, 0));
    g_autofree char *high = words_count(mean.high);
    g_autofree char *range =
        isnan(mean.low) ? NULL
                        : g_strdup_printf("[%s; %s]%s", low, high, mean.is_reliable ? "" : " *");
    g_autofree char *fewest = words_count(least);
    g_autofree char *largest = words_count(most);

    page_cell_range(page, most == 0 ? "none seen" : value, most == 0 ? NULL : range);
    page_cell(page, fewest);
    page_cell(page, largest);
}

static void put_counters(const Telling *telling)
{
    static const char *const heads[] = {
        "Measured", "#Mean of replications", "#Least", "#Most", "Meaning", NULL};
    const View *view = telling->view;
    g_autofree double *each = g_new0(double, MAX(view->run_count, 1));
    bool has_begun = false;

    for (guint i = 0; i < G_N_ELEMENTS(counters); i++) {
        if (!levels_sum_each(view, counters[i], false, each)) {
            continue;
        }
        if (!has_begun) {
            has_begun = true;
            page_table_begin(telling->page,
                             "What the database counted in a replication after the warm-up, all "
                             "nodes together. * too few replications for a reliable interval.",
                             heads);
        }
        page_row_begin(telling->page);
        page_cell(telling->page, counters[i]);
        put_spread(telling->page, each, view->run_count, view->confidence);
        page_cell_class(telling->page, "prose", help_of(view, counters[i]));
        page_row_end(telling->page);
    }
    if (has_begun) {
        page_table_end(telling->page);
    }
}

/* --- what the checks found ------------------------------------------------------------------ */

static const struct {
    const char *name, *words;
} totals[] = {
    {"writes_acked", "Writes acknowledged to users"},
    {"keys_written", "Different data written"},
    {"keys_judged", "Of these looked at in the end"},
    {"writes_lost", "Acknowledged writes lost"},
    {"keys_diverged", "Data on which live replicas disagreed in the end"},
    {"reads_checked", "Reads held against what had been written"},
    {"reads_stale", "Of these stale"},
    {"reads_back_in_time", "Reads older than what their session had been shown"},
    {"reads_of_own", "Reads of what their session had written"},
    {"reads_without_own", "Of these older than what it had written"},
    {"writes_overwritten", "Acknowledged writes hidden by earlier ones"},
    {"updates_acked", "Acknowledged writes that stood on a read of the same request"},
    {"updates_lost", "Acknowledged writes overwritten by updates that had not seen them"},
    {"deletes_acked", "Deletions acknowledged to users"},
    {"tombstones_purged", "Tombstones purged by replicas"},
    {"deletes_undone", "Deleted data shown again, or left in the end, after that"},
    {"serial_keys", "Data with statements at SERIAL whose order was looked for"},
    {"serial_keys_impossible", "Of these without an order"},
    {"replicas_down_most", "Most replicas of one range down at once"},
};

static void put_totals(const Telling *telling)
{
    static const char *const heads[] = {"Found", "#Mean of replications", "#Least", "#Most", NULL};
    const View *view = telling->view;
    g_autofree double *each = g_new0(double, MAX(view->run_count, 1));

    page_table_begin(telling->page,
                     "What was found by following every datum and version, in a replication. * too "
                     "few replications for a reliable interval.",
                     heads);
    for (guint i = 0; i < G_N_ELEMENTS(totals); i++) {
        for (guint j = 0; j < view->run_count; j++) {
            each[j] = results_total(view->results, view->runs[j].run, totals[i].name);
        }
        page_row_begin(telling->page);
        page_cell(telling->page, totals[i].words);
        put_spread(telling->page, each, view->run_count, view->confidence);
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
}

/* Staleness of all replications' reads together; NULL when none was checked. */
static Histogram *merge_staleness(const View *view)
{
    Histogram *all = NULL;

    for (guint i = 0; i < view->run_count; i++) {
        g_autoptr(Histogram) one = results_staleness(view->results, view->runs[i].run);

        if (one != NULL) {
            all = all != NULL ? all : histogram_new();
            histogram_merge(all, one);
        }
    }
    return all;
}

static void put_staleness(const Telling *telling)
{
    static const double bounds[] = {0, 0.01, 0.1, 1, 10, 60, 300};
    static const char *const heads[] = {"Staler than", "#Reads", "#Share of the reads checked",
                                        NULL};
    g_autoptr(Histogram) all = merge_staleness(telling->view);

    if (all == NULL || histogram_count(all) == 0) {
        page_element(telling->page, "p", NULL, "No read was held against what had been written.");
        return;
    }
    g_autofree char *checked = words_count((double)histogram_count(all));
    g_autofree char *most = words_value((double)histogram_max(all) / 1e9, "s");
    g_autofree char *caption = g_strdup_printf(
        "How outdated reads were: %s reads of %u replication%s together, the stalest %s. Reads of "
        "one run are not independent of one another: no interval is given.",
        checked, telling->view->run_count, telling->view->run_count == 1 ? "" : "s", most);

    page_table_begin(telling->page, caption, heads);
    for (guint i = 0; i < G_N_ELEMENTS(bounds); i++) {
        double above = (double)histogram_count_above(all, sim_span_from_s(bounds[i]));
        g_autofree char *bound = words_value(bounds[i], "s");
        g_autofree char *count = words_count(above);
        g_autofree char *share = words_value(above / (double)histogram_count(all), "ratio");

        page_row_begin(telling->page);
        page_cell(telling->page, bound);
        page_cell(telling->page, count);
        page_cell(telling->page, above > 0 ? share : "none seen");
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
}

static void put_findings(const Telling *telling)
{
    static const char *const heads[] = {"Against", "#Replication", "#When", "Proof", NULL};
    guint count;
    const ResultsFinding *findings = results_findings(telling->view->results, &count);
    g_autofree char *caption =
        g_strdup_printf("Proofs: %u of %u", MIN(count, FINDINGS_MOST), count);

    if (count == 0) {
        return;
    }
    page_table_begin(telling->page, caption, heads);
    for (guint i = 0; i < MIN(count, FINDINGS_MOST); i++) {
        g_autofree char *when = words_time(findings[i].time);

        page_row_begin(telling->page);
        page_cell(telling->page, findings[i].invariant);
        page_cell_format(telling->page, "%d", findings[i].run);
        page_cell(telling->page, when);
        page_cell_class(telling->page, "prose", findings[i].proof);
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
}

void section_data(const Telling *telling)
{
    section_begin(telling, "data", "Database and data");
    if (telling->view->step_count > 0) {
        put_gauges(telling);
    }
    put_counters(telling);
    put_totals(telling);
    put_staleness(telling);
    put_findings(telling);
    section_end(telling);
}

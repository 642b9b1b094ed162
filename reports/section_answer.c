/* section_answer.c - the first page: the verdict, what it rests on, where to look. */
#include <math.h>

#include "reports/check_words.h"
#include "reports/sections.h"
#include "sim/base/words.h"
#include "sim/results/evidence/experiment.h"
#include "sim/results/results_export.h"

void section_begin(const Telling *telling, const char *id, const char *title)
{
    g_autofree char *name = g_strdup_printf("%s-%s", telling->anchor, id);

    page_open(telling->page, "section", "id", name, NULL);
    page_element(telling->page, "h2", NULL, title);
}

void section_end(const Telling *telling)
{
    page_close(telling->page, "section");
}

static const char *verdict_class(Verdict verdict)
{
    return verdict == VERDICT_PASS   ? "verdict pass"
           : verdict == VERDICT_FAIL ? "verdict fail"
                                     : "verdict open";
}

static void put_verdict(const Telling *telling)
{
    Verdict verdict = results_export_verdict(telling->view->results, NULL);
    g_autofree char *sentence = check_sentence(telling->view->results);

    page_open(telling->page, "p", "class", verdict_class(verdict), NULL);
    page_element(telling->page, "strong", NULL, check_verdict_word(verdict));
    page_format(telling->page, " %s", sentence);
    page_close(telling->page, "p");
}

/* What keeps means and percentiles from being told at all. */
static void put_doubt(const Telling *telling)
{
    const Experiment *experiment = experiment_examine(telling->view->results);

    if (experiment->doubt != NULL) {
        page_element_format(telling->page, "p", "missing",
                            "%s. Means and percentiles%s%s are not told.", experiment->doubt,
                            experiment->phase != NULL ? " of phase " : "",
                            experiment->phase != NULL ? experiment->phase : "");
    }
    if (experiment->doubt_of_mean != NULL) {
        page_element(telling->page, "p", "missing", experiment->doubt_of_mean);
    }
}

/* --- what it is about ----------------------------------------------------------------------- */

static void put_fact(Page *page, const char *name, const char *value)
{
    page_open(page, "div", NULL);
    page_element(page, "dt", NULL, name);
    page_element(page, "dd", NULL, value);
    page_close(page, "div");
}

static void put_cost(const Telling *telling)
{
    double month = check_cost_per_month(telling->view);
    Estimate million = results_export_cost(telling->view->results, telling->view->confidence);
    g_autofree char *per_month = words_value(month, NULL);
    g_autofree char *per_million = words_estimate(&million, NULL);
    g_autofree char *text =
        g_strdup_printf("%s EUR a month; %s EUR per million requests, n = %" G_GUINT64_FORMAT
                        " in %u replications, %s",
                        per_month, per_million, million.n, million.replications, million.method);

    put_fact(telling->page, "Cost", isnan(month) ? "not known" : text);
}

static void put_facts(const Telling *telling)
{
    const View *view = telling->view;
    Page *page = telling->page;
    double simulated = 0;
    g_autofree char *runs = words_count(view->run_count);
    g_autofree char *requests = words_count(check_requests(view));
    g_autofree char *fingerprint =
        g_strdup_printf("%016" G_GINT64_MODIFIER "x", results_export_fingerprint(view->results));
    g_autofree char *length = NULL;

    for (guint i = 0; i < view->run_count; i++) {
        simulated += sim_span_to_s(view->runs[i].simulated);
    }
    length = words_count(simulated);
    page_open(page, "dl", "class", "facts", NULL);
    put_fact(page, "Scenario", view_fact(view, "scenario", WORDS_NONE));
    put_fact(page, "Seed", view_fact(view, "seed", WORDS_NONE));
    put_fact(page, "Replications", runs);
    put_fact(page, "Requests, warm-ups included", requests);
    page_open(page, "div", NULL);
    page_element(page, "dt", NULL, "Simulated");
    page_element_format(page, "dd", NULL, "%s s in all, warm-ups included", length);
    page_close(page, "div");
    put_cost(telling);
    put_fact(page, "Version", view_fact(view, "version", WORDS_NONE));
    put_fact(page, "Fingerprint", fingerprint);
    page_close(page, "dl");
}

/* --- checks --------------------------------------------------------------------------------- */

static void put_check(const Telling *telling, const ResultsCheck *check)
{
    Page *page = telling->page;
    g_autofree char *name = check_name(check);
    const char *unit = check_unit(telling->view->results, check);
    Estimate observed = {
        .value = check->observed, .low = check->low, .high = check->high, .is_reliable = true};
    g_autofree char *value = words_value(check->observed, unit);
    g_autofree char *range = words_range(&observed, unit);
    g_autofree char *margin = words_margin(check->margin);
    Verdict verdict = check_verdict(check);

    page_row_begin(page);
    page_cell_class(page, verdict_class(verdict), check_verdict_word(verdict));
    page_cell_format(page, "%s%s", name, check->is_warning ? " (warning only)" : "");
    page_cell_range(page, value, range);
    page_cell(page, check->condition);
    page_cell(page, margin);
    page_cell_class(page, "prose", check->why);
    page_row_end(page);
}

static void put_checks(const Telling *telling)
{
    guint count;
    const ResultsCheck *checks = results_checks(telling->view->results, &count);
    g_autofree char *observed =
        g_strdup_printf("#Observed [%g %% interval]", 100 * telling->view->confidence);
    const char *const heads[] = {"Verdict", "Check",       observed, "Limit",
                                 "#Margin", "How and why", NULL};

    if (count == 0) {
        page_element(telling->page, "p", NULL,
                     "The scenario demands nothing: no threshold, no invariant.");
        return;
    }
    page_table_begin(telling->page,
                     "Checks. Where the worst of all replications is asked, the interval runs from "
                     "the best to the worst of them; the margin is that of the interval's worse "
                     "end.",
                     heads);
    for (guint i = 0; i < count; i++) {
        put_check(telling, &checks[i]);
    }
    page_table_end(telling->page);
}

static void put_advice(const Telling *telling)
{
    g_autoptr(GPtrArray) advice = check_advice(telling->view);

    if (advice->len == 0) {
        return;
    }
    page_element(telling->page, "h3", NULL, "What broke, and where to look next");
    page_open(telling->page, "ol", NULL);
    for (guint i = 0; i < advice->len; i++) {
        page_element(telling->page, "li", NULL, advice->pdata[i]);
    }
    page_close(telling->page, "ol");
}

/* --- phases --------------------------------------------------------------------------------- */

static void put_estimate(Page *page, const Estimate *estimate, const char *unit)
{
    g_autofree char *value = words_value(estimate->value, unit);
    g_autofree char *range = words_range(estimate, unit);
    bool is_bare = isnan(estimate->low) && !isnan(estimate->value) && estimate->replications > 1;
    bool is_refused = isnan(estimate->value) && estimate->n > 0;

    page_cell_range(page, value, is_refused ? "refused" : is_bare ? "too few beyond" : range);
}

void section_put_felt(const Telling *telling, const UserGroup *group)
{
    const ViewUsers *users = telling->users;
    Estimate failed = view_users_failed(users, group);
    g_autofree char *requests = words_count(view_users_requests(users, group));
    g_autofree char *most =
        words_value(histogram_count(group->pooled) > 0 ? (double)histogram_max(group->pooled) / 1e9
                                                       : (double)NAN,
                    "s");

    page_cell(telling->page, requests);
    if (failed.value == 0) {
        g_autofree char *bound = words_value(failed.high, "ratio");
        g_autofree char *range = g_strdup_printf("below %s", bound);

        page_cell_range(telling->page, "none seen", range);
    } else {
        put_estimate(telling->page, &failed, "ratio");
    }
    for (UserQuantile i = 0; i < USER_QUANTILES; i++) {
        Estimate quantile = view_users_quantile(users, group, i);

        put_estimate(telling->page, &quantile, "s");
    }
    page_cell(telling->page, most);
}

static void put_phases(const Telling *telling)
{
    static const char *const heads[] = {"Phase",  "#Requests", "#Failed after retries",
                                        "#p50",   "#p95",      "#p99",
                                        "#p99.9", "#Largest",  NULL};

    page_table_begin(telling->page,
                     "What users felt, all replications together. The whole run is what was "
                     "measured: from the end of the warm-up to the time left to settle. Latency is "
                     "that of requests that went well, from the moment the user wanted them to the "
                     "answer, retries included. * the interval is not reliable: fewer than 10 "
                     "replications, or requests so much alike that too few were seen. Too few "
                     "beyond: fewer than 100 requests beyond the percentile "
                     "in some replication, no interval is given. Intervals: Student t over "
                     "replications, of shares by their ratio and of percentiles by all requests "
                     "together; none seen: the 3/n limit. The largest is one request, of which no "
                     "interval can be told.",
                     heads);
    for (guint i = 0; i < telling->view->phases->len; i++) {
        page_row_begin(telling->page);
        page_cell(telling->page, view_phase_name(telling->view->phases->pdata[i]));
        section_put_felt(telling, view_users_group(telling->users, i, -1, -1));
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
}

void section_answer(const Telling *telling)
{
    const char *description = view_fact(telling->view, "description", NULL);

    page_element(telling->page, "h1", NULL, telling->view->title);
    if (description != NULL) {
        page_element(telling->page, "p", NULL, description);
    }
    put_verdict(telling);
    put_doubt(telling);
    if (telling->drawer->is_missing) {
        page_element(telling->page, "p", "missing",
                     "Figures are left out: there is no gnuplot on this machine. All tables are "
                     "here; 'dcdrill report' draws the figures later.");
    }
    put_facts(telling);
    section_begin(telling, "checks", "Checks");
    put_checks(telling);
    put_advice(telling);
    put_phases(telling);
    section_end(telling);
}

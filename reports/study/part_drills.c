/* part_drills.c - what drills that stand beside the study say: fail-over, and the data. Their own
 * pages follow the report; here is what each came to. */
#include <math.h>
#include <string.h>

#include "reports/check_words.h"
#include "reports/failover.h"
#include "reports/study/tell.h"
#include "reports/view_levels.h"
#include "sim/results/results_export.h"

/* What each drill's checks say whose name begins with one of `names` (ends with NULL). */
static void put_checks(const StudyTelling *telling, const View *view, const char *const *names)
{
    guint count;
    const ResultsCheck *checks = results_checks(view->results, &count);

    for (guint i = 0; i < count; i++) {
        g_autofree char *name = check_name(&checks[i]);
        g_autofree char *observed = check_observed(view->results, &checks[i]);
        bool is_asked = false;

        for (guint k = 0; names[k] != NULL; k++) {
            is_asked = is_asked || g_str_has_prefix(name, names[k]);
        }
        if (is_asked) {
            page_row_begin(telling->page);
            page_cell(telling->page, view->title);
            page_cell(telling->page, name);
            page_cell(telling->page, observed);
            page_cell(telling->page, checks[i].condition);
            page_cell(telling->page, check_verdict_word(check_verdict(&checks[i])));
            page_row_end(telling->page);
        }
    }
}

static void put_drills(const StudyTelling *telling, const char *const *names, const char *section)
{
    static const char *const heads[] = {"Drill", "Check", "Observed", "Limit", "Verdict", NULL};

    page_table_begin(telling->page, "What the drills' checks say", heads);
    for (guint i = 0; i < telling->views->len; i++) {
        put_checks(telling, telling->views->pdata[i], names);
    }
    page_table_end(telling->page);
    for (guint i = 0; i < telling->views->len; i++) {
        const View *view = telling->views->pdata[i];
        g_autofree char *target = g_strdup_printf("#c%u-%s", i + 1, section);
        g_autofree char *sentence = check_sentence(view->results);

        page_open(telling->page, "p", NULL);
        page_open(telling->page, "a", "href", target, NULL);
        page_text(telling->page, view->title);
        page_close(telling->page, "a");
        page_format(telling->page, ": %s", sentence);
        page_close(telling->page, "p");
        ledger_add_sentence(telling->ledger, sentence);
    }
}

/* --- fail-over ------------------------------------------------------------------------------ */

static void put_figure(const StudyTelling *telling, const View *view, const char *dc,
                       const FailoverFigure *figure)
{
    const char *unit = figure->unit;
    const char *what = figure->what;
    Interval median = {figure->median, figure->low, figure->high};

    page_row_begin(telling->page);
    page_cell(telling->page, view->title);
    page_cell(telling->page, dc);
    page_cell(telling->page, what);
    tell_cell(telling, median, unit, "%s, %s: %s, median", view->title, dc, what);
    tell_cell(telling, tell_bare(figure->p95), unit, "%s, %s: %s, p95", view->title, dc, what);
    tell_cell(telling, tell_bare(figure->worst), unit, "%s, %s: %s, worst", view->title, dc, what);
    tell_cell(telling, tell_bare(figure->closed_form), unit, "%s, %s: %s, closed form", view->title,
              dc, what);
    tell_cell(telling, tell_bare(figure->replications), "", "%s, %s: %s, replications", view->title,
              dc, what);
    page_row_end(telling->page);
}

static void say_budget(const StudyTelling *telling, const View *view, const FailoverShort *one)
{
    if (isnan(one->promised)) {
        tell_say(telling,
                 "%s, loss of %s: no check limits the share of failed requests, so there is no "
                 "error budget.",
                 view->title, one->dc);
        return;
    }
    const char *burnt = tell_figure(telling, one->budget, (double)NAN, (double)NAN, "ratio",
                                    "%s, %s: error budget burnt", view->title, one->dc);
    const char *promised = tell_figure(telling, one->promised, (double)NAN, (double)NAN, "ratio",
                                       "%s, %s: share that may fail", view->title, one->dc);
    const char *rate = tell_figure(telling, one->burn_rate, (double)NAN, (double)NAN, "",
                                   "%s, %s: burn rate", view->title, one->dc);

    tell_say(telling,
             "%s, loss of %s: one such fault burns %s of the error budget of 30 days (%s of the "
             "requests may fail); while it is on the burn rate is %s (share that fails over share "
             "that may).",
             view->title, one->dc, burnt, promised, rate);
}

static void put_failovers(const StudyTelling *telling)
{
    static const char *const heads[] = {"Drill",
                                        "Lost site",
                                        "What",
                                        "#Median [interval]",
                                        "#p95",
                                        "#Worst",
                                        "#Closed form, mean",
                                        "#Replications",
                                        NULL};

    page_table_begin(telling->page,
                     "How long a lost site is felt: seconds after the fault, requests after the "
                     "users' own retries while it is on. The closed form of lost requests counts "
                     "those that are sent to the dead site first: retries and other addresses save "
                     "the difference",
                     heads);
    for (guint i = 0; i < telling->views->len; i++) {
        const View *view = telling->views->pdata[i];
        g_autoptr(GArray) all = failover_shorten(view);

        for (guint k = 0; k < all->len; k++) {
            const FailoverShort *one = &g_array_index(all, FailoverShort, k);

            for (guint j = 0; j < G_N_ELEMENTS(one->figures); j++) {
                put_figure(telling, view, one->dc, &one->figures[j]);
            }
        }
    }
    page_table_end(telling->page);
    for (guint i = 0; i < telling->views->len; i++) {
        const View *view = telling->views->pdata[i];
        g_autoptr(GArray) all = failover_shorten(view);

        for (guint k = 0; k < all->len; k++) {
            say_budget(telling, view, &g_array_index(all, FailoverShort, k));
        }
    }
}

/* --- data ----------------------------------------------------------------------------------- */

static void put_mean(const StudyTelling *telling, const View *view, const char *what,
                     const double *each, const char *unit)
{
    Estimate mean = estimate_mean(each, view->run_count, view->confidence);
    double worst = (double)NAN;
    double least = strcmp(unit, "ratio") == 0 ? (double)NAN : 0;

    for (guint i = 0; i < view->run_count; i++) {
        worst = isnan(least) ? fmin(worst, each[i]) : fmax(worst, each[i]);
    }
    page_row_begin(telling->page);
    page_cell(telling->page, view->title);
    page_cell(telling->page, what);
    if (worst == 0) {
        page_cell(telling->page, "none seen");
        page_cell(telling->page, "none seen");
    } else {
        tell_cell(telling, (Interval){mean.value, fmax(mean.low, least), mean.high}, unit, "%s: %s",
                  view->title, what);
        tell_cell(telling, tell_bare(worst), unit, "%s: %s, worst", view->title, what);
    }
    tell_cell(telling, tell_bare(view->run_count), "", "%s: %s, replications", view->title, what);
    page_row_end(telling->page);
}

/* The share of statements that found enough replicas in time. */
static void put_quorums(const StudyTelling *telling, const View *view)
{
    static const char *const missed[] = {"unavailables", "read_timeouts", "write_timeouts"};
    g_autofree double *asked = g_new0(double, view->run_count + 1);
    g_autofree double *more = g_new0(double, view->run_count + 1);
    g_autofree double *shares = g_new0(double, view->run_count + 1);

    if (!levels_sum_each(view, "coordinated_reads", false, asked) ||
        !levels_sum_each(view, "coordinated_writes", false, more)) {
        return;
    }
    for (guint i = 0; i < view->run_count; i++) {
        asked[i] += more[i];
        shares[i] = 1;
    }
    for (guint k = 0; k < G_N_ELEMENTS(missed); k++) {
        if (levels_sum_each(view, missed[k], false, more)) {
            for (guint i = 0; i < view->run_count; i++) {
                shares[i] -= asked[i] > 0 ? more[i] / asked[i] : 0;
            }
        }
    }
    put_mean(telling, view, "statements that found enough replicas", shares, "ratio");
}

static void put_state(const StudyTelling *telling)
{
    static const char *const heads[] = {
        "Drill", "Of the database", "#Mean [interval]", "#Worst replication", "#Replications",
        NULL};
    static const struct {
        const char *metric, *what;
        bool is_last;
    } counts[] = {
        {"hints_stored", "hints stored", false},
        {"hints_replayed", "hints handed over", false},
        {"hints_lost", "hints lost", false},
        {"hints_pending", "hints that still wait at the end", true},
        {"digest_mismatches", "reads that found replicas different", false},
        {"repairs_sent", "repairs by reads", false},
        {"repair_rows_streamed", "rows that repairs streamed", false},
    };

    page_table_begin(telling->page,
                     "Availability of quorums, and what the fault leaves behind: all nodes "
                     "together, from the end of the warm-up on",
                     heads);
    for (guint i = 0; i < telling->views->len; i++) {
        const View *view = telling->views->pdata[i];
        g_autofree double *each = g_new0(double, view->run_count + 1);

        put_quorums(telling, view);
        for (guint k = 0; k < G_N_ELEMENTS(counts); k++) {
            if (levels_sum_each(view, counts[k].metric, counts[k].is_last, each)) {
                put_mean(telling, view, counts[k].what, each, "");
            }
        }
    }
    page_table_end(telling->page);
}

static void put_totals(const StudyTelling *telling)
{
    static const char *const names[] = {"writes_acked", "writes_lost", "reads_checked",
                                        "reads_stale", "keys_diverged"};

    for (guint i = 0; i < telling->views->len; i++) {
        const View *view = telling->views->pdata[i];
        guint count;
        const ResultsTotal *totals = results_totals(view->results, &count);
        double sums[G_N_ELEMENTS(names)] = {0};

        for (guint k = 0; k < count; k++) {
            for (guint j = 0; j < G_N_ELEMENTS(names); j++) {
                sums[j] += strcmp(totals[k].name, names[j]) == 0 ? totals[k].value : 0;
            }
        }
        if (count == 0) {
            continue;
        }
        const char *said[G_N_ELEMENTS(names)];

        for (guint j = 0; j < G_N_ELEMENTS(names); j++) {
            said[j] = tell_figure(telling, sums[j], (double)NAN, (double)NAN, "", "%s: %s",
                                  view->title, names[j]);
        }
        tell_say(telling,
                 "%s, all replications together: of %s acknowledged writes %s were lost; of %s "
                 "reads that were held against what had been written %s were stale; replicas of "
                 "%s data disagreed in the end.",
                 view->title, said[0], said[1], said[2], said[3], said[4]);
    }
}

static void say_no_drill(const StudyTelling *telling, const char *what)
{
    tell_note(telling,
              "%s was not asked: a capacity is what is carried once users have moved. A drill "
              "asks, 'dcdrill run scenarios/drills/dc03-lost.json', and 'dcdrill report' with both "
              "folders puts it here.",
              what);
}

void part_failover(const StudyTelling *telling)
{
    static const char *const names[] = {"http_req_failed", "outage", "reroute",
                                        "invariant max-outage", NULL};

    if (!tell_begin(telling, 7, "Fail-over", telling->views->len > 0)) {
        return;
    }
    if (telling->views->len > 0) {
        put_failovers(telling);
        put_drills(telling, names, "reroute");
    } else {
        say_no_drill(telling, "How long the loss of a site is felt, and by whom,");
    }
    tell_end(telling);
}

void part_data(const StudyTelling *telling)
{
    static const char *const names[] = {"invariant", "cassandra", "stale", NULL};

    if (!tell_begin(telling, 8, "Consistency and data", telling->views->len > 0)) {
        return;
    }
    if (telling->views->len > 0) {
        put_state(telling);
        put_totals(telling);
        put_drills(telling, names, "data");
    } else {
        say_no_drill(telling, "What becomes of the data when a site is lost");
    }
    tell_end(telling);
}

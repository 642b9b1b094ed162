/* failover.c - see failover.h. */
#include "reports/failover.h"

#include <math.h>
#include <string.h>

#include "reports/failover_stale.h"
#include "sim/base/words.h"
#include "sim/results/judge/reroute.h"

#define MONTH_S (30 * 86400.0)

/* The first fault on a data centre in each replication, and what followed it. Seconds after the
 * fault, NAN where it did not come. */
typedef struct Failover {
    const Telling *telling;
    const char *dc;
    SimTime *begins, *ends; /* of each replication; begin SIM_NEVER: no such fault */
    double *noticed, *changed, *left;
    guint known; /* replications with the fault */
} Failover;

/* Which of the two ends of a run a fault that is not lifted has. */
static SimTime end_of(const ResultsFault *fault, const View *view)
{
    return MIN(fault->lifted, view->end);
}

static void find_faults(Failover *failover)
{
    const View *view = failover->telling->view;
    guint count;
    const ResultsFault *faults = results_faults(view->results, &count);

    for (guint k = 0; k < view->run_count; k++) {
        failover->begins[k] = SIM_NEVER;
        for (guint i = 0; i < count; i++) {
            if (faults[i].run == view->runs[k].run && faults[i].bit > 0 && faults[i].applied >= 0 &&
                faults[i].applied < failover->begins[k] &&
                strstr(faults[i].func, "dc.") == faults[i].func &&
                strstr(faults[i].targets_text, failover->dc) != NULL) {
                failover->begins[k] = faults[i].applied;
                failover->ends[k] = end_of(&faults[i], view);
            }
        }
        failover->known += failover->begins[k] != SIM_NEVER ? 1 : 0;
    }
}

/* --- when ----------------------------------------------------------------------------------- */

static bool is_about(const ResultsOccurrence *seen, const char *event, const char *dc)
{
    return strcmp(seen->event, event) == 0 && g_strcmp0(seen->label1, "dc") == 0 &&
           g_strcmp0(seen->value1, dc) == 0 && g_strcmp0(seen->value2, "unhealthy") == 0;
}

/* The first such event after the fault. */
static double first_event(const Failover *failover, guint run, const char *event)
{
    const View *view = failover->telling->view;
    guint count;
    const ResultsOccurrence *seen = results_occurrences(view->results, &count);
    SimTime first = SIM_NEVER;

    for (guint i = 0; i < count; i++) {
        if (seen[i].run == view->runs[run].run && is_about(&seen[i], event, failover->dc) &&
            seen[i].first >= failover->begins[run] && seen[i].first < failover->ends[run]) {
            first = MIN(first, seen[i].first);
        }
    }
    return first == SIM_NEVER ? (double)NAN : sim_span_to_s(first - failover->begins[run]);
}

/* The end of the last sample in which a client turned to a dead host. */
static double last_client(const Failover *failover, guint run)
{
    const View *view = failover->telling->view;
    g_autoptr(GArray) meters =
        results_meters(view->results, "first_dark", &(ResultsComponentFilter){.kind = "client"});
    ResultsSpan span = {failover->begins[run], failover->ends[run]};
    SimSpan step = results_sample_interval(view->results);
    double last = (double)NAN;

    for (guint i = 0; i < meters->len; i++) {
        g_autoptr(GArray) levels = results_levels(
            view->results, &g_array_index(meters, ResultsMeter, i), view->runs[run].run, span);

        for (guint k = 0; k < levels->len; k++) {
            if (g_array_index(levels, ResultsLevel, k).value > 0) {
                last = fmax(isnan(last) ? 0 : last, sim_span_to_s((SimSpan)(k + 1) * step));
            }
        }
    }
    return last;
}

static int compare_numbers(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return left < right ? -1 : left > right ? 1 : 0;
}

/* The known ones in order; how many they are. */
static guint sort_known(const double *values, guint count, double *sorted)
{
    guint known = 0;

    for (guint i = 0; i < count; i++) {
        if (!isnan(values[i])) {
            sorted[known++] = values[i];
        }
    }
    if (known > 0) {
        qsort(sorted, known, sizeof *sorted, compare_numbers);
    }
    return known;
}

static double quantile(const double *values, guint count, double p)
{
    g_autofree double *sorted = g_new(double, count + 1);
    guint known = sort_known(values, count, sorted);

    return known > 0 ? sorted[(guint)fmin(ceil(p * known), known) - (p > 0 ? 1 : 0)] : (double)NAN;
}

/* Median with its interval, 95th percentile and worst of the replications. */
static void put_spread(const Telling *telling, const double *values, guint count, const char *unit)
{
    g_autofree double *sorted = g_new(double, count + 1);
    guint known = sort_known(values, count, sorted);
    Estimate median = estimate_quantile_of_sorted(sorted, known, 0.5, telling->view->confidence);
    g_autofree char *middle = words_estimate(&median, unit);
    g_autofree char *p95 = words_value(quantile(values, count, 0.95), unit);
    g_autofree char *worst = words_value(quantile(values, count, 1.0), unit);

    page_cell(telling->page, middle);
    page_cell(telling->page, p95);
    page_cell(telling->page, worst);
    page_cell_format(telling->page, "%u", known);
}

/* --- closed forms --------------------------------------------------------------------------- */

/* What theory says of a row whose metric begins with `begin` and is about the data centre; NAN
 * without one. */
static double foretold(const Failover *failover, const char *begin)
{
    guint count;
    const ResultsTheory *rows = results_theory(failover->telling->view->results, &count);
    g_autofree char *label = g_strdup_printf("dc:%s", failover->dc);

    for (guint i = 0; i < count; i++) {
        if (g_str_has_prefix(rows[i].metric, begin) && strstr(rows[i].metric, label) != NULL) {
            return rows[i].predicted;
        }
    }
    return (double)NAN;
}

/* For how long, in whole, a user of this population is sent to the dead site by closed form: the
 * area under the share that still goes there, up to the last time that is foretold. NAN without. */
static double foretold_lost_s(const Failover *failover, const char *client, const char *region)
{
    guint count;
    const ResultsTheory *rows = results_theory(failover->telling->view->results, &count);
    g_autofree char *label = g_strdup_printf("at:%s/%s,dc:%s,", client, region, failover->dc);
    double area = 0, before_s = 0, share = 1;
    bool is_known = false;

    for (guint i = 0; i < count; i++) {
        const char *after = strstr(rows[i].metric, "after:");

        if (after != NULL && strstr(rows[i].metric, label) != NULL) {
            double now_s = g_ascii_strtod(after + strlen("after:"), NULL);

            share = is_known ? share : rows[i].predicted;
            area += (now_s - before_s) * (share + rows[i].predicted) / 2;
            before_s = now_s;
            share = rows[i].predicted;
            is_known = true;
        }
    }
    return is_known ? area : (double)NAN;
}

static void put_time_row(const Failover *failover, const char *what, const double *values,
                         double closed_form)
{
    const Telling *telling = failover->telling;
    g_autofree char *said = words_value(closed_form, "s");

    page_row_begin(telling->page);
    page_cell(telling->page, what);
    put_spread(telling, values, telling->view->run_count, "s");
    page_cell(telling->page, said);
    page_row_end(telling->page);
}

static void put_time_line(const Failover *failover)
{
    static const char *const heads[] = {"What",          "#Median [interval]", "#p95", "#Worst",
                                        "#Replications", "#Closed form, mean", NULL};
    g_autofree char *caption = g_strdup_printf(
        "%s: seconds after the fault. The last client counts while the fault is on, and has no "
        "closed form: some caches keep an answer for hours. Replications differ in the phases of "
        "checkers and caches.",
        failover->dc);

    page_table_begin(failover->telling->page, caption, heads);
    put_time_row(failover, "health checks have noticed", failover->noticed,
                 foretold(failover, "route53.health-changed{"));
    put_time_row(failover, "answers have changed", failover->changed,
                 foretold(failover, "route53.answers-changed{"));
    put_time_row(failover, "the last client has left", failover->left, (double)NAN);
    page_table_end(failover->telling->page);
}

/* --- what was lost -------------------------------------------------------------------------- */

typedef struct Loss {
    double *failed, *asked; /* of each replication, from the fault on */
} Loss;

static void add_losses(const Failover *failover, const char *client, const char *region, Loss *loss)
{
    const View *view = failover->telling->view;
    ResultsUserFilter filter = {.client = client, .region = region};

    for (guint k = 0; k < view->run_count; k++) {
        g_autoptr(GArray) seconds = NULL;

        loss->failed[k] = loss->asked[k] = (double)NAN;
        if (failover->begins[k] == SIM_NEVER) {
            continue;
        }
        seconds = results_user_seconds(view->results, &filter, view->runs[k].run,
                                       (ResultsSpan){failover->begins[k], failover->ends[k]});
        loss->failed[k] = loss->asked[k] = 0;
        for (guint i = 0; i < seconds->len; i++) {
            const ResultsCounts *counts = &g_array_index(seconds, ResultsCounts, i);

            loss->failed[k] += (double)counts->failed;
            loss->asked[k] += (double)(counts->ok + counts->failed);
        }
    }
}

static double mean_of(const double *values, guint count)
{
    double sum = 0;
    guint known = 0;

    for (guint i = 0; i < count; i++) {
        sum += isnan(values[i]) ? 0 : values[i];
        known += isnan(values[i]) ? 0 : 1;
    }
    return known > 0 ? sum / known : (double)NAN;
}

/* Seconds that the fault lasted, on average. */
static double length_of(const Failover *failover)
{
    double sum = 0;

    for (guint k = 0; k < failover->telling->view->run_count; k++) {
        if (failover->begins[k] != SIM_NEVER) {
            sum += sim_span_to_s(failover->ends[k] - failover->begins[k]);
        }
    }
    return sum / failover->known;
}

static void put_loss_row(const Failover *failover, const char *client, const char *region)
{
    const Telling *telling = failover->telling;
    guint count = telling->view->run_count;
    g_autofree double *failed = g_new(double, count), *asked = g_new(double, count);
    double rate, stale_s;

    add_losses(failover, client, region, &(Loss){failed, asked});
    if (!(mean_of(asked, count) > 0)) {
        return;
    }
    rate = mean_of(asked, count) / fmax(length_of(failover), 1e-9);
    stale_s = region != NULL ? foretold_lost_s(failover, client, region) : (double)NAN;
    g_autofree char *said = words_value(rate * stale_s, "");
    g_autofree char *share = words_value(mean_of(failed, count) / mean_of(asked, count), "ratio");

    page_row_begin(telling->page);
    page_cell(telling->page, client != NULL ? client : "all");
    page_cell(telling->page, region != NULL ? region : "all");
    put_spread(telling, failed, count, "");
    page_cell(telling->page, share);
    page_cell(telling->page, said);
    page_row_end(telling->page);
}

static void put_losses(const Failover *failover)
{
    static const char *const heads[] = {"Population",
                                        "Region",
                                        "#Lost, median [interval]",
                                        "#p95",
                                        "#Worst",
                                        "#Replications",
                                        "#Share of its requests",
                                        "#Closed form: sent to the dead "
                                        "site",
                                        NULL};
    const View *view = failover->telling->view;
    g_autoptr(GPtrArray) clients = results_user_values(view->results, "client");

    page_table_begin(failover->telling->page,
                     "Requests lost after the users' own retries while the fault was on. The "
                     "closed form counts requests that are sent to the dead site first, until the "
                     "last time that is foretold: what retries and other addresses save is the "
                     "difference",
                     heads);
    put_loss_row(failover, NULL, NULL);
    for (guint i = 0; i + 1 < clients->len; i++) {
        for (guint k = 0; k + 1 < view->regions->len; k++) {
            put_loss_row(failover, clients->pdata[i], view->regions->pdata[k]);
        }
    }
    page_table_end(failover->telling->page);
}

/* --- the budget, and what to change --------------------------------------------------------- */

/* The limit of a check on the share of failed requests of the whole run; NAN without one. */
static double promised_share(const View *view)
{
    guint count;
    const ResultsCheck *checks = results_checks(view->results, &count);

    for (guint i = 0; i < count; i++) {
        if (strcmp(checks[i].name, "http_req_failed") == 0 &&
            g_str_has_prefix(checks[i].condition, "rate<")) {
            const char *figure = checks[i].condition + strlen("rate<");

            return g_ascii_strtod(*figure == '=' ? figure + 1 : figure, NULL);
        }
    }
    return (double)NAN;
}

static void put_budget(const Failover *failover, double failed, double asked)
{
    double limit = promised_share(failover->telling->view);
    double month = asked / fmax(length_of(failover), 1e-9) * MONTH_S;

    if (isnan(limit) || limit <= 0) {
        page_element(failover->telling->page, "p", NULL,
                     "No check limits the share of failed requests, so there is no error budget.");
        return;
    }
    g_autofree char *burnt = words_value(failed / (limit * month), "ratio");
    g_autofree char *allowed = words_count(limit * month);
    g_autofree char *share = words_value(limit, "ratio");

    page_element_format(failover->telling->page, "p", NULL,
                        "Error budget: one such fault burns %s of what 30 days at this load may "
                        "lose (%s requests, %s of all).",
                        burnt, allowed, share);
}

/* The longest of the three parts comes first: until the checks noticed, until answers changed,
 * until half of the users had moved. */
static void put_advice(const Failover *failover, double failed_share)
{
    const View *view = failover->telling->view;
    double noticed = quantile(failover->noticed, view->run_count, 0.5);
    double changed = quantile(failover->changed, view->run_count, 0.5);
    const ResultsUserFilter all = {.dc = NULL};
    g_autoptr(Reroute) reroute = reroute_measure(view->results, failover->dc, &all);
    double moved = reroute_time(reroute, -1, 0.5).seconds;
    const char *first;

    if (failed_share < 1e-4) {
        first = "nothing: what users' programs do by themselves (other addresses, retries) hides "
                "the loss";
    } else if (isnan(noticed) || isnan(changed)) {
        first = "health checks: they did not notice, so that no answer changed";
    } else if (noticed >= changed - noticed && noticed >= moved - changed) {
        first = "detection: it is the longest part. A shorter interval and a lower threshold of "
                "the health checks, or an address elsewhere in each answer, which needs no "
                "detection";
    } else if (changed - noticed >= moved - changed) {
        first = "propagation: answers change long after the checks have noticed";
    } else {
        first = "caches: they keep the old address longer than detection takes. A shorter time to "
                "live helps where it is honoured, an address elsewhere in each answer everywhere";
    }
    page_element_format(failover->telling->page, "p", NULL, "What to change first: %s.", first);
}

/* When things happened in the median replication, in seconds of the run. */
static FailoverTimes median_times(const Failover *failover)
{
    guint count = failover->telling->view->run_count;
    FailoverTimes times = {.dc = failover->dc, .lost = (double)NAN};

    for (guint k = 0; k < count && isnan(times.lost); k++) {
        if (failover->begins[k] != SIM_NEVER) {
            times.lost = sim_span_to_s(failover->begins[k]);
        }
    }
    times.noticed = times.lost + quantile(failover->noticed, count, 0.5);
    times.changed = times.lost + quantile(failover->changed, count, 0.5);
    times.left = times.lost + quantile(failover->left, count, 0.5);
    return times;
}

static void measure_times(Failover *failover)
{
    for (guint k = 0; k < failover->telling->view->run_count; k++) {
        bool has_fault = failover->begins[k] != SIM_NEVER;

        failover->noticed[k] =
            has_fault ? first_event(failover, k, "route53.health-changed") : (double)NAN;
        failover->changed[k] =
            has_fault ? first_event(failover, k, "route53.answers-changed") : (double)NAN;
        failover->left[k] = has_fault ? last_client(failover, k) : (double)NAN;
    }
}

static void tell(const Failover *failover)
{
    FailoverTimes times;

    const View *view = failover->telling->view;
    g_autofree double *failed = g_new(double, view->run_count);
    g_autofree double *asked = g_new(double, view->run_count);
    double all, lost;

    put_time_line(failover);
    times = median_times(failover);
    failover_put_stale(failover->telling, &times);
    put_losses(failover);
    add_losses(failover, NULL, NULL, &(Loss){failed, asked});
    all = mean_of(asked, view->run_count);
    lost = mean_of(failed, view->run_count);
    put_budget(failover, lost, all);
    put_advice(failover, all > 0 ? lost / all : 0);
}

/* --- in short ------------------------------------------------------------------------------- */

static FailoverFigure figure_of(const View *view, const char *what, const char *unit,
                                const double *values, double closed_form)
{
    g_autofree double *sorted = g_new(double, view->run_count + 1);
    guint known = sort_known(values, view->run_count, sorted);
    Estimate median = estimate_quantile_of_sorted(sorted, known, 0.5, view->confidence);

    return (FailoverFigure){.what = what,
                            .unit = unit,
                            .median = median.value,
                            .low = median.low,
                            .high = median.high,
                            .p95 = quantile(values, view->run_count, 0.95),
                            .worst = quantile(values, view->run_count, 1.0),
                            .closed_form = closed_form,
                            .replications = known};
}

/* Requests that are sent to the dead site first, of all populations for which that is foretold. */
static double foretold_lost(const Failover *failover)
{
    const View *view = failover->telling->view;
    g_autoptr(GPtrArray) clients = results_user_values(view->results, "client");
    g_autofree double *failed = g_new(double, view->run_count);
    g_autofree double *asked = g_new(double, view->run_count);
    double sum = (double)NAN;

    for (guint i = 0; i + 1 < clients->len; i++) {
        for (guint k = 0; k + 1 < view->regions->len; k++) {
            double stale_s = foretold_lost_s(failover, clients->pdata[i], view->regions->pdata[k]);

            if (!isnan(stale_s)) {
                add_losses(failover, clients->pdata[i], view->regions->pdata[k],
                           &(Loss){failed, asked});
                sum = (isnan(sum) ? 0 : sum) +
                      stale_s * mean_of(asked, view->run_count) / fmax(length_of(failover), 1e-9);
            }
        }
    }
    return sum;
}

static FailoverShort shorten(const Failover *failover)
{
    const View *view = failover->telling->view;
    g_autofree double *failed = g_new(double, view->run_count);
    g_autofree double *asked = g_new(double, view->run_count);
    double limit = promised_share(view);

    add_losses(failover, NULL, NULL, &(Loss){failed, asked});
    double all = mean_of(asked, view->run_count);
    double lost = mean_of(failed, view->run_count);
    double month = all / fmax(length_of(failover), 1e-9) * MONTH_S;
    bool is_promised = limit > 0; /* NAN is not */

    return (FailoverShort){
        .dc = failover->dc,
        .figures = {figure_of(view, "health checks have noticed", "s", failover->noticed,
                              foretold(failover, "route53.health-changed{")),
                    figure_of(view, "answers have changed", "s", failover->changed,
                              foretold(failover, "route53.answers-changed{")),
                    figure_of(view, "the last client has left", "s", failover->left, (double)NAN),
                    figure_of(view, "requests lost", "", failed, foretold_lost(failover))},
        .promised = is_promised ? limit : (double)NAN,
        .budget = is_promised ? lost / (limit * month) : (double)NAN,
        .burn_rate = is_promised ? lost / all / limit : (double)NAN};
}

typedef void EachFailover(const Failover *failover, void *context);

/* Each data centre that a fault took away. */
static void each_failover(const Telling *telling, EachFailover *each, void *context)
{
    const View *view = telling->view;
    guint count = MAX(view->run_count, 1);

    for (guint i = 0; i + 1 < view->dcs->len; i++) {
        g_autofree SimTime *begins = g_new0(SimTime, count), *ends = g_new0(SimTime, count);
        g_autofree double *noticed = g_new(double, count), *changed = g_new(double, count);
        g_autofree double *left = g_new(double, count);
        Failover failover = {.telling = telling,
                             .dc = view->dcs->pdata[i],
                             .begins = begins,
                             .ends = ends,
                             .noticed = noticed,
                             .changed = changed,
                             .left = left};

        find_faults(&failover);
        if (failover.known > 0) {
            measure_times(&failover);
            each(&failover, context);
        }
    }
}

static void put_one(const Failover *failover, void *context)
{
    (void)context;
    page_element_format(failover->telling->page, "h3", NULL, "The loss of %s", failover->dc);
    tell(failover);
}

void failover_put(const Telling *telling)
{
    each_failover(telling, put_one, NULL);
}

static void add_short(const Failover *failover, void *context)
{
    FailoverShort one = shorten(failover);

    g_array_append_val((GArray *)context, one);
}

GArray *failover_shorten(const View *view)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(FailoverShort));
    Telling telling = {.view = view};

    each_failover(&telling, add_short, all);
    return all;
}

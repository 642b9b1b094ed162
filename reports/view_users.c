/* view_users.c - what users felt, in one pass over a campaign. */
#include "reports/view_users.h"

#include <math.h>
#include <string.h>

#include "sim/results/evidence/experiment.h"

const double user_quantiles[USER_QUANTILES] = {0.50, 0.95, 0.99, 0.999};

/* A percentile over time needs about so many requests in a step of a replication. */
#define REQUESTS_A_LATENCY_STEP 500

/* --- making --------------------------------------------------------------------------------- */

static double *new_values(guint count)
{
    double *values = g_new(double, MAX(count, 1));

    for (guint i = 0; i < count; i++) {
        values[i] = (double)NAN;
    }
    return values;
}

static GPtrArray *new_bands(guint series, guint steps)
{
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)bands_free);

    for (guint i = 0; i < series; i++) {
        g_ptr_array_add(all, bands_new(steps));
    }
    return all;
}

static void group_init(UserGroup *group, guint runs)
{
    group->ok = g_new0(double, MAX(runs, 1));
    group->failed = g_new0(double, MAX(runs, 1));
    group->attempts = g_new0(double, MAX(runs, 1));
    for (guint i = 0; i < USER_QUANTILES; i++) {
        group->quantiles[i] = new_values(runs);
    }
    group->totals = g_new0(double, runs);
    group->pooled = histogram_new();
    group->fewest = G_MAXUINT64;
}

static void choose_latency_step(ViewUsers *users)
{
    const View *view = users->view;
    double requests = 0;
    guint count;
    const ResultsCell *cells = results_cells(view->results, &count);

    for (guint i = 0; i < count; i++) {
        requests += (double)cells[i].ok;
    }
    if (requests > 0 && view->end > 0) {
        double rate = requests / view->run_count / sim_span_to_s(view->end);
        SimSpan least = sim_span_from_s(fmin(REQUESTS_A_LATENCY_STEP / rate, 3600));

        users->latency_step =
            view_choose_step(view->end, SIM_S, MIN(least, MAX(view->end / 10, SIM_S)));
    } else {
        users->latency_step = view->step;
    }
    users->latency_steps = (guint)((view->end + users->latency_step - 1) / users->latency_step);
}

static ViewUsers *users_alloc(const View *view)
{
    ViewUsers *users = g_new0(ViewUsers, 1);
    guint dcs = view->dcs->len - 1;
    guint regions = view->regions->len - 1;

    users->view = view;
    users->groups_of_a_phase = 1 + dcs + regions;
    users->groups = g_new0(UserGroup, view->phases->len * users->groups_of_a_phase);
    for (guint i = 0; i < view->phases->len * users->groups_of_a_phase; i++) {
        group_init(&users->groups[i], view->run_count);
    }
    users->asked = bands_new(view->step_count);
    users->ok = bands_new(view->step_count);
    users->failed = bands_new(view->step_count);
    users->failed_share = bands_new(view->step_count);
    users->by_dc = new_bands(dcs, view->step_count);
    users->by_region_dc = new_bands(regions * (dcs + 1), view->step_count);
    users->failed_by_region = new_bands(regions, view->step_count);
    choose_latency_step(users);
    for (guint i = 0; i < USER_QUANTILES_TIMED; i++) {
        users->quantiles[i] = bands_new(users->latency_steps);
        users->pooled_quantiles[i] = new_values(users->latency_steps);
    }
    return users;
}

void view_users_free(ViewUsers *users)
{
    if (users == NULL) {
        return;
    }
    for (guint i = 0; i < users->view->phases->len * users->groups_of_a_phase; i++) {
        UserGroup *group = &users->groups[i];

        g_free(group->ok);
        g_free(group->failed);
        g_free(group->attempts);
        for (guint j = 0; j < USER_QUANTILES; j++) {
            g_free(group->quantiles[j]);
        }
        g_free(group->totals);
        histogram_free(group->pooled);
    }
    g_free(users->groups);
    bands_free(users->asked);
    bands_free(users->ok);
    bands_free(users->failed);
    bands_free(users->failed_share);
    g_ptr_array_unref(users->by_dc);
    g_ptr_array_unref(users->by_region_dc);
    g_ptr_array_unref(users->failed_by_region);
    for (guint i = 0; i < USER_QUANTILES_TIMED; i++) {
        bands_free(users->quantiles[i]);
        g_free(users->pooled_quantiles[i]);
    }
    g_free(users);
}

/* --- one replication ------------------------------------------------------------------------ */

/* What one replication saw, before it is folded into the rest. */
typedef struct Pass {
    ViewUsers *users;
    guint run;            /* index into view->runs */
    GPtrArray *spans;     /* GArray of ResultsSpan for each phase */
    GPtrArray *latencies; /* Histogram or NULL for each group */
    GPtrArray *steps;     /* Histogram or NULL for each latency step */
    GPtrArray *pooled;    /* the same of all replications */
    double *counts;       /* by region, data centre or none (failed), step */
    double *none_ok;      /* by step: went well, but the data centre is not known */
} Pass;

static Histogram *histogram_in(GPtrArray *histograms, guint index)
{
    if (histograms->pdata[index] == NULL) {
        histograms->pdata[index] = histogram_new();
    }
    return histograms->pdata[index];
}

static void add_to_group(Pass *pass, guint index, const ResultsCell *cell, const Histogram *latency)
{
    UserGroup *group = &pass->users->groups[index];

    group->ok[pass->run] += (double)cell->ok;
    group->failed[pass->run] += (double)cell->failed;
    group->attempts[pass->run] += (double)cell->attempts;
    if (latency != NULL) {
        histogram_merge(histogram_in(pass->latencies, index), latency);
    }
}

static void add_to_phases(Pass *pass, const ResultsCell *cell, int dc, int region,
                          const Histogram *latency)
{
    const View *view = pass->users->view;

    for (guint i = 0; i < view->phases->len; i++) {
        guint first = i * pass->users->groups_of_a_phase;

        if (!view_is_within(pass->spans->pdata[i], cell->time)) {
            continue;
        }
        add_to_group(pass, first, cell, latency);
        if (dc >= 0) {
            add_to_group(pass, first + 1 + (guint)dc, cell, latency);
        }
        add_to_group(pass, first + view->dcs->len + (guint)region, cell, latency);
    }
}

static double *counts_of(const Pass *pass, guint region, guint dc)
{
    const View *view = pass->users->view;

    return pass->counts + (region * view->dcs->len + dc) * view->step_count;
}

static void add_cell(void *context, const ResultsCell *cell, const Histogram *latency)
{
    Pass *pass = context;
    const View *view = pass->users->view;
    int dc = view_find(view->dcs, cell->dc);
    int region = view_find(view->regions, cell->region);
    guint step;

    if (region < 0 || cell->time < 0 || cell->time >= view->end) {
        return;
    }
    add_to_phases(pass, cell, dc, region, latency);
    step = (guint)(cell->time / view->step);
    counts_of(pass, (guint)region, view->dcs->len - 1)[step] += (double)cell->failed;
    if (dc >= 0) {
        counts_of(pass, (guint)region, (guint)dc)[step] += (double)cell->ok;
    } else {
        pass->none_ok[step] += (double)cell->ok;
    }
    if (latency != NULL) {
        histogram_merge(histogram_in(pass->steps, (guint)(cell->time / pass->users->latency_step)),
                        latency);
    }
}

/* --- folding -------------------------------------------------------------------------------- */

static void fold_group(Pass *pass, guint index)
{
    UserGroup *group = &pass->users->groups[index];
    const Histogram *latency = pass->latencies->pdata[index];

    if (latency == NULL) {
        return;
    }
    group->fewest = MIN(group->fewest, histogram_count(latency));
    for (guint i = 0; i < USER_QUANTILES; i++) {
        group->quantiles[i][pass->run] =
            (double)histogram_quantile(latency, user_quantiles[i]) / 1e9;
    }
    group->totals[pass->run] = histogram_sum(latency);
    histogram_merge(group->pooled, latency);
}

/* The last step may be shorter than the others. */
static double length_of(const View *view, guint step)
{
    SimTime begin = (SimTime)step * view->step;

    return sim_span_to_s(MIN(view->step, view->end - begin));
}

static void fold_rates(const View *view, Bands *into, const double *counts, double *room)
{
    for (guint i = 0; i < view->step_count; i++) {
        room[i] = counts[i] / length_of(view, i);
    }
    bands_fold(into, room);
}

static void fold_shares(const View *view, Bands *into, const double *parts, const double *wholes,
                        double *room)
{
    for (guint i = 0; i < view->step_count; i++) {
        room[i] = wholes[i] > 0 ? parts[i] / wholes[i] : (double)NAN;
    }
    bands_fold(into, room);
}

static void add_series(double *into, const double *from, guint count)
{
    for (guint i = 0; i < count; i++) {
        into[i] += from[i];
    }
}

static void fold_regions(Pass *pass, double *asked, double *room)
{
    ViewUsers *users = pass->users;
    const View *view = users->view;
    guint series = view->dcs->len; /* data centres, and what failed */

    for (guint i = 0; i + 1 < view->regions->len; i++) {
        memset(asked, 0, view->step_count * sizeof *asked);
        for (guint j = 0; j < series; j++) {
            add_series(asked, counts_of(pass, i, j), view->step_count);
            fold_rates(view, users->by_region_dc->pdata[i * series + j], counts_of(pass, i, j),
                       room);
        }
        fold_shares(view, users->failed_by_region->pdata[i], counts_of(pass, i, series - 1), asked,
                    room);
    }
}

static void fold_totals(Pass *pass, double *sum, double *room)
{
    ViewUsers *users = pass->users;
    const View *view = users->view;
    guint series = view->dcs->len;
    g_autofree double *asked = g_new0(double, MAX(view->step_count, 1));
    g_autofree double *ok = g_new0(double, MAX(view->step_count, 1));

    add_series(ok, pass->none_ok, view->step_count);
    for (guint j = 0; j < series; j++) {
        memset(sum, 0, view->step_count * sizeof *sum);
        for (guint i = 0; i + 1 < view->regions->len; i++) {
            add_series(sum, counts_of(pass, i, j), view->step_count);
        }
        add_series(asked, sum, view->step_count);
        if (j + 1 < series) {
            add_series(ok, sum, view->step_count);
            fold_rates(view, users->by_dc->pdata[j], sum, room);
        }
    }
    add_series(asked, pass->none_ok, view->step_count);
    fold_rates(view, users->asked, asked, room);
    fold_rates(view, users->ok, ok, room);
    fold_rates(view, users->failed, sum, room);
    fold_shares(view, users->failed_share, sum, asked, room);
}

static void fold_latency(Pass *pass)
{
    ViewUsers *users = pass->users;
    g_autofree double *room = g_new(double, MAX(users->latency_steps, 1));

    for (guint i = 0; i < USER_QUANTILES_TIMED; i++) {
        for (guint j = 0; j < users->latency_steps; j++) {
            const Histogram *latency = pass->steps->pdata[j];

            room[j] = latency != NULL ? (double)histogram_quantile(latency, user_quantiles[i]) / 1e9
                                      : (double)NAN;
        }
        bands_fold(users->quantiles[i], room);
    }
    for (guint j = 0; j < users->latency_steps; j++) {
        if (pass->steps->pdata[j] != NULL) {
            histogram_merge(histogram_in(pass->pooled, j), pass->steps->pdata[j]);
        }
    }
}

/* --- the campaign --------------------------------------------------------------------------- */

static GPtrArray *new_histograms(guint count)
{
    GPtrArray *histograms = g_ptr_array_new_with_free_func((GDestroyNotify)histogram_free);

    g_ptr_array_set_size(histograms, (gint)count);
    return histograms;
}

static void read_run(ViewUsers *users, guint run, GPtrArray *pooled)
{
    const View *view = users->view;
    guint groups = view->phases->len * users->groups_of_a_phase;
    guint steps = MAX(view->step_count, 1);
    g_autoptr(GPtrArray) spans = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    g_autoptr(GPtrArray) latencies = new_histograms(groups);
    g_autoptr(GPtrArray) timed = new_histograms(users->latency_steps);
    g_autofree double *counts = g_new0(double, view->regions->len * view->dcs->len * steps);
    g_autofree double *none_ok = g_new0(double, steps);
    g_autofree double *sum = g_new0(double, steps);
    g_autofree double *room = g_new0(double, steps);
    Pass pass = {users, run, spans, latencies, timed, pooled, counts, none_ok};

    for (guint i = 0; i < view->phases->len; i++) {
        g_ptr_array_add(spans,
                        results_spans(view->results, view->runs[run].run, view->phases->pdata[i]));
    }
    results_each_user(view->results, view->runs[run].run, add_cell, &pass);
    for (guint i = 0; i < groups; i++) {
        fold_group(&pass, i);
    }
    fold_regions(&pass, sum, room);
    fold_totals(&pass, sum, room);
    fold_latency(&pass);
}

ViewUsers *view_users_new(const View *view)
{
    ViewUsers *users = users_alloc(view);
    g_autoptr(GPtrArray) pooled = new_histograms(users->latency_steps);

    for (guint i = 0; i < view->run_count; i++) {
        read_run(users, i, pooled);
    }
    for (guint i = 0; i < USER_QUANTILES_TIMED; i++) {
        for (guint j = 0; j < users->latency_steps; j++) {
            if (pooled->pdata[j] != NULL) {
                users->pooled_quantiles[i][j] =
                    (double)histogram_quantile(pooled->pdata[j], user_quantiles[i]) / 1e9;
            }
        }
    }
    return users;
}

const UserGroup *view_users_group(const ViewUsers *users, guint phase, int dc, int region)
{
    guint first = phase * users->groups_of_a_phase;

    g_assert(dc < 0 || region < 0);
    if (dc >= 0) {
        return &users->groups[first + 1 + (guint)dc];
    }
    return &users->groups[first + (region >= 0 ? users->view->dcs->len + (guint)region : 0)];
}

double view_users_requests(const ViewUsers *users, const UserGroup *group)
{
    return estimate_stable_sum(group->ok, users->view->run_count) +
           estimate_stable_sum(group->failed, users->view->run_count);
}

Estimate view_users_failed(const ViewUsers *users, const UserGroup *group)
{
    guint count = users->view->run_count;
    g_autofree double *asked = g_new0(double, MAX(count, 1));
    Estimate failed;

    for (guint i = 0; i < count; i++) {
        asked[i] = group->ok[i] + group->failed[i];
    }
    failed = estimate_ratio(group->failed, asked, count, users->view->confidence);
    estimate_limit_share(&failed, estimate_stable_sum(group->failed, count),
                         view_users_requests(users, group));
    failed.n = (uint64_t)view_users_requests(users, group);
    return failed;
}

static const char *phase_of(const ViewUsers *users, const UserGroup *group)
{
    guint index = (guint)(group - users->groups) / users->groups_of_a_phase;

    return users->view->phases->pdata[index];
}

Estimate view_users_quantile(const ViewUsers *users, const UserGroup *group, UserQuantile quantile)
{
    guint room = MAX(users->view->run_count, 1);
    double p = user_quantiles[quantile];
    g_autofree double *each = g_new(double, room);
    g_autofree double *totals = g_new(double, room);
    g_autofree double *counts = g_new(double, room);
    guint known = 0;
    Estimate estimate;
    double pooled = histogram_count(group->pooled) > 0
                        ? (double)histogram_quantile(group->pooled, p) / 1e9
                        : (double)NAN;

    for (guint i = 0; i < users->view->run_count; i++) {
        if (!isnan(group->quantiles[quantile][i])) {
            totals[known] = group->totals[i];
            counts[known] = group->ok[i];
            each[known++] = group->quantiles[quantile][i];
        }
    }
    estimate = estimate_quantile(
        p, pooled, each, known, group->fewest,
        estimate_correlation_between(totals, counts, known, histogram_variance(group->pooled)),
        users->view->confidence);
    estimate.n = histogram_count(group->pooled);
    if (estimate_lacks_values(&estimate)) {
        estimate.more_of = "requests";
    }
    experiment_refuse(users->view->results, phase_of(users, group), false, &estimate);
    return estimate;
}

/* view_users.h - what users felt, in one pass over a campaign: sums by phase, data centre and
 * region for tables, and series over time for figures. */
#pragma once

#include "reports/view.h"
#include "sim/base/estimate.h"

/* Percentiles shown, and the largest. */
typedef enum UserQuantile { USER_P50, USER_P95, USER_P99, USER_P999, USER_QUANTILES } UserQuantile;
extern const double user_quantiles[USER_QUANTILES];

/* How many of them go over time: p50, p95, p99. */
#define USER_QUANTILES_TIMED 3

/* One phase with one data centre, one region, or neither. */
typedef struct UserGroup {
    double *ok, *failed, *attempts;    /* of each replication */
    double *quantiles[USER_QUANTILES]; /* of each replication, s; NAN without any */
    double *totals;                    /* sum of latencies of each replication, ns */
    Histogram *pooled;                 /* latency of all replications, ns */
    uint64_t fewest; /* requests that went well, in the replication with the fewest of those that
                        had any */
} UserGroup;

typedef struct ViewUsers {
    const View *view;
    UserGroup *groups; /* by phase: all, data centres, regions */
    guint groups_of_a_phase;
    Bands *asked, *ok;   /* requests a second */
    Bands *failed;       /* a second */
    Bands *failed_share; /* of the requests of a step */
    GPtrArray *by_dc;    /* Bands: requests a second that each data centre answered well */
    GPtrArray
        *by_region_dc; /* Bands, region by region: each data centre's, then those that failed */
    GPtrArray *failed_by_region; /* Bands: share of the region's requests */
    SimSpan latency_step;        /* longer than the view's when requests are few */
    guint latency_steps;
    Bands *quantiles[USER_QUANTILES_TIMED]; /* s; of all replications pooled: see quantile_means */
    double *pooled_quantiles[USER_QUANTILES_TIMED];
} ViewUsers;

ViewUsers *view_users_new(const View *view);
void view_users_free(ViewUsers *users);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ViewUsers, view_users_free)

/* Index into view->phases; dc and region are indices into the view's lists, -1 for all. Only one of
 * them may be given. */
const UserGroup *view_users_group(const ViewUsers *users, guint phase, int dc, int region);

/* Share of requests that failed after retries. Where none did, `high` is the limit for as many
 * independent requests. */
Estimate view_users_failed(const ViewUsers *users, const UserGroup *group);

/* A percentile of latency, s, as in summary.json. */
Estimate view_users_quantile(const ViewUsers *users, const UserGroup *group, UserQuantile quantile);

/* Requests in all replications. */
double view_users_requests(const ViewUsers *users, const UserGroup *group);

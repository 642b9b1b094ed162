/* trend.h - the history of reference scenarios: a row for each revision, scenario and metric in an
 * SQLite file, and where in it a level changed (sim/base/change_point.h). */
#pragma once

#include "sim/results/regression/baseline.h"

/* A change of less than this share of the level before is not told. */
#define TREND_EFFECT 0.01

/* So many of the latest revisions are looked at. */
#define TREND_LENGTH 200

typedef struct Trend Trend;

/* A metric changed its level between two revisions. */
typedef struct TrendChange {
    char *scenario, *metric;
    char *last_before, *first_after; /* revisions */
    double before, after, p;
    bool is_worse;
    bool is_other_scenario; /* what the scenario says changed there too */
} TrendChange;

/* Opens the file or makes it. NULL and `error` when it is something else. */
Trend *trend_open(const char *path, GError **error);
void trend_free(Trend *trend);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trend, trend_free)

/* Adds what a campaign was at `revision`; a second time it takes the place of the first. `time` is
 * when it was measured, ISO 8601. All of it or nothing. */
bool trend_add(Trend *trend, const Baseline *baseline, const char *revision, const char *time,
               GError **error);

/* All changes, by scenario, metric and time. NULL and `error` when the file cannot be read. Caller
 * unrefs the array of TrendChange. */
GPtrArray *trend_changes(Trend *trend, GError **error);

/* How many revisions it knows. */
guint trend_count_revisions(Trend *trend);

/* finding_list.h - violations that were found, each with the shortest history that proves it, in
 * words. The first ones of each check are kept; of stale reads the worst ones, since their bound is
 * not known here. */
#pragma once

#include <glib.h>

#include "sim/base/sim_time.h"

typedef enum Check {
    CHECK_LOST,
    CHECK_RESURRECTED,
    CHECK_STALE,
    CHECK_BACK_IN_TIME,
    CHECK_OWN_WRITE,
    CHECK_OVERWRITTEN,
    CHECK_UPDATE_LOST,
    CHECK_NOT_LINEARIZABLE,
    CHECK_REPLICAS_DOWN,
    CHECK_DIVERGED,
    CHECKS,
} Check;

/* "no-lost-acked-write" of CHECK_LOST ... */
extern const char *const finding_checks[CHECKS];

typedef struct Finding {
    const char *invariant; /* one of finding_checks */
    SimTime time;
    double value; /* seconds of staleness, versions lost, replicas down; 1 of the rest */
    const char *proof;
} Finding;

typedef struct FindingList FindingList;

FindingList *finding_list_new(void);
void finding_list_free(FindingList *list);

/* Whether one of `value` is worth putting into words. */
bool finding_list_wants(const FindingList *list, Check check, double value);

/* Keeps a finding that it wants; takes `proof`. */
void finding_list_add(FindingList *list, Check check, SimTime time, double value, char *proof);

guint finding_list_count(const FindingList *list);
const Finding *finding_list_get(const FindingList *list, guint index);

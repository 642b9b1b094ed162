/* rate.h - the offered load of a scenario as one number that can be turned: the rates of its loads
 * together, or the arrivals of its textbook sources. */
#pragma once

#include "sim/study/study.h"

typedef struct Rate Rate;

/* Finds what sets the load: each "rate" below /load, all in proportion; without any, the mean time
 * between arrivals of each source of /system/queueing; or the one value at `pointer` (a number, or
 * a law with a mean; may be NULL). NULL and `error` when there is none, or one that changes with
 * time. */
Rate *rate_find(const Scenario *scenario, const char *pointer, GError **error);
void rate_free(Rate *rate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rate, rate_free)

/* What the scenario offers as it stands, a second. */
double rate_offered(const Rate *rate);

/* The changes that make it `per_s`, as --set takes them; strv, caller frees. */
char **rate_sets(const Rate *rate, double per_s);

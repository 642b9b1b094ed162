/* back_pressure.h - a coordinator slows down when replicas do not keep up with its writes: where
 * back_pressure_enabled asks for it (off as shipped). Private to this folder.
 * Source: Cassandra 3.11 net/RateBasedBackPressure, RateBasedBackPressureState,
 * utils/SlidingTimeRate, Guava's RateLimiter (SmoothBursty). Each window (the write timeout) the
 * share of writes that a replica answered in time raises the rate at which it is sent to by
 * `factor` per cent, or, below `high_ratio`, sets it that much below what came back. A write waits
 * by the limit of the fastest (FAST) or slowest (SLOW) of the replicas it is sent to, all sites
 * together. As coded, nobody waits while one of them has answered nothing for a window, and the
 * limit of a set of replicas is looked at only by a write to them that is the first of a window for
 * one of them: where many sets share few writes, most are never limited. Left out:
 * counters and batch logs, which are sent unlimited. */
#pragma once

#include "sim/base/sim_time.h"
#include "sim/config/field.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Cassandra Cassandra;
typedef struct Write Write;
typedef struct BackPressure BackPressure;

enum { FLOW_FAST, FLOW_SLOW }; /* index into the names of `flow` */

typedef struct BackPressureSettings {
    double high_ratio;
    int64_t factor;
    int flow;
} BackPressureSettings;

extern const Field back_pressure_fields[];

/* --- a rate over a sliding window ---------------------------------------------------------------
 */

/* What happened in each tenth of a window, those to come included. Zeroed: nothing yet. */
#define SLIDING_SLOTS 32
typedef struct SlidingRate {
    int64_t slots[SLIDING_SLOTS]; /* number of the tenth since time 0, and 1 */
    uint32_t counts[SLIDING_SLOTS];
} SlidingRate;

/* At most two windows ahead of what was added last. */
void sliding_rate_add(SlidingRate *rate, SimTime at, SimSpan window);

/* Per second: what came in the window that ends now, over the time since the first of it, a second
 * at least. */
double sliding_rate_per_s(const SlidingRate *rate, SimTime now, SimSpan window);

/* --- a limiter ----------------------------------------------------------------------------------
 */

/* Lets so many pass a second; what a second did not use may pass at once later. */
typedef struct RateLimit {
    double per_s; /* 0: no limit */
    double stored;
    SimTime next_at; /* when the next one may pass once none is stored */
} RateLimit;

void rate_limit_set(RateLimit *limit, double per_s, SimTime now);

/* How long the next one waits; it takes its place. One that would have to wait for more than `most`
 * waits for that and takes none. */
SimSpan rate_limit_wait(RateLimit *limit, SimSpan most, SimTime now);

/* --- of a node ----------------------------------------------------------------------------------
 */

/* A write is about to be sent to its targets: how long that waits. */
SimSpan back_pressure_wait(const Write *write);

/* Its acknowledgement arrives then; or has not within the timeout. */
void back_pressure_heard(const Write *write, guint index, SimTime arrival);
void back_pressure_missed(const Write *write, guint index);

void back_pressure_start(Cassandra *node);
void back_pressure_free(Cassandra *node);

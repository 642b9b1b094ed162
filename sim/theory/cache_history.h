/* cache_history.h - who fills caches around a failure. Before it, users with an open connection
 * look nothing up; after it nobody has one. More look-ups find the caches that happen to be empty,
 * so that more of them than usual are filled soon after the failure and run out together a life
 * later: when the answers change, ages are not spread evenly. Step by step in time. */
#pragma once

#include "sim/theory/cache_farm.h"

typedef struct CacheHistory CacheHistory;

typedef struct CacheAsking {
    double life;        /* of an answer */
    double wait;        /* until one user's next look-up when he has no answer, on average */
    double wait_before; /* before the failure */
    double until;       /* after the failure: later is not asked about */
} CacheAsking;

/* How long it takes a user with `rate` requests to look a name up, from any instant on, when those
 * that come within `kept` after another one go over its connection. */
double cache_wait_kept(double rate, double kept);

/* `sharers`: users of a single cache beside oneself, on average; `farms`: settled, or NULL. Free
 * with cache_history_free. */
CacheHistory *cache_history_new(const CacheAsking *asking, double sharers, const Farms *farms);
void cache_history_free(CacheHistory *history); /* NULL: does nothing */

/* Share of requests that meet an answer from before `change`, `x` after it; both after the failure.
 * Behind single caches, and behind the farms that the history was made with. */
double cache_history_plain(const CacheHistory *history, double change, double x);
double cache_history_farm(const CacheHistory *history, const Farms *farms, double change, double x);

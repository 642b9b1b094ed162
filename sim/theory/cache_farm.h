/* cache_farm.h - users who share a resolver that is a farm of independent caches: each look-up
 * falls on one of them by chance. Times in any one unit. */
#pragma once

#include <glib.h>

#define CACHE_OTHERS 48 /* who share something, one by one up to so many */

/* How likely it is that so many others share what is shared by `mean` on average, from 0 on; their
 * number. One, for the mean itself, when that is large. */
guint cache_count_others(double mean, double weights[CACHE_OTHERS]);

/* A client who shares a farm with so many others. When its answer has run out it asks one of the
 * caches by chance: another one than before, which others have `full` with some rest of its life or
 * which has nothing; or the one that just ran out, which others may have `refilled` meanwhile. What
 * it fills itself has run out when it asks again, so that only others count. */
typedef struct Farm {
    double weight; /* how likely so many others are */
    double full, refilled;
    double kept; /* how long it has an answer, on average */
} Farm;

typedef struct Farms {
    Farm farms[CACHE_OTHERS];
    guint count;
    double life, wait; /* `wait`: from the end of an answer to the next request */
    double size;       /* caches of a farm */
} Farms;

/* Fills in `farms` and `count` from the rest; `mean`: who share a farm, on average. */
void farms_settle(Farms *all, double mean);

/* For how much of its life an answer that another has fetched, while one had none, is over when one
 * asks `x` after an instant before which it was fetched. */
double farms_aged(const Farms *all, double x);

/* Share of clients that honour the time to live and use an answer from before an instant, `x` after
 * it: who sits on an answer with a long rest of life sits on it for long. */
double farms_still_old(const Farms *all, double x);

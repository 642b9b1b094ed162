/* cache_history.c - see cache_history.h. */
#include "sim/theory/cache_history.h"

#include <math.h>

#include "sim/base/fixed_math.h"

#define STEPS_OF_LIFE 240.0
#define STEPS_MOST 6000.0
#define NEGLIGIBLE 1e-7 /* weight of so many others */

/* Running sums over time, from `lives_before` ahead of the failure on. */
typedef struct Sums {
    double *filled;           /* single caches that were filled, a cache */
    double *shared, *moments; /* look-ups that met an answer of any age, a user; times their time */
    double *whole;            /* look-ups after which an answer lives its whole life */
    double *refilled;         /* look-ups of a cache that others filled meanwhile */
    double *waits_shared;     /* who has no answer, and would meet an old one */
    double *waits_refilled;
} Sums;

struct CacheHistory {
    double life, step, begin;
    guint count;
    Sums sums;
};

double cache_wait_kept(double rate, double kept)
{
    double open = 1 - fixed_exp(-rate * kept), closed = 1 - open;
    double mean, square, gap, gap_variance;

    if (rate <= 0 || kept <= 0 || open <= 0 || closed <= 0) {
        return rate > 0 && closed > 0 ? 1 / rate : 0;
    }
    /* between look-ups: a geometric number of gaps below `kept`, then a longer one */
    gap = 1 / rate - kept * closed / open;
    gap_variance = 1 / (rate * rate) - kept * kept * closed / (open * open);
    mean = 1 / (rate * closed);
    square = mean * mean + open / closed * gap_variance + gap * gap * open / (closed * closed) +
             1 / (rate * rate);
    return square / (2 * mean);
}

/* --- making it ----------------------------------------------------------------------------------
 */

/* A running sum at step `i` minus `back` steps, two at least: later ones are not known yet. Before
 * the begin it had risen evenly. */
static double before(const double *sum, guint i, double back, double slope)
{
    double at = i - fmax(back, 2);
    guint low = at > 0 ? (guint)at : 0;

    return at <= 0 ? at * slope : sum[low] + (at - low) * (sum[low + 1] - sum[low]);
}

/* From step to step: who waits asks at `rate`, `arrived` join evenly. Returns who asked. */
static double ask(double *waiting, double arrived, double rate, double step)
{
    double stays = fixed_exp(-rate * step);
    double left = *waiting * stays + arrived * (1 - stays) / (rate * step);
    double asked = *waiting + arrived - left;

    *waiting = left;
    return asked;
}

static double rate_at(const CacheHistory *self, const CacheAsking *asking, guint i)
{
    return self->begin + i * self->step < 0 ? 1 / asking->wait_before : 1 / asking->wait;
}

/* A single cache of `users` in all: empty until one of them asks, then full for a life. */
static void add_single(CacheHistory *self, const CacheAsking *asking, double users, double weight)
{
    double steps = self->life / self->step;
    double first = users / asking->wait_before;
    double slope = first / (1 + self->life * first) * self->step; /* filled in a step */
    double empty = 1 / (1 + self->life * first);
    g_autofree double *filled = g_new0(double, self->count);

    for (guint i = 0; i + 1 < self->count; i++) {
        double ran_out = before(filled, i + 1, steps, slope) - before(filled, i, steps, slope);

        filled[i + 1] =
            filled[i] + ask(&empty, ran_out, users * rate_at(self, asking, i), self->step);
        self->sums.filled[i + 1] += weight * filled[i + 1];
    }
}

/* A user of a farm: he has an answer for a rest of its life, or all of it, then waits. */
static void add_farm(CacheHistory *self, const CacheAsking *asking, const Farms *all,
                     const Farm *farm)
{
    double steps = self->life / self->step, same = 1 / all->size;
    double aged = farms_aged(all, 0) / self->step;
    double shared = (1 - same) * farm->full, refilled = same * farm->refilled;
    double whole = 1 - shared - refilled;
    double slope = self->step / (farm->kept + asking->wait_before);
    double waiting = asking->wait_before / (farm->kept + asking->wait_before);
    g_autofree double *looked = g_new0(double, self->count);
    Sums *sums = &self->sums;

    for (guint i = 0; i + 1 < self->count; i++) {
        double ran_out = shared * (looked[i] - before(looked, i, steps, slope)) / steps;
        double asked;

        ran_out += whole * (before(looked, i + 1, steps, slope) - before(looked, i, steps, slope));
        ran_out += refilled * (before(looked, i + 1, steps - aged, slope) -
                               before(looked, i, steps - aged, slope));
        sums->waits_shared[i] += farm->weight * waiting * shared;
        sums->waits_refilled[i] += farm->weight * waiting * refilled;
        asked = ask(&waiting, ran_out, rate_at(self, asking, i), self->step);
        looked[i + 1] = looked[i] + asked;
        sums->shared[i + 1] += farm->weight * shared * looked[i + 1];
        sums->moments[i + 1] +=
            farm->weight * shared * asked * (self->begin + (i + 0.5) * self->step);
        sums->whole[i + 1] += farm->weight * whole * looked[i + 1];
        sums->refilled[i + 1] += farm->weight * refilled * looked[i + 1];
    }
    sums->waits_shared[self->count - 1] = sums->waits_shared[self->count - 2];
    sums->waits_refilled[self->count - 1] = sums->waits_refilled[self->count - 2];
}

static void add_singles(CacheHistory *self, const CacheAsking *asking, double sharers)
{
    double weights[CACHE_OTHERS];
    guint count = cache_count_others(sharers, weights);

    for (guint i = 0; i < count; i++) {
        if (weights[i] > NEGLIGIBLE) {
            add_single(self, asking, (count > 1 ? i : sharers) + 1, weights[i]);
        }
    }
}

static void add_farms(CacheHistory *self, const CacheAsking *asking, const Farms *all)
{
    for (guint i = 0; i < all->count; i++) {
        if (all->farms[i].weight > NEGLIGIBLE) {
            add_farm(self, asking, all, &all->farms[i]);
        }
    }
    for (guint i = 1; i < self->count; i++) {
        self->sums.moments[i] += self->sums.moments[i - 1];
    }
}

CacheHistory *cache_history_new(const CacheAsking *asking, double sharers, const Farms *farms)
{
    CacheHistory *self = g_new0(CacheHistory, 1);
    double span = asking->until + asking->life;
    double **all[] = {&self->sums.filled,        &self->sums.shared,   &self->sums.moments,
                      &self->sums.whole,         &self->sums.refilled, &self->sums.waits_shared,
                      &self->sums.waits_refilled};

    self->life = asking->life;
    self->begin = -asking->life;
    self->step = fmax(asking->life / STEPS_OF_LIFE, span / STEPS_MOST);
    self->count = (guint)(span / self->step) + 2;
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        *all[i] = g_new0(double, self->count);
    }
    add_singles(self, asking, sharers);
    if (farms != NULL) {
        add_farms(self, asking, farms);
    }
    return self;
}

void cache_history_free(CacheHistory *self)
{
    if (self == NULL) {
        return;
    }
    g_free(self->sums.filled);
    g_free(self->sums.shared);
    g_free(self->sums.moments);
    g_free(self->sums.whole);
    g_free(self->sums.refilled);
    g_free(self->sums.waits_shared);
    g_free(self->sums.waits_refilled);
    g_free(self);
}

/* --- asking it ----------------------------------------------------------------------------------
 */

static double at(const CacheHistory *self, const double *values, double time)
{
    double place = CLAMP((time - self->begin) / self->step, 0, self->count - 1.001);
    guint low = (guint)place;

    return values[low] + (place - low) * (values[low + 1] - values[low]);
}

static double between(const CacheHistory *self, const double *sums, double from, double to)
{
    return at(self, sums, to) - at(self, sums, from);
}

double cache_history_plain(const CacheHistory *self, double change, double x)
{
    return x >= self->life ? 0 : between(self, self->sums.filled, change + x - self->life, change);
}

double cache_history_farm(const CacheHistory *self, const Farms *farms, double change, double x)
{
    double left = self->life - x, since = change - left;
    const Sums *sums = &self->sums;
    double held, met;

    if (left <= 0) {
        return 0;
    }
    /* answers looked up before the change, some met with a part of their life over */
    held = (1 - (change + x) / self->life) * between(self, sums->shared, since, change) +
           between(self, sums->moments, since, change) / self->life +
           between(self, sums->whole, since, change) +
           between(self, sums->refilled, since + farms_aged(farms, x), change);
    /* old ones met after it, by who looked up since or does now */
    met = (between(self, sums->shared, change, change + x) +
           at(self, sums->waits_shared, change + x)) *
              left / self->life +
          at(self, sums->waits_refilled, change + x) * fixed_exp(-x / farms->wait);
    return fmin(held + met, 1);
}

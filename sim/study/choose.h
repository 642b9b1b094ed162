/* choose.h - which of several settings is best, with a guarantee and no more replications than it
 * takes; and where a fixed number of them tells most. Sources: Kim and Nelson, 2001 (KN); Chen and
 * others, 2000 (OCBA); Morris, 1991 (screening). */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Gives replication `index` of setting `i`; under common random numbers the same index means the
 * same draws. False and `error` when there is none. */
typedef bool ChooseLook(void *context, guint i, guint index, double *value, GError **error);

typedef struct ChooseOrder {
    guint settings, first, most; /* replications of each: at the begin (10 or more), at most */
    double alpha;                /* probability of a wrong choice */
    double delta;                /* a difference that matters, in the unit of the values */
    ChooseLook *look;
    void *context;
} ChooseOrder;

typedef struct Choice {
    guint best;          /* the smallest mean */
    bool is_guaranteed;  /* the procedure ended by its own rule */
    guint *replications; /* of each setting */
    double *means;
    guint *dropped_at; /* replications after which a setting was out; 0: it stayed */
} Choice;

/* eta and h2 of KN. */
double choose_eta(double alpha, guint settings, guint first);
double choose_h2(double alpha, guint settings, guint first);

/* The setting with the smallest mean: right with probability 1 - alpha if it is better than all
 * others by delta. NULL and `error` from a look. */
Choice *choose_smallest(const ChooseOrder *order, GError **error);
void choice_free(Choice *choice);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Choice, choice_free)

/* How `budget` replications are best spread over settings with these means and deviations, so that
 * the smallest is told apart: fills in `shares` that add up to `budget`. */
void choose_spread(const double *means, const double *deviations, guint count, double budget,
                   double *shares);

/* --- screening ------------------------------------------------------------------------------ */

/* The outcome at a point of the unit cube. */
typedef bool ScreenLook(void *context, const double *point, guint trajectory, double *value,
                        GError **error);

typedef struct ScreenEffect {
    double mean, size, spread; /* of the elementary effects: mu, mu*, sigma */
} ScreenEffect;

/* Morris: `trajectories` (10 to 20) of `factors` + 1 looks each, 4 levels, steps of 2/3, drawn from
 * `seed`. Caller unrefs the array of ScreenEffect; NULL and `error` from a look. */
GArray *screen_factors(guint factors, guint trajectories, guint64 seed, ScreenLook *look,
                       void *context, GError **error);

/* chance.h - where a wall stands whose place differs from replication to replication: the rate at
 * which holding has an even chance. Below a wall everything is well and beyond it all fails, so a
 * look tells little more than on which side it was; each replication has a wall of its own (its
 * noisy neighbours, its arrivals). The rates of these walls are taken as lognormal; what is known
 * of one lies between the highest look that held and the lowest that did not, and the law that
 * makes all of them likeliest is taken (probit regression of censored values). A few looks often
 * agree and would have a wall without any spread: so 3 % is thought likely beforehand, give or take
 * half as much again. Intervals are those of the profile likelihood, with Student's square in place
 * of chi-square since replications are few. Sources: Dixon and Mood, "A method for obtaining
 * and analyzing sensitivity data", 1948 (up and down); Finney, "Probit analysis", 1971; Venzon and
 * Moolgavkar, 1988 (profile likelihood).
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* One replication at one rate. */
typedef struct ChanceLook {
    double rate; /* > 0 */
    guint replication;
    bool holds;
} ChanceLook;

typedef struct ChanceFit {
    double middle;    /* rate with an even chance; NAN when all looks end alike */
    double spread;    /* standard deviation of the walls' rates, as a share */
    double low, high; /* of the middle; NAN: not known */
    double sure;      /* rate at which nine in ten hold, */
    double sure_low;  /* and the lower end of its interval; NAN: not known */
    guint replications;
} ChanceFit;

/* Walls are never taken to be steeper than `least_spread`: then all looks may agree. */
ChanceFit chance_fit(const ChanceLook *looks, guint count, double least_spread, double confidence);

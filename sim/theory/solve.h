/* solve.h - the numerical tools of the closed forms: roots, integrals, birth and death, linear
 * equations. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A function of one number. */
typedef double TheoryFunction(double x, const void *context);

/* Where a function that falls from above to below 0 crosses it, from `low` on; `high` is doubled
 * (from `low` upwards) until the function is negative there. To the last bits. */
double solve_falling(TheoryFunction *function, const void *context, double low, double high);

/* The same between two ends of which the first is not negative and the second is. */
double solve_between(TheoryFunction *function, const void *context, double low, double high);

/* Integral from `low` to `high` of a function that is smooth there, to about 1e-11 of `scale`. */
double solve_integral(TheoryFunction *function, const void *context, double low, double high,
                      double scale);

/* log(1 + x) and exp(x) - 1 without loss near 0. */
double solve_log1p(double x);
double solve_expm1(double x);

/* (1 - exp(-x)) / x, and (1 - (1 + x) exp(-x)) / x^2; 1 and 1/2 at 0. */
double solve_mean_decay(double x);
double solve_second_decay(double x);

/* Stationary probabilities of 0..last of a chain that goes up from n with rate up(n) and down with
 * down(n). Computed from the most likely state outwards, so that the smallest keep their digits.
 * Caller frees. */
double *solve_birth_death(TheoryFunction *up, TheoryFunction *down, const void *context,
                          guint last);

/* Solves the `size` equations matrix x = right in place of `right`; both are destroyed. `matrix` is
 * by rows. False when it has no single solution. */
bool solve_linear(double *matrix, double *right, guint size);

/* P(at least `need` of `count`), each with its own probability. */
double solve_at_least(const double *probabilities, guint count, guint need);

/* Terms of the binomial distribution summed: P(from `first` to `last` of `count` with p). Sums
 * positive terms only, so that small results keep their digits. */
double solve_binomial(guint count, double p, guint first, guint last);

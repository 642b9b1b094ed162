/* draw.h - distributions as values: what a scenario writes as "lognormal(median=2ms, p99=40ms)".
 * All are sampled by inversion, one uniform a draw (a mixture: one for the branch, one for the
 * value), so that two runs with common random numbers stay in step. */
#pragma once

#include "sim/base/rng.h"
#include "sim/base/sim_time.h"

/* What a distribution yields. */
typedef enum DrawUnit {
    DRAW_SPAN,   /* nanoseconds; its arguments need time units */
    DRAW_NUMBER, /* a plain number; its arguments have no unit */
} DrawUnit;

typedef struct DrawLaw DrawLaw; /* immutable, counted */

/* A distribution. Zeroed is "no distribution"; copies share the law through draw_copy. */
typedef struct Draw {
    const DrawLaw *law;
} Draw;

/* Reads the notation of the scenario format, section 8:
 *   constant(2ms)  2ms  uniform(1ms, 3ms)  exponential(mean=2ms)  erlang(k=4, mean=2ms)
 * gamma(shape=2, mean=2ms) lognormal(median=, p99= | sigma=)  lognormal(mean=, scv= | sigma=)
 * weibull(shape=, scale=)  pareto(min=, shape=) hyperexponential(mean=, scv=)  mixture(weight: law,
 * ...)  shifted(span, law)  clipped(low, high, law) empirical(file.csv) A bare value is a constant.
 * Spans may not be negative. False, `error` set and `draw` untouched when it is not one. */
bool draw_parse(Draw *draw, DrawUnit unit, const char *text, GError **error);

/* One more owner of the same law. */
Draw draw_copy(Draw draw);

/* Lets go of the law; `draw` is "no distribution" after it. */
void draw_clear(Draw *draw);

/* The value at probability 0 < u < 1, in the law's unit (nanoseconds for spans). A mixture splits
 * `u` itself. */
double draw_quantile(Draw draw, double u);

/* One sample as a whole number of nanoseconds, never negative. The law must be a DRAW_SPAN. */
SimSpan draw_span(Draw draw, Rng *rng);

/* One sample of a DRAW_NUMBER law. */
double draw_number(Draw draw, Rng *rng);

/* Expected value in the law's unit; infinity when there is none. */
double draw_mean(Draw draw);

/* Squared coefficient of variation; infinity when there is none. */
double draw_scv(Draw draw);

/* The notation it was read from, for tables and messages. Owned by the law. */
const char *draw_text(Draw draw);

/* Exponential with `mean` nanoseconds, one uniform: the commonest law, without a Draw. */
SimSpan draw_exponential_span(SimSpan mean, Rng *rng);

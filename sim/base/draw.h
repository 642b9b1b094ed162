/* draw.h - distributions as values: what a scenario writes as "lognormal(median=2ms, p99=40ms)".
 * All are sampled by inversion, exactly one uniform a draw (a mixture splits it: branch first, then
 * the value), so that two runs with common random numbers stay in step. */
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

/* Errors of draw_parse; there is one code, 0. */
#define DRAW_ERROR draw_error_quark()
GQuark draw_error_quark(void);

/* Reads the notation of scenarios; a bare value is a constant:
 *   2ms   constant(2ms)   uniform(1ms, 3ms)   exponential(mean=2ms)   erlang(k=4, mean=2ms)
 *   gamma(shape=2, mean=2ms)   lognormal(median=2ms, p99=40ms), (median=, sigma=),
 *   (median=, scv=), (mean=, scv=) or (mean=, sigma=)   weibull(shape=0.7, scale=2ms)
 *   pareto(min=1.5ms, shape=3.8)   hyperexponential(mean=2ms, scv=4) of balanced means
 *   mixture(0.9: law, 0.1: law)   shifted(1ms, law)   clipped(1ms, 50ms, law): what is below or
 *   above is moved to the bound   empirical(file.csv)
 * The file has a value a line, optionally ", weight"; '#' starts a comment. A first line that is no
 * value is a heading; one like "latency_ms" gives its unit to bare numbers. Relative names start at
 * the working directory. Spans may not be negative. False, `error` set and `draw` untouched when
 * `text` is not a distribution. */
bool draw_parse(Draw *draw, DrawUnit unit, const char *text, GError **error);

/* One more owner of the same law. */
Draw draw_copy(Draw draw);

/* Lets go of the law; `draw` is "no distribution" after it. */
void draw_clear(Draw *draw);

/* The value at probability 0 < u < 1, in the law's unit (nanoseconds for spans). Quick, but for
 * mixtures and hyperexponentials, where it is searched for: for set-up and reports. */
double draw_quantile(Draw draw, double u);

/* One sample, rounded to whole nanoseconds, never negative, at most 73 years. The law must be a
 * DRAW_SPAN. */
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

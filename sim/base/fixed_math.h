/* fixed_math.h - log, exp and quantiles with the same bits everywhere.
 * The C library's functions return different last bits on processors with and without fused
 * multiply-add, so whatever decides an event uses these: only + - * / sqrt, integer work and fixed
 * polynomials. Sources: fdlibm (Sun, 1993) for log and exp, relative error below 4e-15 (measured:
 * 2e-16); algorithm AS 241 (Wichura, 1988) for the normal distribution. */
#pragma once

/* Natural logarithm of x > 0 (finite). x <= 0 is a programmer's error. */
double fixed_log(double x);

/* e to the x; 0 below -745, infinity above 709.78. */
double fixed_exp(double x);

/* x to the y for x >= 0, as exp(y log x); 0 to any positive power is 0. */
double fixed_pow(double x, double y);

/* `x` to 40 binary digits: what other libraries compute to the last few bits alike (they differ
 * with and without fused multiply-add) is then the same everywhere, but for one value in thousands
 * of millions that lies at a border. For results that are shown, never for what decides an event.
 */
double fixed_round(double x);

/* Inverse of the standard normal distribution at 0 < u < 1. Absolute error below 1e-9 in the
 * probability. */
double fixed_normal_quantile(double u);

/* Natural logarithm of the gamma function at x > 0. Relative error of its exponential below 1e-12
 * for x < 1000. */
double fixed_log_gamma(double x);

/* Inverse of the gamma distribution with shape > 0 and scale 1 at 0 < u < 1. Relative error below
 * 1e-9 for shapes up to 10,000. */
double fixed_gamma_quantile(double shape, double u);

/* usl.h - the Universal Scalability Law through measured throughput: X(N) = gamma N / (1 + alpha
 * (N - 1) + beta N (N - 1)), least squares with all three at least 0. Source: Gunther, "Guerrilla
 * Capacity Planning", 2007. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Usl {
    double alpha, beta, gamma;                   /* contention, coherency, throughput of one */
    double alpha_error, beta_error, gamma_error; /* standard errors */
    double residual;                             /* standard error of the residuals */
    guint degrees;
    double peak;      /* N of the most throughput; INFINITY without one */
    double peak_rate; /* that throughput */
} Usl;

/* Fits to `count` > 3 points. False when they determine nothing (equal N, no throughput). */
bool usl_fit(const double *n, const double *throughput, guint count, Usl *usl);

/* Whether the data show a peak: beta is above 0 by two standard errors. */
bool usl_has_peak(const Usl *usl);

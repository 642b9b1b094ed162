/* usl.c - the Universal Scalability Law through measured throughput. */
#include "sim/study/usl.h"

#include <gsl/gsl_linalg.h>
#include <math.h>

#define STEPS_MOST 500
#define PARAMETERS 3

/* The points and where the fit stands: parameters alpha, beta, gamma. */
typedef struct Fit {
    const double *n, *x;
    guint count;
    double at[PARAMETERS];
} Fit;

static double predict(const double *at, double n)
{
    return at[2] * n / (1 + at[0] * (n - 1) + at[1] * n * (n - 1));
}

static double squares(const Fit *fit, const double *at)
{
    double sum = 0;

    for (guint i = 0; i < fit->count; i++) {
        double off = fit->x[i] - predict(at, fit->n[i]);

        sum += off * off;
    }
    return sum;
}

/* Normal equations: J'J and J'r at the present place. */
static void set_up(const Fit *fit, double matrix[PARAMETERS][PARAMETERS], double *right)
{
    for (guint i = 0; i < PARAMETERS; i++) {
        right[i] = 0;
        for (guint k = 0; k < PARAMETERS; k++) {
            matrix[i][k] = 0;
        }
    }
    for (guint p = 0; p < fit->count; p++) {
        double n = fit->n[p];
        double below = 1 + fit->at[0] * (n - 1) + fit->at[1] * n * (n - 1);
        double value = fit->at[2] * n / below;
        double slope[PARAMETERS] = {-value * (n - 1) / below, -value * n * (n - 1) / below,
                                    n / below};

        for (guint i = 0; i < PARAMETERS; i++) {
            right[i] += slope[i] * (fit->x[p] - value);
            for (guint k = 0; k < PARAMETERS; k++) {
                matrix[i][k] += slope[i] * slope[k];
            }
        }
    }
}

/* Whether a parameter stands at its limit of 0 and would fall below it. */
static bool is_bound(const Fit *fit, guint i, const double *right)
{
    return i < 2 && fit->at[i] <= 0 && right[i] < 0;
}

/* One step of Levenberg and Marquardt with weight `damping`; false when it leads nowhere. */
static bool step(const Fit *fit, double damping, double *to)
{
    double matrix[PARAMETERS][PARAMETERS];
    double right[PARAMETERS];
    double move[PARAMETERS] = {0};

    set_up(fit, matrix, right);
    for (guint i = 0; i < PARAMETERS; i++) {
        if (is_bound(fit, i, right)) {
            for (guint k = 0; k < PARAMETERS; k++) {
                matrix[i][k] = matrix[k][i] = 0;
            }
            matrix[i][i] = 1;
            right[i] = 0;
        }
        matrix[i][i] *= 1 + damping;
    }
    gsl_matrix_view a = gsl_matrix_view_array(&matrix[0][0], PARAMETERS, PARAMETERS);
    gsl_vector_view b = gsl_vector_view_array(right, PARAMETERS);
    gsl_vector_view x = gsl_vector_view_array(move, PARAMETERS);

    if (!(matrix[0][0] > 0 && matrix[1][1] > 0 && matrix[2][2] > 0)) {
        return false;
    }
    gsl_linalg_HH_solve(&a.matrix, &b.vector, &x.vector);
    for (guint i = 0; i < PARAMETERS; i++) {
        to[i] = fmax(fit->at[i] + move[i], 0);
    }
    return isfinite(to[0]) && isfinite(to[1]) && isfinite(to[2]);
}

static void climb_down(Fit *fit)
{
    double damping = 1e-3;
    double now = squares(fit, fit->at);

    for (guint i = 0; i < STEPS_MOST && damping < 1e12; i++) {
        double to[PARAMETERS] = {0};
        double next = step(fit, damping, to) ? squares(fit, to) : (double)INFINITY;

        if (next <= now) {
            bool is_still = to[0] == fit->at[0] && to[1] == fit->at[1] && to[2] == fit->at[2];

            for (guint k = 0; k < PARAMETERS; k++) {
                fit->at[k] = to[k];
            }
            now = next;
            damping = fmax(damping / 10, 1e-15);
            if (is_still) {
                return;
            }
        } else {
            damping *= 10;
        }
    }
}

/* Standard errors from the inverse of J'J at the end. */
static void find_errors(const Fit *fit, Usl *usl)
{
    double matrix[PARAMETERS][PARAMETERS];
    double right[PARAMETERS];
    double *errors[PARAMETERS] = {&usl->alpha_error, &usl->beta_error, &usl->gamma_error};

    set_up(fit, matrix, right);
    usl->degrees = fit->count - PARAMETERS;
    usl->residual = sqrt(squares(fit, fit->at) / usl->degrees);
    for (guint i = 0; i < PARAMETERS; i++) {
        double copy[PARAMETERS][PARAMETERS];
        double unit[PARAMETERS] = {0};
        double column[PARAMETERS];

        for (guint k = 0; k < PARAMETERS * PARAMETERS; k++) {
            copy[k / PARAMETERS][k % PARAMETERS] = matrix[k / PARAMETERS][k % PARAMETERS];
        }
        unit[i] = 1;
        gsl_matrix_view a = gsl_matrix_view_array(&copy[0][0], PARAMETERS, PARAMETERS);
        gsl_vector_view b = gsl_vector_view_array(unit, PARAMETERS);
        gsl_vector_view x = gsl_vector_view_array(column, PARAMETERS);

        gsl_linalg_HH_solve(&a.matrix, &b.vector, &x.vector);
        *errors[i] = usl->residual * sqrt(fmax(column[i], 0));
    }
}

bool usl_fit(const double *n, const double *throughput, guint count, Usl *usl)
{
    Fit fit = {.n = n, .x = throughput, .count = count, .at = {0.01, 1e-4, 0}};

    for (guint i = 0; i < count; i++) {
        if (!(n[i] > 0) || !(throughput[i] > 0)) {
            return false;
        }
        fit.at[2] = fmax(fit.at[2], throughput[i] / n[i]);
    }
    if (count <= PARAMETERS || n[0] == n[count - 1]) {
        return false;
    }
    climb_down(&fit);
    *usl = (Usl){.alpha = fit.at[0], .beta = fit.at[1], .gamma = fit.at[2]};
    find_errors(&fit, usl);
    usl->peak =
        usl->beta > 0 && usl->alpha < 1 ? sqrt((1 - usl->alpha) / usl->beta) : (double)INFINITY;
    usl->peak_rate = isfinite(usl->peak) ? predict(fit.at, usl->peak) : usl->gamma / usl->alpha;
    return true;
}

bool usl_has_peak(const Usl *usl)
{
    return isfinite(usl->peak) && usl->beta > 2 * usl->beta_error;
}

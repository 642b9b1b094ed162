/* solve.c - see solve.h. */
#include "sim/theory/solve.h"

#include <math.h>

#include "sim/base/fixed_math.h"

#define HALVINGS_MOST 200
#define DEPTH_MOST 48
#define DOUBLINGS_MOST 1100

/* --- roots ---------------------------------------------------------------------------------- */

double solve_between(TheoryFunction *function, const void *context, double low, double high)
{
    for (guint i = 0; i < HALVINGS_MOST; i++) {
        double middle = low + (high - low) / 2;

        if (middle <= low || middle >= high) {
            break;
        }
        if (function(middle, context) >= 0) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low + (high - low) / 2;
}

double solve_falling(TheoryFunction *function, const void *context, double low, double high)
{
    double width = high - low;

    for (guint i = 0; i < DOUBLINGS_MOST && function(low + width, context) >= 0; i++) {
        width *= 2;
    }
    return solve_between(function, context, low, low + width);
}

/* --- integrals ------------------------------------------------------------------------------ */

/* A stretch with the function at its ends and middle, and Simpson's rule over it. */
typedef struct Stretch {
    double low, high, at_low, at_middle, at_high, area;
} Stretch;

static double simpson(const Stretch *stretch)
{
    return (stretch->high - stretch->low) / 6 *
           (stretch->at_low + 4 * stretch->at_middle + stretch->at_high);
}

static double refine(TheoryFunction *function, const void *context, Stretch whole, double error,
                     guint depth)
{
    double middle = (whole.low + whole.high) / 2;
    Stretch left = {whole.low,       middle,
                    whole.at_low,    function((whole.low + middle) / 2, context),
                    whole.at_middle, 0};
    Stretch right = {middle,          whole.high,
                     whole.at_middle, function((middle + whole.high) / 2, context),
                     whole.at_high,   0};
    double difference;

    left.area = simpson(&left);
    right.area = simpson(&right);
    difference = left.area + right.area - whole.area;
    if (depth == 0 || fabs(difference) <= 15 * error) {
        return left.area + right.area + difference / 15;
    }
    return refine(function, context, left, error / 2, depth - 1) +
           refine(function, context, right, error / 2, depth - 1);
}

/* In 64 parts first: no feature of a distribution is so narrow that all of their points miss it. */
double solve_integral(TheoryFunction *function, const void *context, double low, double high,
                      double scale)
{
    const guint parts = 64;
    double sum = 0;

    for (guint i = 0; i < parts && high > low; i++) {
        double begin = low + (high - low) * i / parts, end = low + (high - low) * (i + 1) / parts;
        Stretch stretch = {begin,
                           end,
                           function(begin, context),
                           function((begin + end) / 2, context),
                           function(end, context),
                           0};

        stretch.area = simpson(&stretch);
        sum += refine(function, context, stretch, 1e-13 * scale, DEPTH_MOST);
    }
    return sum;
}

/* --- functions ------------------------------------------------------------------------------ */

/* Source: W. Kahan: the rounding of 1 + x cancels in the quotient. */
double solve_log1p(double x)
{
    double sum = 1 + x;

    return sum == 1 ? x : fixed_log(sum) * x / (sum - 1);
}

double solve_expm1(double x)
{
    double term = x, sum = x;

    if (fabs(x) > 0.5) {
        return fixed_exp(x) - 1;
    }
    for (guint i = 2; i < 30 && fabs(term) > 1e-18 * fabs(sum); i++) {
        term *= x / i;
        sum += term;
    }
    return sum;
}

double solve_mean_decay(double x)
{
    return x == 0 ? 1 : -solve_expm1(-x) / x;
}

double solve_second_decay(double x)
{
    double term = 1, sum = 0;

    if (fabs(x) > 1) {
        return (1 - (1 + x) * fixed_exp(-x)) / (x * x);
    }
    for (guint i = 0; i < 30; i++) { /* sum of (-x)^i (i + 1) / (i + 2)! */
        term = i == 0 ? 0.5 : term * -x * (i + 1) / ((double)i * (i + 2));
        sum += term;
    }
    return sum;
}

/* --- chains and equations ------------------------------------------------------------------- */

double *solve_birth_death(TheoryFunction *up, TheoryFunction *down, const void *context, guint last)
{
    double *weights = g_new0(double, last + 1);
    double most = 0, sum = 0;

    for (guint n = 1; n <= last; n++) { /* logarithms first */
        weights[n] = weights[n - 1] + fixed_log(up(n - 1, context) / down(n, context));
        most = fmax(most, weights[n]);
    }
    for (guint n = 0; n <= last; n++) {
        weights[n] = fixed_exp(weights[n] - most);
        sum += weights[n];
    }
    for (guint n = 0; n <= last; n++) {
        weights[n] /= sum;
    }
    return weights;
}

static void swap_rows(double *matrix, double *right, guint size, guint one, guint other)
{
    double kept = right[one];

    right[one] = right[other];
    right[other] = kept;
    for (guint i = 0; i < size; i++) {
        kept = matrix[one * size + i];
        matrix[one * size + i] = matrix[other * size + i];
        matrix[other * size + i] = kept;
    }
}

bool solve_linear(double *matrix, double *right, guint size)
{
    for (guint column = 0; column < size; column++) {
        guint pivot = column;

        for (guint row = column + 1; row < size; row++) {
            if (fabs(matrix[row * size + column]) > fabs(matrix[pivot * size + column])) {
                pivot = row;
            }
        }
        if (fabs(matrix[pivot * size + column]) < 1e-12) {
            return false;
        }
        swap_rows(matrix, right, size, column, pivot);
        for (guint row = 0; row < size; row++) {
            double factor = matrix[row * size + column] / matrix[column * size + column];

            if (row != column && factor != 0) {
                for (guint i = column; i < size; i++) {
                    matrix[row * size + i] -= factor * matrix[column * size + i];
                }
                right[row] -= factor * right[column];
            }
        }
    }
    for (guint row = 0; row < size; row++) {
        right[row] /= matrix[row * size + row];
    }
    return true;
}

/* --- how many of several -------------------------------------------------------------------- */

double solve_at_least(const double *probabilities, guint count, guint need)
{
    g_autofree double *exactly = g_new0(double, count + 1);
    double sum = 0;

    exactly[0] = 1;
    for (guint i = 0; i < count; i++) {
        for (guint k = i + 1; k > 0; k--) {
            exactly[k] = exactly[k] * (1 - probabilities[i]) + exactly[k - 1] * probabilities[i];
        }
        exactly[0] *= 1 - probabilities[i];
    }
    for (guint k = count + 1; k > need; k--) {
        sum += exactly[k - 1];
    }
    return sum;
}

double solve_binomial(guint count, double p, guint first, guint last)
{
    double sum = 0;

    for (guint k = first; k <= last && k <= count; k++) {
        double term = 1;

        for (guint i = 0; i < count; i++) { /* in an order that stays near 1 */
            term *= i < k ? p * (count - i) / (k - i) : 1 - p;
        }
        sum += term;
    }
    return sum;
}

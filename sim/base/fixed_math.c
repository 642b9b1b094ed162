/* fixed_math.c - log, exp and quantiles from nothing but + - * / sqrt and integer work. */
#include "sim/base/fixed_math.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* ln 2 in two parts; the first has so many zero bits that k * LN2_HIGH is exact for |k| < 2^20. */
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define INVERSE_LN2 1.44269504088896338700e+00

static uint64_t bits_of(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof(bits));
    return bits;
}

static double double_of(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* x = m 2^k with m from sqrt(1/2) to sqrt(2), f = m - 1, s = f / (2 + f), and
 * log m = f - f^2/2 + s (f^2/2 + R(s^2)). Coefficients of R: fdlibm, e_log.c (Sun, 1993). */
double fixed_log(double x)
{
    int64_t exponent = 0;
    uint64_t bits;
    double k;
    double f;
    double s;
    double z;
    double w;
    double even;
    double odd;
    double half_square;

    g_assert(x > 0 && x <= 0x1.fffffffffffffp1023);
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        exponent = -54;
    }
    /* The offset moves the cut between two octaves from 1 to sqrt(2). */
    bits = bits_of(x) + (UINT64_C(0x3ff0000000000000) - UINT64_C(0x3fe6a09e00000000));
    exponent += (int64_t)(bits >> 52) - 1023;
    bits = (bits & UINT64_C(0x000fffffffffffff)) + UINT64_C(0x3fe6a09e00000000);
    f = double_of(bits) - 1;
    k = (double)exponent;
    s = f / (2 + f);
    z = s * s;
    w = z * z;
    even = w * (3.999999999940941908e-01 +
                w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
    odd = z * (6.666666666666735130e-01 +
               w * (2.857142874366239149e-01 +
                    w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
    half_square = 0.5 * f * f;
    return k * LN2_HIGH - ((half_square - (s * (half_square + (even + odd)) + k * LN2_LOW)) - f);
}

/* x = k ln 2 + r with |r| <= ln(2)/2, and exp r = 1 + r + r c / (2 - c) with c = r - r^2 P(r^2).
 * Coefficients of P: fdlibm, e_exp.c (Sun, 1993). */
double fixed_exp(double x)
{
    int k;
    double high;
    double low;
    double r;
    double z;
    double c;
    double result;

    if (!(x <= 709.782712893383973096)) {
        return x > 0 ? INFINITY : x;
    }
    if (x < -745.13321910194110842) {
        return 0;
    }
    k = (int)(x * INVERSE_LN2 + (x < 0 ? -0.5 : 0.5));
    high = x - k * LN2_HIGH;
    low = k * LN2_LOW;
    r = high - low;
    z = r * r;
    c = r - z * (1.66666666666666019037e-01 +
                 z * (-2.77777777770155933842e-03 +
                      z * (6.61375632143793436117e-05 +
                           z * (-1.65339022054652515390e-06 + z * 4.13813679705723846039e-08))));
    result = 1 + (r * c / (2 - c) - low + high);
    if (k > 1023) {
        return result * 0x1p1023 * double_of((uint64_t)(k - 1023 + 1023) << 52);
    }
    if (k < -1021) { /* in two steps, so that what is below the normal numbers rounds once */
        return result * double_of((uint64_t)(k + 100 + 1023) << 52) * 0x1p-100;
    }
    return result * double_of((uint64_t)(k + 1023) << 52);
}

double fixed_pow(double x, double y)
{
    g_assert(x >= 0);
    if (y == 0 || x == 1) {
        return 1;
    }
    if (x == 0) {
        return y > 0 ? 0 : INFINITY;
    }
    return fixed_exp(y * fixed_log(x));
}

/* Horner's rule, the constant term first in `terms`. */
static double polynomial(const double terms[8], double x)
{
    double sum = terms[7];

    for (int i = 6; i >= 0; i--) {
        sum = sum * x + terms[i];
    }
    return sum;
}

double fixed_round(double x)
{
    int exponent;
    double mantissa = frexp(x, &exponent);

    return ldexp(round(ldexp(mantissa, 40)), exponent - 40);
}

/* Algorithm AS 241, routine PPND16 (Wichura, 1988): relative error about 1e-16. */
double fixed_normal_quantile(double u)
{
    static const double centre_over[8] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                          1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                          4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                          3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static const double centre_under[8] = {1.0,
                                           4.2313330701600911252e+1,
                                           6.8718700749205790830e+2,
                                           5.3941960214247511077e+3,
                                           2.1213794301586595867e+4,
                                           3.9307895800092710610e+4,
                                           2.8729085735721942674e+4,
                                           5.2264952788528545610e+3};
    static const double middle_over[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                          5.76949722146069140550e0,  3.64784832476320460504e0,
                                          1.27045825245236838258e0,  2.41780725177450611770e-1,
                                          2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double middle_under[8] = {1.0,
                                           2.05319162663775882187e0,
                                           1.67638483018380384940e0,
                                           6.89767334985100004550e-1,
                                           1.48103976427480074590e-1,
                                           1.51986665636164571966e-2,
                                           5.47593808499534494600e-4,
                                           1.05075007164441684324e-9};
    static const double far_over[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                       1.78482653991729133580e0,  2.96560571828504891230e-1,
                                       2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                       2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double far_under[8] = {1.0,
                                        5.99832206555887937690e-1,
                                        1.36929880922735805310e-1,
                                        1.48753612908506148525e-2,
                                        7.86869131145613259100e-4,
                                        1.84631831751005468180e-5,
                                        1.42151175831644588870e-7,
                                        2.04426310338993978564e-15};
    double q = u - 0.5;
    double r;
    double value;

    g_assert(u > 0 && u < 1);
    if (q >= -0.425 && q <= 0.425) {
        r = 0.180625 - q * q;
        return q * polynomial(centre_over, r) / polynomial(centre_under, r);
    }
    r = sqrt(-fixed_log(q < 0 ? u : 1 - u));
    if (r <= 5) {
        value = polynomial(middle_over, r - 1.6) / polynomial(middle_under, r - 1.6);
    } else {
        value = polynomial(far_over, r - 5) / polynomial(far_under, r - 5);
    }
    return q < 0 ? -value : value;
}

/* Stirling's series, reached by the recurrence from x >= 10 on: its first term left out is below
 * 1e-17 there. */
double fixed_log_gamma(double x)
{
    double product = 1;
    double z;
    double series;

    g_assert(x > 0 && x <= 1e300);
    for (; x < 10; x += 1) {
        product *= x;
    }
    z = 1 / (x * x);
    series = (1.0 / 12 +
              z * (-1.0 / 360 +
                   z * (1.0 / 1260 +
                        z * (-1.0 / 1680 +
                             z * (1.0 / 1188 + z * (-691.0 / 360360 +
                                                    z * (1.0 / 156 + z * (-3617.0 / 122400)))))))) /
             x;
    /* 0.918... is log(2 pi) / 2. */
    return (x - 0.5) * fixed_log(x) - x + 0.91893853320467274178 + series - fixed_log(product);
}

/* Both tails of the gamma distribution at x, and its density times x, which the two share. */
typedef struct GammaPoint {
    double below;
    double above;
    double density_x;
} GammaPoint;

/* The series for the lower tail below shape + 1, Lentz's continued fraction for the upper tail from
 * there on, so that the smaller tail keeps its relative accuracy. Source: Numerical Recipes,
 * section 6.2. */
static GammaPoint gamma_at(double shape, double log_gamma, double x)
{
    GammaPoint point;

    point.density_x = fixed_exp(shape * fixed_log(x) - x - log_gamma);
    if (x < shape + 1) {
        double term = 1 / shape;
        double sum = term;

        for (double n = shape + 1; term > sum * 1e-17; n += 1) {
            term *= x / n;
            sum += term;
        }
        point.below = sum * point.density_x;
        point.above = 1 - point.below;
        return point;
    }
    {
        double b = x + 1 - shape;
        double c = 1e300;
        double d = 1 / b;
        double fraction = d;
        double step = 0;

        for (double n = 1; fabs(step - 1) > 1e-15 && n < 1e6; n += 1) {
            double a = -n * (n - shape);

            b += 2;
            d = 1 / (a * d + b);
            c = b + a / c;
            step = c * d;
            fraction *= step;
        }
        point.above = fraction * point.density_x;
        point.below = 1 - point.above;
    }
    return point;
}

/* Where the search begins: Wilson and Hilferty's cube of a normal; for small values, where the
 * lower tail is x^shape / Gamma(shape + 1), the inverse of that. */
static double gamma_first_guess(double shape, double log_gamma, double u)
{
    double spread = 1 / (9 * shape);
    double root = 1 - spread + fixed_normal_quantile(u) * sqrt(spread);
    double cube = shape * root * root * root;

    if (root > 0 && cube > 0.1 * shape && cube > 0.5) {
        return cube;
    }
    return fixed_exp((fixed_log(u) + log_gamma + fixed_log(shape)) / shape);
}

/* Newton's steps on log x against the log of the smaller tail, where the curve is nearly straight;
 * a step out of the bracket becomes a bisection. */
double fixed_gamma_quantile(double shape, double u)
{
    double log_gamma = fixed_log_gamma(shape);
    bool is_upper = u > 0.5;
    double goal = fixed_log(is_upper ? 1 - u : u);
    double low = -745;
    double high = 710;
    double y;

    g_assert(shape > 0 && u > 0 && u < 1);
    y = gamma_first_guess(shape, log_gamma, u);
    if (y < 1e-300) {
        return y; /* the power law is exact there */
    }
    y = fixed_log(y);
    for (int i = 0; i < 200; i++) {
        GammaPoint point = gamma_at(shape, log_gamma, fixed_exp(y));
        double tail = is_upper ? point.above : point.below;
        double miss = tail > 0 ? fixed_log(tail) - goal : -1e300;
        double step = tail > 0 ? miss * tail / point.density_x : 0;
        double next = is_upper ? y + step : y - step;

        if ((miss > 0) == is_upper) {
            low = y;
        } else {
            high = y;
        }
        if (!(next > low && next < high)) {
            next = low + (high - low) / 2;
        }
        if (fabs(next - y) < 1e-13) {
            return fixed_exp(next);
        }
        y = next;
    }
    return fixed_exp(y);
}

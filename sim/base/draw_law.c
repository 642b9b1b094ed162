/* draw_law.c - values, quantiles and moments of the laws. */
#include "sim/base/draw_law.h"

#include <math.h>
#include <string.h>

#include "sim/base/fixed_math.h"

/* The square root of 2 pi. */
#define ROOT_TWO_PI 2.50662827463100050242

#define LAW_ALIGNMENT 64 /* a cache line */

/* Halvings that leave no bit of a double undecided. */
enum { MOST_HALVINGS = 200 };

/* u for a branch is held this far from 0 and 1. */
#define LEAST_U 0x1p-60
#define MOST_U (1 - 0x1p-53)

static DrawLaw *law_new(LawKind kind, double first, double second)
{
    DrawLaw *law = g_aligned_alloc0(1, sizeof(DrawLaw), LAW_ALIGNMENT);

    g_atomic_ref_count_init(&law->owners);
    law->kind = kind;
    law->first = first;
    law->second = second;
    return law;
}

void law_release(DrawLaw *law)
{
    if (law == NULL || !g_atomic_ref_count_dec(&law->owners)) {
        return;
    }
    for (size_t i = 0; law->parts != NULL && i < law->count; i++) {
        law_release(law->parts[i]);
    }
    quantile_table_free(law->table);
    g_free(law->parts);
    g_free(law->values);
    g_free(law->bounds);
    g_free(law->text);
    g_aligned_free(law);
}

static double gamma_value(const void *data, double u, double upper, double *slope)
{
    const DrawLaw *law = data;
    double shape = law->second;
    double x = fixed_gamma_quantile(shape, u);

    (void)upper;
    *slope =
        x > 0 ? law->first * fixed_exp(fixed_log_gamma(shape) + x - (shape - 1) * fixed_log(x)) : 0;
    return law->first * x;
}

static double lognormal_value(const void *data, double u, double upper, double *slope)
{
    const DrawLaw *law = data;
    double z = fixed_normal_quantile(u);
    double value = fixed_exp(law->first + law->second * z);

    (void)upper;
    *slope = value * law->second * ROOT_TWO_PI * fixed_exp(z * z / 2);
    return value;
}

static double weibull_value(const void *data, double u, double upper, double *slope)
{
    const DrawLaw *law = data;
    double depth = -fixed_log(upper);
    double value = law->first * fixed_pow(depth, law->second);

    (void)u;
    *slope = value * law->second / (depth * upper);
    return value;
}

/* The part whose weights hold u, and u stretched over that part. */
static const DrawLaw *mixture_branch(const DrawLaw *law, double *u)
{
    double below = 0;
    size_t i = 0;

    if (*u < law->first_bound) {
        *u = CLAMP(*u / law->first_bound, LEAST_U, MOST_U);
        return law->first_part;
    }
    while (i + 1 < law->count && *u >= law->bounds[i]) {
        below = law->bounds[i++];
    }
    *u = CLAMP((*u - below) / (law->bounds[i] - below), LEAST_U, MOST_U);
    return law->parts[i];
}

static double empirical_value(const DrawLaw *law, double u)
{
    size_t low = 0;
    size_t high = law->count - 1;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (law->bounds[middle] >= u) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return law->values[low];
}

/* Many a law is read and never drawn from: its table is laid at the first draw. A law stays the
 * same to all who hold it. */
static const QuantileTable *lay_table(const DrawLaw *law)
{
    DrawLaw *own = (DrawLaw *)(uintptr_t)law;
    QuantileFunction *function = law->kind == LAW_GAMMA       ? gamma_value
                                 : law->kind == LAW_LOGNORMAL ? lognormal_value
                                                              : weibull_value;

    own->table = quantile_table_new(function, law, law->mean);
    return own->table;
}

double law_value(const DrawLaw *law, double u)
{
    const QuantileTable *table = law->table;
    double slope;

    if (table != NULL && u >= QUANTILE_TABLE_END && 1 - u >= QUANTILE_TABLE_END) {
        if (G_UNLIKELY(table == quantile_table_wanted)) {
            table = lay_table(law);
        }
        if (G_LIKELY(table != NULL)) {
            return quantile_table_value(table, u);
        }
    }
    switch (law->kind) {
    case LAW_CONSTANT:
        return law->first;
    case LAW_UNIFORM:
        return law->first + law->second * u;
    case LAW_EXPONENTIAL:
        return -law->first * fixed_log(1 - u);
    case LAW_GAMMA:
        return gamma_value(law, u, 1 - u, &slope);
    case LAW_LOGNORMAL:
        return lognormal_value(law, u, 1 - u, &slope);
    case LAW_WEIBULL:
        return weibull_value(law, u, 1 - u, &slope);
    case LAW_PARETO:
        return law->first * fixed_exp(-law->second * fixed_log(1 - u));
    case LAW_MIXTURE: {
        const DrawLaw *part = mixture_branch(law, &u);

        return law_value(part, u);
    }
    case LAW_EMPIRICAL:
        return empirical_value(law, u);
    case LAW_SHIFTED:
        return law->first + law_value(law->parts[0], u);
    case LAW_CLIPPED:
        return CLAMP(law_value(law->parts[0], u), law->first, law->second);
    }
    g_assert_not_reached();
}

/* P(X <= x), by halving: for set-up and reports, where a mixture has no inverse of its own. */
static double law_probability(const DrawLaw *law, double x)
{
    double low = 0;
    double high = 1;

    if (law->kind == LAW_MIXTURE) {
        double sum = 0;
        double below = 0;

        for (size_t i = 0; i < law->count; i++) {
            sum += (law->bounds[i] - below) * law_probability(law->parts[i], x);
            below = law->bounds[i];
        }
        return sum;
    }
    if (law->kind == LAW_SHIFTED) {
        return law_probability(law->parts[0], x - law->first);
    }
    if (law->kind == LAW_CLIPPED) {
        return x >= law->second ? 1 : x < law->first ? 0 : law_probability(law->parts[0], x);
    }
    for (int i = 0; i < MOST_HALVINGS && high - low > 0x1p-52 * low; i++) {
        double middle = low + (high - low) / 2;

        if (middle <= low || middle >= high) {
            break;
        }
        if (law_value(law, middle) <= x) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high >= 1 ? 1 : low;
}

/* The least x with P(X <= x) >= u: between the least and the greatest of the parts' quantiles. */
static double mixture_quantile(const DrawLaw *law, double u)
{
    double low = INFINITY;
    double high = -INFINITY;

    for (size_t i = 0; i < law->count; i++) {
        double value = law_quantile(law->parts[i], u);

        low = MIN(low, value);
        high = MAX(high, value);
    }
    for (int i = 0; i < MOST_HALVINGS; i++) {
        double middle = low + (high - low) / 2;

        if (middle <= low || middle >= high) {
            break;
        }
        if (law_probability(law, middle) >= u) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return high;
}

double law_quantile(const DrawLaw *law, double u)
{
    switch (law->kind) {
    case LAW_MIXTURE:
        return mixture_quantile(law, u);
    case LAW_SHIFTED:
        return law->first + law_quantile(law->parts[0], u);
    case LAW_CLIPPED:
        return CLAMP(law_quantile(law->parts[0], u), law->first, law->second);
    default:
        return law_value(law, u);
    }
}

double law_lowest(const DrawLaw *law)
{
    double lowest = INFINITY;

    switch (law->kind) {
    case LAW_CONSTANT:
    case LAW_UNIFORM:
    case LAW_PARETO:
    case LAW_CLIPPED:
        return law->first;
    case LAW_EMPIRICAL:
        return law->values[0];
    case LAW_SHIFTED:
        return law->first + law_lowest(law->parts[0]);
    case LAW_MIXTURE:
        for (size_t i = 0; i < law->count; i++) {
            lowest = MIN(lowest, law_lowest(law->parts[i]));
        }
        return lowest;
    default:
        return 0;
    }
}

/* First and second moment. */
typedef struct Moments {
    double first;
    double second;
} Moments;

/* Adds the integral of value and value^2 over u in from..to: Gauss and Legendre's five points. */
static void add_integral(const DrawLaw *law, double from, double to, Moments *moments)
{
    static const double places[] = {-0.90617984593866399280, -0.53846931010568309104, 0,
                                    0.53846931010568309104, 0.90617984593866399280};
    static const double weights[] = {0.23692688505618908751, 0.47862867049936646804,
                                     0.56888888888888888889, 0.47862867049936646804,
                                     0.23692688505618908751};
    double half = (to - from) / 2;

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        double value = law_value(law, from + half + half * places[i]);

        moments->first += half * weights[i] * value;
        moments->second += half * weights[i] * value * value;
    }
}

/* Moments of a law without parts whose values are held between low and high. Each octave towards
 * u = 0 and u = 1 is integrated in quarters; what lies beyond 2^-52 weighs nothing, as the values
 * are bounded. */
static Moments clipped_basic(const DrawLaw *law, double low, double high)
{
    double from = MAX(law_probability(law, low), 0x1p-52);
    double to = MIN(law_probability(law, high), 1 - 0x1p-52);
    Moments moments = {low * from + high * (1 - to), low * low * from + high * high * (1 - to)};

    for (int side = 0; side < 2; side++) {
        for (double outer = 0.5; outer >= 0x1p-52; outer /= 2) {
            for (int quarter = 0; quarter < 4; quarter++) {
                double near = outer / 2 * (1 + quarter / 4.0);
                double far = outer / 2 * (1 + (quarter + 1) / 4.0);
                double start = side == 0 ? near : 1 - far;
                double end = side == 0 ? far : 1 - near;

                start = MAX(start, from);
                end = MIN(end, to);
                if (start < end) {
                    add_integral(law, start, end, &moments);
                }
            }
        }
    }
    return moments;
}

static Moments clipped_moments(const DrawLaw *law, double low, double high)
{
    Moments moments = {0, 0};
    double below = 0;

    if (law->kind == LAW_SHIFTED) {
        moments = clipped_moments(law->parts[0], low - law->first, high - law->first);
        moments.second += law->first * (2 * moments.first + law->first);
        moments.first += law->first;
        return moments;
    }
    if (law->kind == LAW_CLIPPED) {
        return clipped_moments(law->parts[0], CLAMP(law->first, low, high),
                               CLAMP(law->second, low, high));
    }
    if (law->kind != LAW_MIXTURE && law->kind != LAW_EMPIRICAL) {
        return clipped_basic(law, low, high);
    }
    for (size_t i = 0; i < law->count; i++) {
        double weight = law->bounds[i] - below;
        Moments part = {0, 0};

        if (law->kind == LAW_MIXTURE) {
            part = clipped_moments(law->parts[i], low, high);
        } else {
            part.first = CLAMP(law->values[i], low, high);
            part.second = part.first * part.first;
        }
        moments.first += weight * part.first;
        moments.second += weight * part.second;
        below = law->bounds[i];
    }
    return moments;
}

DrawLaw *law_new_constant(double value)
{
    DrawLaw *law = law_new(LAW_CONSTANT, value, 0);

    law->mean = value;
    return law;
}

DrawLaw *law_new_uniform(double low, double high)
{
    DrawLaw *law = law_new(LAW_UNIFORM, low, high - low);

    law->mean = low + (high - low) / 2;
    law->variance = (high - low) * (high - low) / 12;
    return law;
}

DrawLaw *law_new_exponential(double mean)
{
    DrawLaw *law = law_new(LAW_EXPONENTIAL, mean, 0);

    law->mean = mean;
    law->variance = mean * mean;
    return law;
}

DrawLaw *law_new_gamma(double shape, double mean)
{
    DrawLaw *law = law_new(LAW_GAMMA, mean / shape, shape);

    law->mean = mean;
    law->variance = mean * mean / shape;
    law->table = quantile_table_wanted;
    return law;
}

DrawLaw *law_new_lognormal(double mu, double sigma)
{
    DrawLaw *law = law_new(LAW_LOGNORMAL, mu, sigma);

    law->mean = fixed_exp(mu + sigma * sigma / 2);
    law->variance = (fixed_exp(sigma * sigma) - 1) * law->mean * law->mean;
    law->table = quantile_table_wanted;
    return law;
}

DrawLaw *law_new_weibull(double shape, double scale)
{
    DrawLaw *law = law_new(LAW_WEIBULL, scale, 1 / shape);

    law->mean = scale * fixed_exp(fixed_log_gamma(1 + 1 / shape));
    law->variance =
        scale * scale * fixed_exp(fixed_log_gamma(1 + 2 / shape)) - law->mean * law->mean;
    law->table = quantile_table_wanted;
    return law;
}

DrawLaw *law_new_pareto(double least, double shape)
{
    DrawLaw *law = law_new(LAW_PARETO, least, 1 / shape);

    law->mean = shape > 1 ? shape * least / (shape - 1) : INFINITY;
    law->variance = shape > 2 ? law->mean * law->mean / (shape * (shape - 2)) : INFINITY;
    return law;
}

DrawLaw *law_new_shifted(double offset, DrawLaw *part)
{
    DrawLaw *law = law_new(LAW_SHIFTED, offset, 0);

    law->count = 1;
    law->parts = g_new(DrawLaw *, 1);
    law->parts[0] = part;
    law->mean = part->mean + offset;
    law->variance = part->variance;
    return law;
}

DrawLaw *law_new_clipped(double low, double high, DrawLaw *part)
{
    DrawLaw *law = law_new(LAW_CLIPPED, low, high);
    Moments moments = clipped_moments(part, low, high);

    law->count = 1;
    law->parts = g_new(DrawLaw *, 1);
    law->parts[0] = part;
    law->mean = moments.first;
    law->variance = MAX(0, moments.second - moments.first * moments.first);
    return law;
}

/* Fills the cumulative weights, ending in 1 exactly. */
static void set_bounds(DrawLaw *law, size_t count, const double *weights)
{
    double total = 0;
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        total += weights[i];
    }
    law->count = count;
    law->bounds = g_new(double, count);
    for (size_t i = 0; i < count; i++) {
        sum += weights[i];
        law->bounds[i] = sum / total;
    }
    law->bounds[count - 1] = 1;
}

/* Mean and variance out of those of weighted parts, where a value is a part without variance. */
static void set_mixed_moments(DrawLaw *law)
{
    double below = 0;

    for (size_t i = 0; i < law->count; i++) {
        double mean = law->parts != NULL ? law->parts[i]->mean : law->values[i];

        law->mean += (law->bounds[i] - below) * mean;
        below = law->bounds[i];
    }
    below = 0;
    for (size_t i = 0; i < law->count; i++) {
        double mean = law->parts != NULL ? law->parts[i]->mean : law->values[i];
        double variance = law->parts != NULL ? law->parts[i]->variance : 0;

        law->variance +=
            (law->bounds[i] - below) * (variance + (mean - law->mean) * (mean - law->mean));
        below = law->bounds[i];
    }
    if (isinf(law->mean)) {
        law->variance = INFINITY;
    }
}

DrawLaw *law_new_mixture(size_t count, DrawLaw *const *parts, const double *weights)
{
    DrawLaw *law = law_new(LAW_MIXTURE, 0, 0);

    set_bounds(law, count, weights);
    law->parts = g_new(DrawLaw *, count);
    memcpy(law->parts, parts, count * sizeof(DrawLaw *));
    law->first_part = parts[0];
    law->first_bound = law->bounds[0];
    set_mixed_moments(law);
    return law;
}

DrawLaw *law_new_empirical(size_t count, const double *values, const double *weights)
{
    DrawLaw *law = law_new(LAW_EMPIRICAL, 0, 0);

    set_bounds(law, count, weights);
    law->values = g_new(double, count);
    memcpy(law->values, values, count * sizeof(double));
    set_mixed_moments(law);
    return law;
}

DrawLaw *law_new_hyperexponential(double mean, double scv)
{
    double often = (1 + sqrt((scv - 1) / (scv + 1))) / 2;
    double weights[] = {often, 1 - often};
    DrawLaw *parts[] = {law_new_exponential(mean / (2 * often)),
                        law_new_exponential(mean / (2 * (1 - often)))};

    return law_new_mixture(2, parts, weights);
}

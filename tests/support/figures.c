/* figures.c - see figures.h. The distance from theory is Student's t of 19 degrees of freedom,
 * turned into the normal deviate z of the same probability. */
#include "tests/support/figures.h"

#include <check.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "sim/base/estimate.h"
#include "tests/support/theory.h"

typedef struct Before {
    double area;
    uint64_t count, other;
} Before;

typedef double Values[FIGURE_REPLICATIONS];

void figure_case_clear(FigureCase *test)
{
    g_free(test->queueing);
    *test = (FigureCase){.count = 0};
}

static Before look(const Assembly *assembly, const Figure *figure)
{
    Before before = {0};

    switch (figure->of) {
    case FIGURE_LEVEL:
        before.area = theory_gauge(assembly, figure->part, figure->metric).area;
        break;
    case FIGURE_SHARE:
        before.other = theory_counter(assembly, figure->other_part, figure->other);
        before.count = theory_counter(assembly, figure->part, figure->metric);
        break;
    case FIGURE_RATE:
        before.count = theory_counter(assembly, figure->part, figure->metric);
        break;
    case FIGURE_MEAN:
    case FIGURE_QUANTILE:
    case FIGURE_POSITIVE:
        histogram_reset(theory_histogram(assembly, figure->part, figure->metric));
        break;
    }
    return before;
}

static double of_histogram(const Figure *figure, const Histogram *histogram)
{
    switch (figure->of) {
    case FIGURE_MEAN:
        return histogram_mean(histogram) / (double)SIM_S;
    case FIGURE_POSITIVE:
        return (double)histogram_count_above(histogram, 0) / (double)histogram_count(histogram);
    default:
        return (double)histogram_quantile(histogram, figure->quantile) / (double)SIM_S;
    }
}

static double measure(const Assembly *assembly, const Figure *figure, Before before, SimSpan length)
{
    uint64_t count = 0, other = 0;

    if (figure->of == FIGURE_LEVEL) {
        return (theory_gauge(assembly, figure->part, figure->metric).area - before.area) /
               (double)length;
    }
    if (figure->of == FIGURE_RATE || figure->of == FIGURE_SHARE) {
        count = theory_counter(assembly, figure->part, figure->metric) - before.count;
    }
    if (figure->of == FIGURE_RATE) {
        return (double)count / sim_span_to_s(length);
    }
    if (figure->of == FIGURE_SHARE) {
        other = theory_counter(assembly, figure->other_part, figure->other) - before.other;
        return (double)count / (double)other;
    }
    return of_histogram(figure, theory_histogram(assembly, figure->part, figure->metric));
}

static void replicate(const FigureCase *test, const Theory *theory, uint64_t seed, int replication,
                      double length_s, Values *values)
{
    SimSpan warmup = sim_span_from_s(test->warmup_s), length = sim_span_from_s(length_s);
    g_autoptr(Assembly) assembly =
        theory_start(theory, rng_replication_seed(seed, (uint32_t)replication));
    Before before[FIGURES_MOST];

    engine_run(assembly->engine, warmup);
    for (int i = 0; i < test->count; i++) {
        before[i] = look(assembly, &test->figures[i]);
    }
    engine_run(assembly->engine, warmup + length);
    for (int i = 0; i < test->count; i++) {
        const Figure *figure = &test->figures[i];

        values[i][replication] =
            measure(assembly, figure, before[i], length) * figure->scale + figure->offset;
    }
}

static bool is_quantile(const Figure *figure)
{
    return figure->of == FIGURE_QUANTILE;
}

static double precision_asked(const FigureCase *test, const Figure *figure)
{
    return is_quantile(figure) ? 2 * test->precision : test->precision;
}

static FigureSeen seen_of(const FigureCase *test, const Figure *figure, const double *values)
{
    FigureSeen seen = {.mean = estimate_average(values, FIGURE_REPLICATIONS)};
    double error = sqrt(estimate_variance(values, FIGURE_REPLICATIONS) / FIGURE_REPLICATIONS);
    /* Buckets of a histogram are 0.8 % wide. */
    double slack = is_quantile(figure) ? 0.004 * figure->expected : 1e-9 * figure->expected;
    double distance = fmax(fabs(seen.mean - figure->expected) - slack, 0);

    seen.precision =
        estimate_student_factor(0.95, FIGURE_REPLICATIONS - 1) * error / fabs(figure->expected);
    if (error > 0) {
        double tail = gsl_cdf_tdist_Q(distance / error, FIGURE_REPLICATIONS - 1);

        seen.z = copysign(gsl_cdf_ugaussian_Qinv(tail), seen.mean - figure->expected);
    } else { /* nothing varied: what is always or never so, but for a millionth */
        seen.z = distance > 1e-6 * fabs(figure->expected) ? INFINITY : 0;
    }
    seen.is_good = fabs(seen.z) <= FIGURE_Z_MOST && seen.precision <= precision_asked(test, figure);
    return seen;
}

void figures_measure(const FigureCase *test, uint64_t seed, double length_s, FigureSeen *seen)
{
    g_autoptr(Theory) theory = theory_new(test->queueing, "0s", "1s");
    g_autofree char *text = diag_list_to_text(theory->diags);
    g_autofree Values *values = g_new0(Values, FIGURES_MOST);

    ck_assert_msg(theory->scenario != NULL, "%s: %s", test->name, text);
    for (int i = 0; i < FIGURE_REPLICATIONS; i++) {
        replicate(test, theory, seed, i, length_s, values);
    }
    for (int i = 0; i < test->count; i++) {
        seen[i] = seen_of(test, &test->figures[i], values[i]);
    }
}

double figures_lengthen(const FigureCase *test, const FigureSeen *seen)
{
    double most = 0;

    for (int i = 0; i < test->count; i++) {
        double times = seen[i].precision / precision_asked(test, &test->figures[i]);

        most = fmax(most, times * times);
    }
    return most;
}

/* test_queueing.c - networks of textbook queues against closed forms, through reader, assembly and
 * engine.
 * Each figure is the mean of 20 independent replications, cut after a warm-up. Its distance from
 * theory is measured in its own standard errors: t of 19 degrees of freedom, turned into the normal
 * deviate z of the same probability. Held: each |z| <= 3.5; each interval as narrow as asked for,
 * so that wide ones hide nothing; and all z together as a sample of the standard normal law. */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "sim/base/estimate.h"
#include "tests/support/queueing_cases.h"
#include "tests/support/suite.h"
#include "tests/support/theory.h"

#define SEED 20261122
#define REPLICATIONS 20
#define Z_MOST 3.5
#define FIGURES_MOST 256

/* What replications made of one figure. */
typedef struct Figure {
    const QueueingCase *of;
    const Expected *expected;
    double mean, precision, z;
} Figure;

typedef struct Before {
    double area;
    uint64_t count;
} Before;

/* Filled once, before the tests are forked. */
static Figure figures[FIGURES_MOST];
static int figure_count;

/* --- measuring ------------------------------------------------------------------------------
 */

static Before look(const Assembly *assembly, const Expected *expected)
{
    Before before = {0};

    switch (expected->what) {
    case LEVEL:
        before.area = theory_gauge(assembly, expected->part, expected->metric).area;
        break;
    case RATE:
        before.count = theory_counter(assembly, expected->part, expected->metric);
        break;
    case MEAN:
    case P95:
        histogram_reset(theory_histogram(assembly, expected->part, expected->metric));
        break;
    }
    return before;
}

static double measure(const Assembly *assembly, const Expected *expected, Before before,
                      SimSpan length)
{
    Histogram *histogram;

    switch (expected->what) {
    case LEVEL:
        return (theory_gauge(assembly, expected->part, expected->metric).area - before.area) /
               (double)length;
    case RATE:
        return (double)(theory_counter(assembly, expected->part, expected->metric) - before.count) /
               sim_span_to_s(length);
    case MEAN:
    case P95:
        break;
    }
    histogram = theory_histogram(assembly, expected->part, expected->metric);
    return (expected->what == MEAN ? histogram_mean(histogram)
                                   : (double)histogram_quantile(histogram, 0.95)) /
           (double)SIM_S;
}

static void replicate(const QueueingCase *test, const Theory *theory, uint32_t replication,
                      double values[EXPECTED_MOST][REPLICATIONS])
{
    const SimulationSettings *times = &theory->scenario->simulation;
    g_autoptr(Assembly) assembly = theory_start(theory, rng_replication_seed(SEED, replication));
    Before before[EXPECTED_MOST];

    engine_run(assembly->engine, times->warmup);
    for (int i = 0; i < EXPECTED_MOST && test->expected[i].part != NULL; i++) {
        before[i] = look(assembly, &test->expected[i]);
    }
    engine_run(assembly->engine, times->warmup + times->duration);
    for (int i = 0; i < EXPECTED_MOST && test->expected[i].part != NULL; i++) {
        values[i][replication] = measure(assembly, &test->expected[i], before[i], times->duration);
    }
}

static Figure figure_of(const QueueingCase *test, const Expected *expected, const double *values)
{
    double mean = estimate_average(values, REPLICATIONS);
    double error = sqrt(estimate_variance(values, REPLICATIONS) / REPLICATIONS);
    /* Buckets of a histogram are 0.8 % wide. */
    double slack = expected->what == P95 ? 0.004 * expected->value : 0;
    double distance = fmax(fabs(mean - expected->value) - slack, 0);
    double tail = gsl_cdf_tdist_Q(distance / error, REPLICATIONS - 1);

    return (Figure){test, expected, mean,
                    estimate_student_factor(0.95, REPLICATIONS - 1) * error / expected->value,
                    copysign(gsl_cdf_ugaussian_Qinv(tail), mean - expected->value)};
}

static void measure_all(void)
{
    for (const QueueingCase *test = queueing_cases; test->name != NULL; test++) {
        g_autoptr(Theory) theory = theory_new(test->queueing, test->warmup, test->duration);
        g_autofree char *text = diag_list_to_text(theory->diags);
        double values[EXPECTED_MOST][REPLICATIONS];

        ck_assert_msg(theory->scenario != NULL, "%s: %s", test->name, text);
        for (uint32_t i = 0; i < REPLICATIONS; i++) {
            replicate(test, theory, i, values);
        }
        for (int i = 0; i < EXPECTED_MOST && test->expected[i].part != NULL; i++) {
            ck_assert_int_lt(figure_count, FIGURES_MOST);
            figures[figure_count++] = figure_of(test, &test->expected[i], values[i]);
        }
    }
}

/* --- what must hold -------------------------------------------------------------------------
 */

static void print_figure(const Figure *figure)
{
    if (g_getenv("QUEUEING_FIGURES") != NULL) {
        printf("# %-24s %-18s %-20s %12.6g %12.6g  +-%4.1f %%  z %5.2f\n", figure->of->name,
               figure->expected->part, figure->expected->metric, figure->expected->value,
               figure->mean, 100 * figure->precision, figure->z);
    }
}

START_TEST(each_figure_is_what_theory_says)
{
    for (int i = 0; i < figure_count; i++) {
        const Figure *figure = &figures[i];

        if (figure->of != &queueing_cases[_i]) {
            continue;
        }
        print_figure(figure);
        ck_assert_msg(fabs(figure->z) <= Z_MOST, "%s: %s of %s is %g, theory says %g: z %.2f",
                      figure->of->name, figure->expected->metric, figure->expected->part,
                      figure->mean, figure->expected->value, figure->z);
        ck_assert_msg(figure->precision <= figure->of->precision,
                      "%s: %s of %s is known to %.1f %%, %.1f %% was asked for", figure->of->name,
                      figure->expected->metric, figure->expected->part, 100 * figure->precision,
                      100 * figure->of->precision);
    }
}
END_TEST

/* Figures of one case hang together, so that the sum of squares varies more than that of as many
 * independent ones; the band is that of a third of them. */
START_TEST(all_distances_look_standard_normal)
{
    double sum = 0, squares = 0, independent = figure_count / 3.0;
    int beyond_3 = 0;

    for (int i = 0; i < figure_count; i++) {
        sum += figures[i].z;
        squares += figures[i].z * figures[i].z;
        beyond_3 += fabs(figures[i].z) > 3;
    }
    ck_assert_int_ge(figure_count, 80);
    ck_assert_int_le(beyond_3, (figure_count + 99) / 100);
    ck_assert_double_le(fabs(sum / figure_count), 3 / sqrt(independent));
    ck_assert_double_ge(squares / figure_count,
                        gsl_cdf_chisq_Pinv(0.0005, independent) / independent);
    ck_assert_double_le(squares / figure_count,
                        gsl_cdf_chisq_Pinv(0.9995, independent) / independent);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("queueing");
    TCase *tests = tcase_create("queueing");
    int count = 0;

    while (queueing_cases[count].name != NULL) {
        count++;
    }
    tcase_add_unchecked_fixture(tests, measure_all, NULL);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, each_figure_is_what_theory_says, 0, count);
    tcase_add_test(tests, all_distances_look_standard_normal);
    suite_add_tcase(suite, tests);
    return suite;
}

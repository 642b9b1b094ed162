/* test_paired.c - whether one version is better than another, from pairs of replications. */
#include "sim/results/paired.h"

#include <math.h>
#include <string.h>

#include "sim/base/rng.h"
#include "tests/support/results_rig.h"
#include "tests/support/suite.h"

static PairedAsk ask_of(const double *before, const double *after, guint count)
{
    return (PairedAsk){.before = before,
                       .after = after,
                       .count = count,
                       .tolerance = 0.01,
                       .is_relative = true,
                       .is_smaller_better = true,
                       .confidence = 0.95};
}

/* Reference vector "two samples" of the simulation methodology. */
START_TEST(the_interval_is_that_of_the_reference)
{
    const double a[] = {12.1, 11.8, 12.4, 12.0, 12.3, 11.9, 12.2, 12.6};
    const double b[] = {12.9, 13.1, 12.5, 12.8, 13.4, 12.7, 13.0, 12.55};
    PairedAsk ask = ask_of(a, b, 8);
    PairedFigure figure = paired_compare(&ask);

    ck_assert_double_eq_tol(figure.comparison.difference.value, 0.70625, 1e-12);
    ck_assert_double_eq_tol(figure.comparison.difference.low, 0.32155220, 1e-8);
    ck_assert_double_eq_tol(figure.comparison.difference.high, 1.09094780, 1e-8);
    ck_assert_double_eq_tol(figure.comparison.p, 0.003391464575, 1e-11);
    ck_assert_int_eq(figure.verdict, COMPARISON_UNDECIDED); /* eight pairs are too few */
    ck_assert_uint_eq(figure.needed, 10);
}
END_TEST

#define PAIRS 30

/* Two sides that share `common` of their chance, the second one off by `shift`. */
static void draw_sides(Rng *rng, double common, double shift, double *before, double *after)
{
    for (guint i = 0; i < PAIRS; i++) {
        double both = common * rng_uniform(rng);

        before[i] = 10 + both + (1 - common) * rng_uniform(rng);
        after[i] = 10 + both + (1 - common) * rng_uniform(rng) + shift;
    }
}

START_TEST(each_of_the_four_verdicts_comes_where_it_must)
{
    static const struct {
        double common, shift;
        bool is_smaller_better;
        ComparisonVerdict verdict;
    } cases[] = {
        {0.99, 0.5, true, COMPARISON_WORSE},        {0.99, 0.5, false, COMPARISON_BETTER},
        {0.99, -0.5, true, COMPARISON_BETTER},      {0.99, -0.5, false, COMPARISON_WORSE},
        {0.99, 0.001, true, COMPARISON_EQUIVALENT}, {0.0, 0.1, true, COMPARISON_UNDECIDED},
    };
    double before[PAIRS];
    double after[PAIRS];

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Rng rng;

        rng_init(&rng, 4, "sides");
        draw_sides(&rng, cases[i].common, cases[i].shift, before, after);
        PairedAsk ask = ask_of(before, after, PAIRS);

        ask.is_smaller_better = cases[i].is_smaller_better;
        PairedFigure figure = paired_compare(&ask);

        ck_assert_msg(figure.verdict == cases[i].verdict, "case %u is %s", i,
                      paired_word(figure.verdict));
        ck_assert_int_eq(figure.needed > PAIRS, cases[i].verdict == COMPARISON_UNDECIDED);
        ck_assert(cases[i].common == 0 || figure.ratio > 100);
        ck_assert(figure.spread > 0.5 && figure.spread < 2);
    }
}
END_TEST

/* Sides in perfect step, of which one varies m times as much: (1 + m^2) / (1 - m)^2, 5 at 2. */
START_TEST(no_pairing_undoes_that_one_side_varies_more)
{
    static const double spreads[] = {0.5, 1.5, 2, 7};
    double before[PAIRS], after[PAIRS];

    for (guint i = 0; i < G_N_ELEMENTS(spreads); i++) {
        double spread = spreads[i];

        for (guint k = 0; k < PAIRS; k++) {
            before[k] = k % 5;
            after[k] = 3 + spread * before[k];
        }
        PairedAsk ask = ask_of(before, after, PAIRS);
        PairedFigure figure = paired_compare(&ask);

        ck_assert_double_eq_tol(figure.spread, spread, 1e-9);
        ck_assert_double_eq_tol(figure.ratio, (1 + spread * spread) / ((1 - spread) * (1 - spread)),
                                1e-6);
    }
}
END_TEST

#define MOST_PAIRS 400

/* What it says would decide does decide, more often than not, when so many are drawn anew. */
START_TEST(as_many_pairs_as_it_asks_for_are_about_enough)
{
    guint asked = 0;
    guint decided = 0;
    Rng rng;

    rng_init(&rng, 11, "needed");
    for (guint trial = 0; trial < 200; trial++) {
        double before[MOST_PAIRS];
        double after[MOST_PAIRS];
        PairedAsk ask = ask_of(before, after, 12);

        for (guint i = 0; i < MOST_PAIRS; i++) {
            before[i] = 10 + 0.6 * rng_uniform(&rng);
            after[i] = 10.12 + 0.6 * rng_uniform(&rng);
        }
        PairedFigure few = paired_compare(&ask);

        if (few.verdict == COMPARISON_UNDECIDED && few.needed <= MOST_PAIRS - 12) {
            ask = ask_of(before + 12, after + 12, few.needed);
            asked++;
            decided += paired_compare(&ask).verdict != COMPARISON_UNDECIDED;
        }
    }
    ck_assert_uint_gt(asked, 100);
    ck_assert_msg(2 * decided > asked, "%u of %u decided", decided, asked);
}
END_TEST

/* The same system under fresh seeds, 30 replications a side, laws with a tail: fewer than 1 in 100
 * alarms. */
START_TEST(a_version_is_hardly_ever_worse_or_better_than_itself)
{
    guint alarms = 0;
    guint checks = 4000;
    Rng rng;

    rng_init(&rng, 20261122, "a/a");
    for (guint k = 0; k < checks; k++) {
        double before[PAIRS];
        double after[PAIRS];

        for (guint i = 0; i < PAIRS; i++) {
            before[i] = -log(rng_uniform(&rng));
            after[i] = -log(rng_uniform(&rng));
        }
        PairedAsk ask = ask_of(before, after, PAIRS);

        ask.confidence = paired_confidence(0.95, 1);
        PairedFigure figure = paired_compare(&ask);

        alarms += figure.verdict == COMPARISON_BETTER || figure.verdict == COMPARISON_WORSE;
    }
    ck_assert_msg(alarms <= checks / 100, "%u alarms in %u checks", alarms, checks);
}
END_TEST

START_TEST(pairs_that_are_the_same_are_equivalent_however_few)
{
    const double a[] = {0.0, 3.0};
    PairedAsk ask = ask_of(a, a, 2);
    PairedFigure figure = paired_compare(&ask);
    g_autofree char *words = paired_describe(&figure);

    ck_assert_int_eq(figure.verdict, COMPARISON_EQUIVALENT);
    ck_assert_str_eq(words, "the same in each of 2 pairs");
}
END_TEST

/* Whole seconds of outage, say: a difference that never varies is no proof after three pairs. */
START_TEST(differences_that_do_not_vary_are_counted_as_signs)
{
    double before[PAIRS] = {0};
    double after[PAIRS];

    for (guint i = 0; i < PAIRS; i++) {
        after[i] = 1;
    }
    PairedAsk ask = ask_of(before, after, 10);

    ask.confidence = 0.9999;
    PairedFigure few = paired_compare(&ask);

    ask.count = PAIRS;
    PairedFigure many = paired_compare(&ask);

    ck_assert_int_eq(few.verdict, COMPARISON_UNDECIDED);
    ck_assert_int_eq(many.verdict, COMPARISON_WORSE);
}
END_TEST

START_TEST(what_one_side_did_not_measure_is_no_pair_and_is_told)
{
    double before[PAIRS];
    double after[PAIRS];
    Rng rng;

    rng_init(&rng, 5, "lost");
    draw_sides(&rng, 0.9, 0, before, after);
    after[3] = (double)NAN;
    before[4] = after[4] = (double)NAN;
    PairedAsk ask = ask_of(before, after, PAIRS);
    PairedFigure figure = paired_compare(&ask);
    g_autofree char *words = paired_describe(&figure);

    ck_assert_uint_eq(figure.pairs, PAIRS - 2);
    ck_assert_uint_eq(figure.lost, 1);
    ck_assert_ptr_nonnull(strstr(words, "1 replications measured it on one side only"));
}
END_TEST

/* --- campaigns ------------------------------------------------------------------------------ */

/* Latency of 100 ms times `factor`, off by the same in the same replication of every campaign. */
static ResultsRig *campaign(int runs, double factor)
{
    ResultsRig *rig = results_rig_new(runs, 5);

    for (int i = 0; i < runs; i++) {
        Rng rng;
        double off;

        rng_init(&rng, (uint64_t)i + 1, "latency");
        off = 1 + 0.3 * rng_uniform(&rng);
        for (int j = 0; j < 5; j++) {
            results_rig_users(rig, i, j, "Europe", "DC01", 1000, 1,
                              (SimSpan)(factor * off * 0.1 * (double)SIM_S));
        }
    }
    results_rig_open(rig);
    return rig;
}

static const PairedFigure *find_figure(const GPtrArray *metrics, const GArray *figures,
                                       const char *name, const char *aggregate)
{
    for (guint i = 0; i < metrics->len; i++) {
        const PairedMetric *metric = metrics->pdata[i];

        if (strcmp(metric->rule->metric, name) == 0 && strcmp(metric->aggregate, aggregate) == 0) {
            return &g_array_index(figures, PairedFigure, i);
        }
    }
    ck_abort_msg("no %s of %s", aggregate, name);
}

START_TEST(campaigns_are_compared_metric_by_metric)
{
    g_autoptr(ResultsRig) before = campaign(12, 1);
    g_autoptr(ResultsRig) after = campaign(12, 1.05);
    g_autoptr(GPtrArray) metrics = paired_metrics_list(before->results);
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) figures =
        paired_compare_all(before->results, after->results, metrics, 0.95, &error);

    g_assert_no_error(error);
    const PairedFigure *p99 = find_figure(metrics, figures, "http_req_duration", "p(99)");
    const PairedFigure *failed = find_figure(metrics, figures, "http_req_failed", "rate");

    ck_assert_int_eq(p99->verdict, COMPARISON_WORSE);
    ck_assert_double_gt(p99->ratio, 5);
    ck_assert(failed->is_same);
}
END_TEST

START_TEST(a_threshold_is_compared_on_the_side_of_its_limit)
{
    g_autoptr(ThresholdRule) rule =
        threshold_parse("http_req_duration{region:*}", "p(90) <= 1s", NULL, NULL);
    g_autoptr(ThresholdRule) equal = threshold_parse("outage_duration", "max==0s", NULL, NULL);
    g_autoptr(GPtrArray) metrics =
        g_ptr_array_new_with_free_func((GDestroyNotify)paired_metric_free);
    const PairedMetric *metric;

    paired_metrics_add(metrics, paired_metric_of_rule(rule, 0));
    paired_metrics_add(metrics, paired_metric_of_rule(rule, 0));
    paired_metrics_add(metrics, paired_metric_of_rule(equal, 0));
    ck_assert_uint_eq(metrics->len, 1);
    metric = metrics->pdata[0];
    ck_assert_str_eq(metric->aggregate, "p(90)");
    ck_assert(metric->is_smaller_better);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("paired");
    TCase *cases = tcase_create("paired");

    tcase_add_test(cases, the_interval_is_that_of_the_reference);
    tcase_add_test(cases, each_of_the_four_verdicts_comes_where_it_must);
    tcase_add_test(cases, as_many_pairs_as_it_asks_for_are_about_enough);
    tcase_add_test(cases, no_pairing_undoes_that_one_side_varies_more);
    tcase_add_test(cases, a_version_is_hardly_ever_worse_or_better_than_itself);
    tcase_add_test(cases, pairs_that_are_the_same_are_equivalent_however_few);
    tcase_add_test(cases, differences_that_do_not_vary_are_counted_as_signs);
    tcase_add_test(cases, what_one_side_did_not_measure_is_no_pair_and_is_told);
    tcase_add_test(cases, campaigns_are_compared_metric_by_metric);
    tcase_add_test(cases, a_threshold_is_compared_on_the_side_of_its_limit);
    suite_add_tcase(suite, cases);
    return suite;
}

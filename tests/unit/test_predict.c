/* test_predict.c - what was foretold beside what a campaign showed. */
#include <math.h>

#include "sim/run/predict.h"
#include "tests/support/results_rig.h"
#include "tests/support/suite.h"

#define DELAY "route53.health-changed{dc:DC03,to:unhealthy,fault:dc.outage,of:1}"

/* DC03 is lost at 5 s and found `seconds` later; 0: never. */
static void lose_and_find(ResultsRig *rig, int run, double seconds, uint64_t count)
{
    ResultsFault fault = {.run = run,
                          .name = "lose",
                          .func = "dc.outage",
                          .targets_text = "host@DC03-db1, host@DC03-db2",
                          .applied = 5 * SIM_S,
                          .lifted = SIM_NEVER,
                          .targets = 6,
                          .bit = 6};
    SimTime found = 5 * SIM_S + sim_span_from_s(seconds);
    ResultsOccurrence occurrence = {.run = run,
                                    .event = "route53.health-changed",
                                    .component = "route53",
                                    .label1 = "dc",
                                    .value1 = "DC03",
                                    .label2 = "to",
                                    .value2 = "unhealthy",
                                    .count = count,
                                    .first = found,
                                    .last = found + (count > 1 ? 2 * SIM_S : 0)};

    results_write_fault(rig->writer, &fault);
    if (seconds > 0) {
        results_write_occurrence(rig->writer, &occurrence);
    }
}

/* The only row for a prediction of the delay, compared in `rig`. */
static ResultsTheory compare(ResultsRig *rig, const char *event, double value, GStringChunk *texts,
                             guint *count)
{
    g_autoptr(Predictions) predictions = predictions_new();
    g_autoptr(GArray) rows = NULL;

    predictions_state(predictions, "dns-checkers", "interval=10", value, event, "delay");
    rows = predict_compare(predictions, results_rig_open(rig), 0.95, texts);
    *count = rows->len;
    return rows->len > 0 ? g_array_index(rows, ResultsTheory, 0) : (ResultsTheory){0};
}

START_TEST(a_delay_is_the_mean_of_the_replications)
{
    g_autoptr(ResultsRig) rig = results_rig_new(3, 60);
    g_autoptr(GStringChunk) texts = g_string_chunk_new(64);
    ResultsTheory row;
    guint count;

    for (int run = 0; run < 3; run++) {
        lose_and_find(rig, run, 11 + run, 1);
    }
    row = compare(rig, DELAY, 12.5, texts, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_double_eq_tol(row.observed, 12, 1e-9);
    ck_assert_double_eq_tol(row.high - row.observed, 4.302652730 / sqrt(3), 1e-6);
    ck_assert_int_eq(row.within, RESULTS_WITHIN);
    ck_assert_str_eq(row.family, "dns-checkers");
}
END_TEST

START_TEST(a_prediction_beyond_the_interval_lies_outside)
{
    g_autoptr(ResultsRig) rig = results_rig_new(3, 60);
    g_autoptr(GStringChunk) texts = g_string_chunk_new(64);
    guint count;

    for (int run = 0; run < 3; run++) {
        lose_and_find(rig, run, 11 + run, 1);
    }
    ck_assert_int_eq(compare(rig, DELAY, 15, texts, &count).within, RESULTS_OUTSIDE);
}
END_TEST

/* The late ones are missing: what came would be too early on average. */
START_TEST(a_delay_that_did_not_end_in_every_run_has_no_interval)
{
    g_autoptr(ResultsRig) rig = results_rig_new(3, 60);
    g_autoptr(GStringChunk) texts = g_string_chunk_new(64);
    ResultsTheory row;
    guint count;

    lose_and_find(rig, 0, 11, 1);
    lose_and_find(rig, 1, 12, 1);
    lose_and_find(rig, 2, 0, 0);
    row = compare(rig, DELAY, 12, texts, &count);
    ck_assert_int_eq(row.within, RESULTS_UNKNOWN);
    ck_assert(g_str_has_prefix(row.why, "did not come in every replication"));
}
END_TEST

START_TEST(other_numbers_of_events_and_other_faults_are_not_compared)
{
    static const char *const others[] = {
        "route53.health-changed{dc:DC03,to:unhealthy,fault:dc.outage,of:2}",
        "route53.health-changed{dc:DC03,to:unhealthy,fault:dc.isolate,of:1}",
        "route53.health-changed{dc:DC01,to:unhealthy,fault:dc.outage,of:1}",
        "route53.health-changed{dc:DC03,to:healthy,fault:dc.outage,of:1}",
    };

    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autoptr(ResultsRig) rig = results_rig_new(2, 60);
        g_autoptr(GStringChunk) texts = g_string_chunk_new(64);
        guint count;

        lose_and_find(rig, 0, 11, 1);
        lose_and_find(rig, 1, 12, 1);
        compare(rig, others[i], 12, texts, &count);
        ck_assert_uint_eq(count, 0);
    }
}
END_TEST

/* Two checks of one site: the mean of both. */
START_TEST(of_two_events_the_mean_counts)
{
    g_autoptr(ResultsRig) rig = results_rig_new(2, 60);
    g_autoptr(GStringChunk) texts = g_string_chunk_new(64);
    guint count;

    lose_and_find(rig, 0, 11, 2);
    lose_and_find(rig, 1, 13, 2);
    ck_assert_double_eq_tol(
        compare(rig, "route53.health-changed{dc:DC03,to:unhealthy,fault:dc.outage,of:2}", 12, texts,
                &count)
            .observed,
        13, 1e-9);
}
END_TEST

/* The fault is on one host, and the event is that of a component on another one. */
START_TEST(an_event_without_labels_is_known_by_its_node)
{
    static const struct {
        const char *event;
        guint rows;
    } foretold[] = {{"keepalived.master{node:DC03-two,on:DC03-one,fault:node.crash}", 1},
                    {"keepalived.master{node:DC03-one,on:DC03-one,fault:node.crash}", 0},
                    {"keepalived.master{node:DC03-two,on:DC03-two,fault:node.crash}", 0}};

    for (guint i = 0; i < G_N_ELEMENTS(foretold); i++) {
        g_autoptr(ResultsRig) rig = results_rig_new(1, 60);
        g_autoptr(GStringChunk) texts = g_string_chunk_new(64);
        ResultsTheory row;
        guint count;

        results_write_fault(rig->writer, &(ResultsFault){.name = "lose",
                                                         .func = "node.crash",
                                                         .targets_text = "host@DC03-one",
                                                         .applied = 5 * SIM_S,
                                                         .lifted = SIM_NEVER,
                                                         .targets = 1,
                                                         .bit = 1});
        results_write_occurrence(rig->writer,
                                 &(ResultsOccurrence){.event = "keepalived.master",
                                                      .component = "keepalived@DC03-two",
                                                      .node = "DC03-two",
                                                      .count = 1,
                                                      .first = 8 * SIM_S,
                                                      .last = 8 * SIM_S});
        row = compare(rig, foretold[i].event, 3.109, texts, &count);
        ck_assert_uint_eq(count, foretold[i].rows);
        ck_assert(count == 0 || fabs(row.observed - 3) < 1e-9);
    }
}
END_TEST

/* Answers change `seconds` after the loss at 5 s; from then on nobody is sent to DC03. */
static void lose_and_change(ResultsRig *rig, int run, double seconds)
{
    SimTime changed = 5 * SIM_S + sim_span_from_s(seconds);

    lose_and_find(rig, run, 1, 1);
    results_write_occurrence(rig->writer, &(ResultsOccurrence){.run = run,
                                                               .event = "route53.answers-changed",
                                                               .component = "route53",
                                                               .label1 = "dc",
                                                               .value1 = "DC03",
                                                               .label2 = "to",
                                                               .value2 = "unhealthy",
                                                               .count = 1,
                                                               .first = changed,
                                                               .last = changed});
    for (int second = 0; second < rig->seconds; second++) {
        results_write_sample(rig->writer, run, 0, 0, second * SIM_S, 100, 100);
        results_write_sample(rig->writer, run, 0, 1, second * SIM_S,
                             second < 5                 ? 0
                             : second * SIM_S < changed ? 100
                                                        : 40,
                             100);
    }
}

/* Counted from the fault, replications differ by when the answers changed; from the change on they
 * are alike. */
START_TEST(who_still_goes_there_is_counted_from_the_fault_or_from_the_new_answers)
{
    static const struct {
        const char *from;
        double share;
        bool is_sure;
    } rows[] = {{"after:10", 1, true},
                {"after:25", 0.7, false},
                {"after:40", 0.4, true},
                {"after_change:3", 0.4, true},
                {"after_change:20", 0.4, true}};

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ResultsRig) rig = results_rig_new(2, 60);
        g_autoptr(GStringChunk) texts = g_string_chunk_new(64);
        g_autoptr(Predictions) predictions = predictions_new();
        g_autoptr(GArray) found = NULL;
        g_autofree char *metric =
            g_strdup_printf("stale{%s,at:users/EU,dc:DC03,fault:dc.outage}", rows[i].from);
        const ResultsTheory *row;

        results_write_component(rig->writer, 0, "client@users/EU", "client", NULL, NULL, NULL,
                                "EU");
        results_write_metric(rig->writer, 0, "first_tries", "counter", "1", "All");
        results_write_metric(rig->writer, 1, "first_dark", "counter", "1", "To a dead host");
        lose_and_change(rig, 0, 15.4);
        lose_and_change(rig, 1, 31);
        predictions_state(predictions, "dns-caches", "t=1", 0.4, metric, "stale");
        found = predict_compare(predictions, results_rig_open(rig), 0.95, texts);
        ck_assert_uint_eq(found->len, 1);
        row = &g_array_index(found, ResultsTheory, 0);
        ck_assert_msg(fabs(row->observed - rows[i].share) < 1e-9, "%s: %g", rows[i].from,
                      row->observed);
        ck_assert_msg((row->high - row->low < 1e-9) == rows[i].is_sure, "%s", rows[i].from);
    }
}
END_TEST

/* Two nodes count 10 and 30 a second in one run, 20 and 40 in the other: 50 on average; work that
 * never came counts nothing, whatever it costs. */
static GArray *compare_work(double extra_a_second, double extra_cost_s, GStringChunk *texts)
{
    g_autoptr(ResultsRig) rig = results_rig_new(2, 20);
    g_autoptr(Predictions) predictions = predictions_new();

    results_write_metric(rig->writer, 0, "mutations", "counter", "1", "Writes");
    results_write_metric(rig->writer, 1, "utilisation", "gauge", "ratio", "Busy");
    results_write_metric(rig->writer, 2, "coordinated_cas", "counter", "1", "Others");
    for (int node = 0; node < 2; node++) {
        g_autofree char *name = g_strdup_printf("cassandra@DC01-db%d", node + 1);

        results_write_component(rig->writer, node, name, "cassandra", "DC01", "db", NULL, NULL);
    }
    for (int i = 0; i < 2 * 2 * 20; i++) {
        int run = i / 40, node = i / 20 % 2;
        SimTime time = i % 20 * SIM_S;

        results_write_sample(rig->writer, run, node, 0, time, 10 + 20 * node + 10 * run, 0);
        results_write_sample(rig->writer, run, node, 1, time, 0.2 + 0.1 * run, 0.3);
        if (extra_a_second > 0) {
            results_write_sample(rig->writer, run, node, 2, time, extra_a_second, 0);
        }
    }
    predictions_state(predictions, "utilisation law", "", 0.5, "utilisation{dc:DC01}", "avg");
    predictions_add_work(predictions, "mutations{dc:DC01,phase:baseline}", 0.01);
    predictions_add_work(predictions, "coordinated_cas{dc:DC01}", extra_cost_s);
    return predict_compare(predictions, results_rig_open(rig), 0.95, texts);
}

/* One replication whose hosts all have quiet neighbours agrees with itself, and lies below the mean
 * of all replications. */
START_TEST(what_a_replication_draws_once_widens_its_interval)
{
    g_autoptr(ResultsRig) rig = results_rig_new(1, 200);
    g_autoptr(Predictions) predictions = predictions_new();
    g_autoptr(GStringChunk) texts = g_string_chunk_new(64);
    g_autoptr(GArray) rows = NULL;
    const ResultsTheory *sure, *varied;

    results_write_metric(rig->writer, 0, "utilisation", "gauge", "ratio", "Busy");
    results_write_component(rig->writer, 0, "host@DC01-db1", "host", "DC01", "db", NULL, NULL);
    for (int second = 0; second < 200; second++) {
        results_write_sample(rig->writer, 0, 0, 0, second * SIM_S, 0.1 + 0.001 * (second % 3), 1);
    }
    predictions_state(predictions, "utilisation law", "", 0.104, "utilisation{dc:DC01}", "avg");
    predictions_state(predictions, "utilisation law", "", 0.104, "utilisation{dc:DC01}", "avg");
    predictions_vary(predictions, 0.05, "what neighbours take");
    rows = predict_compare(predictions, results_rig_open(rig), 0.95, texts);
    ck_assert_uint_eq(rows->len, 2);
    sure = &g_array_index(rows, ResultsTheory, 0);
    varied = &g_array_index(rows, ResultsTheory, 1);
    ck_assert_int_eq(sure->within, RESULTS_OUTSIDE);
    ck_assert_int_eq(varied->within, RESULTS_WITHIN);
    ck_assert_double_eq_tol(varied->high - varied->observed, 1.959964 * 0.05 * 0.104, 1e-6);
    ck_assert_ptr_nonnull(strstr(varied->why, "what neighbours take"));
}
END_TEST

/* httpd and WildFly on the same hosts. */
START_TEST(kinds_share_the_prediction_of_their_hosts)
{
    g_autoptr(Predictions) predictions = predictions_new();
    const Prediction *one;

    predictions_share(predictions, "utilisation law", "a: 1 us", "4 vCPUs", 0.25, "busy", "avg");
    predictions_add_work(predictions, "asked{kind:a}", 1e-6);
    predictions_state(predictions, "another law", "", 1, "busy", "avg");
    predictions_share(predictions, "utilisation law", "b: 2 us", "4 vCPUs", 0.25, "busy", "avg");
    predictions_add_work(predictions, "asked{kind:b}", 2e-6);
    ck_assert_uint_eq(predictions->list->len, 2);
    one = g_ptr_array_index(predictions->list, 0);
    ck_assert_str_eq(one->question, "b: 2 us; a: 1 us; 4 vCPUs");
    ck_assert_uint_eq(one->work->len, 2);
    ck_assert_double_eq(one->value, 0.25);
}
END_TEST

START_TEST(what_one_kind_withdraws_no_other_brings_back)
{
    g_autoptr(Predictions) predictions = predictions_new();

    predictions_share(predictions, "utilisation law", "a", "4 vCPUs", 0.25, "busy", "avg");
    predictions_withdraw(predictions);
    predictions_share(predictions, "utilisation law", "b", "4 vCPUs", 0.25, "busy", "avg");
    ck_assert_uint_eq(predictions->list->len, 1);
    ck_assert_double_nan(((const Prediction *)g_ptr_array_index(predictions->list, 0))->value);
}
END_TEST

START_TEST(work_is_what_was_counted_times_what_it_costs)
{
    g_autoptr(GStringChunk) texts = g_string_chunk_new(64);
    g_autoptr(GArray) without = compare_work(0, (double)NAN, texts);
    g_autoptr(GArray) with = compare_work(2, 0.1, texts);

    ck_assert_uint_eq(without->len, 1);
    ck_assert_double_eq_tol(g_array_index(without, ResultsTheory, 0).predicted, 0.25, 1e-9);
    ck_assert_double_eq_tol(g_array_index(without, ResultsTheory, 0).observed, 0.25, 1e-9);
    ck_assert_int_eq(g_array_index(without, ResultsTheory, 0).within, RESULTS_WITHIN);
    ck_assert_uint_eq(with->len, 1);
    ck_assert_double_eq_tol(g_array_index(with, ResultsTheory, 0).predicted, 0.45, 1e-9);
}
END_TEST

START_TEST(with_work_of_unknown_cost_nothing_is_foretold)
{
    g_autoptr(GStringChunk) texts = g_string_chunk_new(64);
    g_autoptr(GArray) rows = compare_work(2, (double)NAN, texts);

    ck_assert_uint_eq(rows->len, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("predict");
    TCase *tests = tcase_create("predict");

    tcase_add_test(tests, a_delay_is_the_mean_of_the_replications);
    tcase_add_test(tests, a_prediction_beyond_the_interval_lies_outside);
    tcase_add_test(tests, a_delay_that_did_not_end_in_every_run_has_no_interval);
    tcase_add_test(tests, other_numbers_of_events_and_other_faults_are_not_compared);
    tcase_add_test(tests, of_two_events_the_mean_counts);
    tcase_add_test(tests, an_event_without_labels_is_known_by_its_node);
    tcase_add_test(tests, who_still_goes_there_is_counted_from_the_fault_or_from_the_new_answers);
    tcase_add_test(tests, what_a_replication_draws_once_widens_its_interval);
    tcase_add_test(tests, kinds_share_the_prediction_of_their_hosts);
    tcase_add_test(tests, what_one_kind_withdraws_no_other_brings_back);
    tcase_add_test(tests, work_is_what_was_counted_times_what_it_costs);
    tcase_add_test(tests, with_work_of_unknown_cost_nothing_is_foretold);
    suite_add_tcase(suite, tests);
    return suite;
}

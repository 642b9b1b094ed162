/* test_closed_forms.c - which parts of a network of textbook queues are said to have a closed form,
 * which family answers, and that nothing is foretold where none applies. */
#include <math.h>
#include <string.h>

#include "sim/run/predict.h"
#include "tests/support/suite.h"
#include "tests/support/theory.h"

#define POISSON "'interarrival': 'exponential(mean=2s)'"
#define EXP "'service': 'exponential(mean=1s)'"
#define NODE                                                                                       \
    "{ 'servers': 1000, 'service': '1ns', 'breakdown': { 'up': 'exponential(mean=99s)', 'down': "  \
    "'exponential(mean=1s)', 'while_down': 'refuse' } }"
#define FORK(fork, more)                                                                           \
    "{ 'sources': { 'in': { " POISSON ", 'to': 'f' } }, 'forks': { 'f': { " fork " }" more " }, "  \
    "'stations': { 'h': { 'servers': 10000, 'service': 'shifted(500ms, exponential(mean=4s))' }, " \
    "'t': { 'servers': 10000, 'service': 'shifted(40s, exponential(mean=4s))' }, 'l': { "          \
    "'servers': 10000, 'service': 'shifted(500ms, lognormal(median=3s, sigma=0.8))' }, 'c': { "    \
    "'servers': 10000, 'service': 'shifted(60s, uniform(0s, 30s))' }, 'e': { 'servers': 10000, "   \
    "'service': 'exponential(mean=10s)' }, 'd': { 'servers': 10000, 'service': '30s', 'to': 'e' "  \
    "} } }"
#define TO_A(source, station)                                                                      \
    "{ 'sources': { 'in': { " source ", 'to': 'a' } }, 'stations': { 'a': { " station " } } }"

typedef struct Foretold {
    const char *queueing;
    const char *metric, *aggregate, *family; /* NULL family: nothing of this metric */
    double value;
} Foretold;

static const Foretold foretold[] = {
    {TO_A(POISSON, EXP), "station_wait{station:a}", "avg", "mm1", 1},
    {TO_A(POISSON, EXP), "station_sojourn{station:a}", "p(99)", "mm1", 9.21034037198},
    {TO_A(POISSON, EXP ", 'discipline': 'random'"), "station_wait{station:a}", "avg", "mm1", 1},
    {TO_A(POISSON, EXP ", 'discipline': 'random'"), "station_wait{station:a}", "p(99)", NULL, 0},
    {TO_A(POISSON, "'service': 'exponential(mean=3s)', 'servers': 2"), "station_busy{station:a}",
     "avg", "mmc", 0.75},
    {TO_A(POISSON, "'service': '1s'"), "station_wait{station:a}", "avg", "mg1", 0.5},
    {TO_A(POISSON, "'service': 'lognormal(mean=1s, scv=4)'"), "station_wait{station:a}", "avg",
     "mg1", 2.5},
    {TO_A(POISSON, "'service': 'lognormal(mean=1s, scv=4)'"), "station_wait{station:a}", "p(99)",
     NULL, 0},
    {TO_A(POISSON, "'service': 'weibull(shape=2, scale=1s)'"), "station_wait{station:a}", "avg",
     NULL, 0},
    {TO_A(POISSON, "'service': 'weibull(shape=2, scale=1s)'"), "station_busy{station:a}", "avg",
     "utilisation law", 0.443113462726},
    {TO_A(POISSON, "'service': 'lognormal(mean=1s, scv=4)', 'discipline': 'ps'"),
     "station_sojourn{station:a}", "avg", "ps", 2},
    {TO_A(POISSON, EXP ", 'room': 1"), "station_refused{station:a}", "rate", "mmck", 1.0 / 6},
    {TO_A(POISSON, EXP ", 'room': 1"), "station_wait{station:a}", "avg", "mmck", 0},
    {TO_A(POISSON, "'service': '1s', 'room': 1"), "station_busy{station:a}", "avg", NULL, 0},
    {TO_A(POISSON, EXP ", 'patience': 'exponential(mean=1s)'"), "station_in_system{station:a}",
     "avg", "impatience-exp", 0.5},
    {TO_A(POISSON, EXP ", 'patience': '2s'"), "station_throughput{station:a}", "rate",
     "timeout-fixed", 0.449357484806},
    {TO_A(POISSON, EXP ", 'patience': '2s', 'room': 4"), "station_throughput{station:a}", "rate",
     NULL, 0},
    {TO_A(POISSON, EXP ", 'balking': true"), "station_in_system{station:a}", "avg", "balking", 0.5},
    {TO_A(POISSON, EXP ", 'vacation': '2s'"), "station_wait{station:a}", "avg", "vacation", 2},
    {TO_A(POISSON, EXP ", 'breakdown': { 'up': 'exponential(mean=20s)', 'down': "
                       "'exponential(mean=5s)' }"),
     "station_sojourn{station:a}", "avg", "breakdown", 6},
    {TO_A(POISSON, EXP ", 'breakdown': { 'up': '20s', 'down': '5s' }"),
     "station_sojourn{station:a}", "avg", NULL, 0},
    {TO_A("'interarrival': '2s'", EXP), "station_wait{station:a}", "avg", "gm1", 0.255000974916},
    {TO_A("'interarrival': 'uniform(1s, 3s)'", EXP), "station_wait{station:a}", "avg", NULL, 0},
    {TO_A("'interarrival': 'exponential(mean=4s)', 'batch': 2", EXP), "station_sojourn{station:a}",
     "avg", "bulk-geometric", 4},
    {TO_A("'interarrival': 'exponential(mean=4s)', 'burst': { 'interarrival': "
          "'exponential(mean=2s)', 'usual': 'exponential(mean=9s)', 'lasts': "
          "'exponential(mean=9s)' }",
          EXP),
     "station_in_system{station:a}", "avg", "mmpp2-m1", 0.637804965478},
    /* twice what it can serve: nothing to foretell */
    {TO_A(POISSON, "'service': 'exponential(mean=4s)'"), "station_busy{station:a}", "avg", NULL, 0},

    /* Burke: what leaves an M/M/1 is Poisson, so that the second one's percentiles are known. */
    {"{ 'sources': { 'in': { " POISSON ", 'to': 'a' } }, 'stations': { 'a': { " EXP
     ", 'to': 'b' }, 'b': { " EXP " } } }",
     "station_wait{station:b}", "p(95)", "mm1", 4.60517018599},
    {"{ 'sources': { 'in': { " POISSON ", 'to': 'a' } }, 'stations': { 'a': { " EXP
     ", 'to': 'b' }, 'b': { " EXP " } } }",
     "journey{station:in}", "avg", "jackson", 4},
    /* What leaves an M/D/1 is not. */
    {"{ 'sources': { 'in': { " POISSON
     ", 'to': 'a' } }, 'stations': { 'a': { 'service': '1s', 'to': 'b' }, 'b': { " EXP " } } }",
     "station_wait{station:b}", "avg", NULL, 0},
    /* A way back is not Poisson: means, and no percentiles. */
    {"{ 'sources': { 'in': { 'interarrival': 'exponential(mean=4s)', 'to': 'a' } }, 'stations': { "
     "'a': { " EXP ", 'to': [ { 'station': 'a', 'probability': 0.5 }, { 'out': true, "
     "'probability': 0.5 } ] } } }",
     "station_wait{station:a}", "avg", "mm1", 1},
    {"{ 'sources': { 'in': { 'interarrival': 'exponential(mean=4s)', 'to': 'a' } }, 'stations': { "
     "'a': { " EXP ", 'to': [ { 'station': 'a', 'probability': 0.5 }, { 'out': true, "
     "'probability': 0.5 } ] } } }",
     "station_wait{station:a}", "p(99)", NULL, 0},

    {"{ 'sources': { 'in': { 'interarrival': 'exponential(mean=1s)', 'to': { 'balance': 'random', "
     "'among': ['a', 'b'] } } }, 'stations': { 'a': { " EXP " }, 'b': { " EXP " } } }",
     "station_wait{station:b}", "avg", "mm1", 1},
    {"{ 'sources': { 'in': { 'interarrival': 'exponential(mean=1s)', 'to': { 'balance': "
     "'round-robin', 'among': ['a', 'b'] } } }, 'stations': { 'a': { " EXP " }, 'b': { " EXP
     " } } }",
     "journey{station:in}", "avg", "balancer-rr", 1.61803398875},
    {"{ 'sources': { 'in': { 'interarrival': 'exponential(mean=1s)', 'to': { 'balance': "
     "'shortest', 'among': ['a', 'b'] } } }, 'stations': { 'a': { " EXP " }, 'b': { " EXP " } } }",
     "journey{station:in}", "avg", "power-of-d-finite", 1.42632075117},
    {"{ 'sources': { 'in': { 'interarrival': 'exponential(mean=1s)', 'to': { 'balance': "
     "'shortest', 'among': ['a', 'b'] } } }, 'stations': { 'a': { " EXP
     " }, 'b': { 'service': '1s' } } }",
     "journey{station:in}", "avg", NULL, 0},

    {"{ 'populations': { 'users': { 'customers': 50, 'think': '1s', 'to': 'a' } }, 'stations': { "
     "'a': { 'service': 'exponential(mean=10ms)', 'to': 'b' }, 'b': { 'service': "
     "'exponential(mean=8ms)', 'to': 'c' }, 'c': { 'service': 'exponential(mean=4ms)' } } }",
     "journey{station:users}", "avg", "mva", 0.036400239434},
    {"{ 'populations': { 'users': { 'customers': 50, 'think': '1s', 'to': 'a' } }, 'stations': { "
     "'a': { 'service': '10ms' } } }",
     "journey{station:users}", "avg", NULL, 0},

    {"{ 'sources': { 'in': { " POISSON
     ", 'to': 'f' } }, 'forks': { 'f': { 'to': ['r', 'r', 'r'], 'need': 2 } }, 'stations': { 'r': "
     "{ 'servers': 1000, " EXP " } } }",
     "fork_sojourn{station:f}", "avg", "kth-of-n", 5.0 / 6},
    {"{ 'sources': { 'in': { " POISSON
     ", 'to': 'f' } }, 'forks': { 'f': { 'to': ['a', 'b'] } }, 'stations': { 'a': { " EXP
     " }, 'b': { " EXP " } } }",
     "fork_sojourn{station:f}", "avg", "fork-join-2", 2.875},
    {"{ 'sources': { 'in': { " POISSON ", 'to': 'f' }, 'more': { " POISSON
     ", 'to': 'b' } }, 'forks': { 'f': { 'to': ['a', 'b'] } }, 'stations': { 'a': { " EXP
     " }, 'b': { 'service': 'exponential(mean=500ms)' } } }",
     "fork_sojourn{station:f}", "avg", NULL, 0},
    {"{ 'sources': { 'first': { 'interarrival': 'exponential(mean=4s)', 'priority': 1, 'to': 'a' "
     "}, 'others': { 'interarrival': 'exponential(mean=4s)', 'to': 'a' } }, 'stations': { 'a': { "
     "'discipline': 'priority', " EXP " } } }",
     "journey{station:first}", "avg", "priority-np", 1 + 0.5 / 0.75},
    {"{ 'sources': { 'in': { " POISSON ", 'to': 'a' } }, 'stations': { 'a': { 'room': 1, " EXP
     ", 'refused': 'o' }, 'o': { 'servers': 1000, 'service': 'exponential(mean=2s)', 'to': 'a' } } "
     "}",
     "journey{station:in}", "avg", "retrial", 4},
    {"{ 'sources': { 'in': { " POISSON ", 'to': 'q' } }, 'forks': { 'q': { 'to': ['x', 'y', 'z'], "
     "'need': 2 } }, 'stations': { 'x': " NODE ", 'y': " NODE ", 'z': " NODE " } }",
     "journeys_lost{station:in}", "rate", "availability", 0.5 * 0.000298},
    {FORK("'to': ['h', 'h', 'h', 't', 't', 't'], 'need': 4", ""), "fork_sojourn{station:f}", "avg",
     "quorum-mix", 41.3334876663},
    {FORK("'to': ['l', 'l', 'l'], 'need': 2", ""), "fork_sojourn{station:f}", "avg", NULL, 0},
    {FORK("'to': ['q', 'r']", ", 'q': { 'to': ['h', 'h', 'h'], 'need': 2 }, 'r': { 'to': ['t', "
                              "'t', 't'], 'need': 2 }"),
     "fork_sojourn{station:f}", "avg", "each-quorum", 43.3333333381},
    {FORK("'to': ['c', 'c', 'c', 'c', 'c', 'c', 'c', 'c', 'c', 'c', 'c', 'c', 'c', 'c', 'c', 'c'], "
          "'need': 14",
          ""),
     "fork_sojourn{station:f}", "avg", "dns-checkers", 84.7058823529},
    {FORK("'to': ['e', 'd'], 'need': 1", ""), "fork_sojourn{station:f}", "p(99)", "hedge-exp",
     38.0258509299},
    {FORK("'to': ['e', 'd'], 'need': 2", ""), "fork_sojourn{station:f}", "p(99)", NULL, 0},
    {"{ 'sources': { 'in': { " POISSON ", 'to': 'x' } }, 'stations': { 'x': " NODE " } }",
     "journeys_lost{station:in}", "rate", "availability", 0.005},
    {"{ 'sources': { 'in': { " POISSON ", 'to': 'q' } }, 'forks': { 'q': { 'to': ['x', 'x', 'z'], "
     "'need': 2 } }, 'stations': { 'x': " NODE ", 'z': " NODE " } }",
     "journeys_lost{station:in}", "rate", NULL, 0},
};

static Predictions *predictions_of(const char *queueing)
{
    g_autoptr(Theory) theory = theory_new(queueing, "0s", "1s");
    g_autofree char *text = diag_list_to_text(theory->diags);

    ck_assert_msg(theory->scenario != NULL, "%s", text);
    return predict(theory->scenario, all_kinds);
}

START_TEST(each_part_is_foretold_what_its_family_says_and_nothing_else)
{
    const Foretold *one = &foretold[_i];
    g_autoptr(Predictions) predictions = predictions_of(one->queueing);
    const Prediction *found = NULL;

    for (guint i = 0; i < predictions->list->len; i++) {
        const Prediction *prediction = g_ptr_array_index(predictions->list, i);

        if (strcmp(prediction->metric, one->metric) == 0 &&
            strcmp(prediction->aggregate, one->aggregate) == 0) {
            ck_assert_msg(found == NULL, "%s %s is foretold twice", one->metric, one->aggregate);
            found = prediction;
        }
    }
    ck_assert_msg((found != NULL) == (one->family != NULL), "%s: %s %s is %sforetold",
                  one->queueing, one->metric, one->aggregate, found != NULL ? "" : "not ");
    if (found != NULL) {
        ck_assert_str_eq(found->family, one->family);
        ck_assert_msg(fabs(found->value - one->value) <= 1e-9 * fmax(one->value, 1e-3),
                      "%s %s is %.12g, expected %.12g", one->metric, one->aggregate, found->value,
                      one->value);
    }
}
END_TEST

/* What is shown can be asked again: the question is a command line. */
START_TEST(each_question_gives_the_answer_again)
{
    const Foretold *one = &foretold[_i];
    g_autoptr(Predictions) predictions = predictions_of(one->queueing);

    for (guint i = 0; i < predictions->list->len; i++) {
        const Prediction *prediction = g_ptr_array_index(predictions->list, i);
        const TheoryFamily *family = theory_find(prediction->family);
        g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
        g_auto(GStrv) words = NULL;
        g_autoptr(GArray) answer = NULL;
        cJSON *params;

        if (family == NULL || strchr(prediction->question, '=') == NULL) {
            continue; /* a law in words */
        }
        ck_assert(g_shell_parse_argv(prediction->question, NULL, &words, NULL));
        params = theory_params((const char *const *)words, diags);
        answer = theory_solve(family, params, diags);
        cJSON_Delete(params);
        ck_assert_msg(answer != NULL, "%s %s", family->name, prediction->question);
    }
}
END_TEST

/* Interval 30 s, threshold 3, 14 of 16 checkers, 4 s for each try to connect. */
START_TEST(a_dead_site_is_seen_when_enough_checkers_agree)
{
    DiagList *diags = NULL;
    g_autoptr(Scenario) scenario =
        scenario_read("scenarios/drills/dc03-lost-dns-only.json", NULL, all_kinds, &diags);
    g_autoptr(Predictions) predictions = NULL;
    guint found = 0;

    ck_assert_ptr_nonnull(scenario);
    predictions = predict(scenario, all_kinds);
    for (guint i = 0; i < predictions->list->len; i++) {
        const Prediction *prediction = g_ptr_array_index(predictions->list, i);

        if (g_str_has_prefix(prediction->metric, "route53.health-changed{dc:DC03,to:unhealthy,"
                                                 "fault:dc.outage,")) {
            ck_assert_double_eq_tol(prediction->value, 30 * 14.0 / 17 + 2 * 34 + 4, 1e-9);
            ck_assert_str_eq(prediction->aggregate, "delay");
            found++;
        }
    }
    ck_assert_uint_eq(found, 1);
    diag_list_free(diags);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("closed_forms");
    TCase *tests = tcase_create("closed_forms");

    tcase_add_loop_test(tests, each_part_is_foretold_what_its_family_says_and_nothing_else, 0,
                        G_N_ELEMENTS(foretold));
    tcase_add_loop_test(tests, each_question_gives_the_answer_again, 0, G_N_ELEMENTS(foretold));
    tcase_add_test(tests, a_dead_site_is_seen_when_enough_checkers_agree);
    suite_add_tcase(suite, tests);
    return suite;
}

/* test_theory.c - the product's closed forms: against reference vectors, each computed twice (by a
 * formula and from the chain, by quadrature or by draws), and against each other where two families
 * describe the same queue by different means. */
#include <math.h>
#include <string.h>

#include "sim/config/json_place.h"
#include "sim/theory/theory.h"
#include "tests/support/suite.h"

#define VECTORS "tests/analytic/analytic-vectors.json"
#define VECTOR_COUNT 130

/* Plain arithmetic; others rest on roots, sums or chains. */
static const char *const elementary[] = {"mm1",
                                         "ps",
                                         "fork-join-2",
                                         "dns-failover",
                                         "dns-checkers",
                                         "dns-on-demand",
                                         "breakdown",
                                         "vacation",
                                         "retrial",
                                         "balking",
                                         "priority-np",
                                         "bulk-geometric",
                                         "hedge-exp",
                                         "fan-out",
                                         "rare-event",
                                         "error-budget",
                                         "headroom",
                                         "exhaustion",
                                         "retry-amplification",
                                         NULL};

static JsonDocument *vectors;

static void read_vectors(void)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);

    vectors = json_document_read(VECTORS, diags);
    ck_assert_ptr_nonnull(vectors);
    ck_assert_int_eq(cJSON_GetArraySize(vectors->root), VECTOR_COUNT);
}

static GArray *solve(const char *family, const cJSON *params)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    GArray *answer = theory_solve(theory_find(family), params, diags);
    g_autofree char *text = diag_list_to_text(diags);

    ck_assert_msg(answer != NULL, "%s: %s", family, text);
    return answer;
}

/* One figure for parameters in JSON in which ' stands for ". */
static double figure(const char *family, const char *name, const char *params)
{
    g_autofree char *text = g_strdelimit(g_strdup(params), "'", '"');
    cJSON *tree = cJSON_Parse(text);
    g_autoptr(GArray) answer = solve(family, tree);
    double value = theory_value(answer, name);

    cJSON_Delete(tree);
    ck_assert_msg(!isnan(value), "%s has no %s", family, name);
    return value;
}

static void check_near(double value, double expected, double tolerance, const char *what)
{
    double distance = fabs(value - expected);

    ck_assert_msg(distance <= tolerance * fabs(expected), "%s is %.12g, expected %.12g", what,
                  value, expected);
}

START_TEST(each_reference_vector_is_met)
{
    const cJSON *vector = cJSON_GetArrayItem(vectors->root, _i), *expected;
    const char *family = json_member(vector, "family")->valuestring;
    g_autoptr(GArray) answer = NULL;
    double tolerance = g_strv_contains(elementary, family) ? 1e-9 : 1e-6;

    ck_assert_msg(theory_find(family) != NULL, "no family '%s'", family);
    answer = solve(family, json_member(vector, "params"));
    cJSON_ArrayForEach(expected, json_member(vector, "expect"))
    {
        g_autofree char *what =
            g_strdup_printf("%s: %s", json_member(vector, "id")->valuestring, expected->string);

        check_near(theory_value(answer, expected->string), expected->valuedouble, tolerance, what);
    }
}
END_TEST

/* "dns-caches" is held against a published table and against draws by test_dns_caches.c. */
START_TEST(each_family_has_a_vector)
{
    for (guint i = 0; theory_families[i] != NULL; i++) {
        const cJSON *vector;
        bool is_found = strcmp(theory_families[i]->name, "dns-caches") == 0;

        cJSON_ArrayForEach(vector, vectors->root)
        {
            is_found = is_found || strcmp(json_member(vector, "family")->valuestring,
                                          theory_families[i]->name) == 0;
        }
        ck_assert_msg(is_found, "%s has none", theory_families[i]->name);
    }
}
END_TEST

START_TEST(each_family_is_described_and_its_example_works)
{
    for (guint i = 0; theory_families[i] != NULL; i++) {
        const TheoryFamily *family = theory_families[i];
        g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
        g_auto(GStrv) words = NULL;
        g_autofree char *page = theory_explain(family), *text = NULL;
        cJSON *params;

        field_check_table(family->fields, diags);
        ck_assert(g_shell_parse_argv(family->example, NULL, &words, NULL));
        params = theory_params((const char *const *)words, diags);
        g_autoptr(GArray) answer = theory_solve(family, params, diags);

        cJSON_Delete(params);
        text = diag_list_to_text(diags);
        ck_assert_msg(answer != NULL && *text == '\0', "%s: %s", family->name, text);
        ck_assert_ptr_nonnull(strstr(page, family->source));
        ck_assert_ptr_eq(theory_find(family->name), family);
    }
}
END_TEST

/* --- two ways to one figure ----------------------------------------------------------------- */

/* The same figure asked of two families. */
typedef struct Pair {
    const char *why;
    const char *family, *name, *params;
    const char *other, *other_name, *other_params;
    double factor, tolerance;
} Pair;

static const Pair pairs[] = {
    {"M/M/c of one server is M/M/1", "mmc", "W_p99", "{'lam':0.8,'mu':1,'c':1}", "mm1", "W_p99",
     "{'lam':0.8,'mu':1}", 1, 1e-12},
    {"much room is as good as no limit", "mmck", "Wq", "{'lam':3.2,'mu':1,'c':4,'K':400}", "mmc",
     "Wq", "{'lam':3.2,'mu':1,'c':4}", 1, 1e-10},
    {"M/G/1 with exponential work is M/M/1", "mg1", "Wq_p99", "{'rho':0.8,'dist':'exp','scv':1}",
     "mm1", "Wq_p99", "{'lam':0.8,'mu':1}", 1, 1e-10},
    {"Erlang work of one stage is exponential", "mg1", "sd_Wq",
     "{'rho':0.8,'dist':'erlang','scv':1}", "mg1", "sd_Wq", "{'rho':0.8,'dist':'exp','scv':1}", 1,
     1e-12},
    {"Erlang gaps of one stage are exponential", "gm1", "W_p99",
     "{'arrival':'E','par':1,'rho':0.8}", "mm1", "W_p99", "{'lam':0.8,'mu':1}", 1, 1e-10},
    {"hyperexponential gaps without spread are exponential", "gm1", "W",
     "{'arrival':'H2','par':1,'rho':0.9}", "mm1", "W", "{'lam':0.9,'mu':1}", 1, 1e-10},
    {"a network of one station is M/M/c", "jackson", "W_total",
     "{'external':[3.2],'routing':[[0]],'mu':[1],'servers':[4]}", "mmc", "W",
     "{'lam':3.2,'mu':1,'c':4}", 1, 1e-12},
    {"feedback by chance is more arrivals", "jackson", "L_total",
     "{'external':[0.4],'routing':[[0.5]],'mu':[1],'servers':[1]}", "mm1", "L",
     "{'lam':0.8,'mu':1}", 1, 1e-12},
    {"convolution and mean value analysis agree", "closed-multiserver", "X",
     "{'demands':[0.01,0.008,0.004],'servers':[1,1,1],'think':1,'N':120}", "mva", "X",
     "{'demands':[0.01,0.008,0.004],'think':1,'N':120}", 1, 1e-10},
    {"machines under repair are customers that think", "machine-repair", "mean_down",
     "{'machines':15,'crews':2,'fail_rate':0.02,'repair_rate':0.25}", "closed-multiserver", "Q_0",
     "{'demands':[4],'servers':[2],'think':50,'N':15}", 1, 1e-10},
    {"one group without a way is k of n", "quorum-mix", "p99",
     "{'groups':[{'count':15,'mean':4}],'k':8}", "kth-of-n", "p99", "{'n':15,'k':8,'mean':4}", 1,
     1e-10},
    {"the integral of what has not come is the mean", "quorum-mix", "mean",
     "{'groups':[{'count':15,'mean':4}],'k':8}", "kth-of-n", "mean", "{'n':15,'k':8,'mean':4}", 1,
     1e-10},
    {"each quorum of one group is a quorum", "each-quorum", "mean",
     "{'groups':[{'count':3,'shift':0.5,'mean':4}],'need':[2]}", "quorum-mix", "mean",
     "{'groups':[{'count':3,'shift':0.5,'mean':4}],'k':2}", 1, 1e-12},
    {"a hedge without delay is the first of two", "hedge-exp", "p99", "{'mean':1,'hedge_delay':0}",
     "kth-of-n", "p99", "{'n':2,'k':1,'mean':1}", 1, 1e-10},
    {"all of n are slow or not as any of n", "fan-out", "p_any_slow", "{'p_slow':0.3,'leaves':4}",
     "retry-amplification", "p_final_fail", "{'p_fail':0.7,'max_retries':3}", -1, 1e-12},
    {"looking at two of two is the shorter line", "power-of-d-finite", "W",
     "{'servers':2,'choices':2,'rho':0.8}", "balancer-2", "W_jsq", "{'rho':0.8}", 1, 1e-12},
    {"two by turns", "balancer-rr", "W_round_robin", "{'servers':2,'rho':0.8}", "balancer-2",
     "W_round_robin", "{'rho':0.8}", 1, 1e-12},
    {"failures that are over at once cost nothing", "breakdown", "W_fail_any_time",
     "{'lam':0.8,'scv_service':4,'failure_rate':1e-9,'mean_repair':1e-6,'scv_repair':1}", "mg1",
     "W", "{'rho':0.8,'dist':'lognormal','scv':4}", 1, 1e-9},
    {"pauses that are over at once cost nothing", "vacation", "Wq",
     "{'lam':0.8,'second_moment_service':2,'mean_vacation':1e-12,'scv_vacation':0}", "mm1", "Wq",
     "{'lam':0.8,'mu':1}", 1, 1e-9},
    {"who tries again at once waits as in a line", "retrial", "W",
     "{'lam':0.8,'mu':1,'retry_rate':1e12}", "mm1", "W", "{'lam':0.8,'mu':1}", 1, 1e-9},
    {"patience without end is no patience", "impatience-exp", "Lq",
     "{'lam':3.2,'mu':1,'c':4,'patience_rate':1e-11}", "mmc", "Lq", "{'lam':3.2,'mu':1,'c':4}", 1,
     1e-8},
    {"a timeout that is never reached is none", "timeout-fixed", "Wq_served",
     "{'lam':0.8,'mu':1,'timeout':300}", "mm1", "Wq", "{'lam':0.8,'mu':1}", 1, 1e-10},
    {"at load 1 a timeout has its limit", "timeout-fixed", "p_timeout",
     "{'lam':1,'mu':1,'timeout':2}", "timeout-fixed", "p_timeout",
     "{'lam':1.00000001,'mu':1,'timeout':2}", 1, 1e-7},
    {"who goes first waits only for who is in service", "priority-np", "Wq_high",
     "{'lam_high':1e-12,'lam_low':0.8,'mean_high':1,'mean_low':1}", "mm1", "p_wait",
     "{'lam':0.8,'mu':1}", 1, 1e-9},
    {"bursts of one rate are none", "mmpp2-m1", "L",
     "{'rate1':0.8,'rate2':0.8,'switch12':0.1,'switch21':0.2,'mu':1}", "mm1", "L",
     "{'lam':0.8,'mu':1}", 1, 1e-10},
    {"batches of one are customers", "bulk-geometric", "W",
     "{'batch_rate':0.8,'mean_batch':1,'mu':1}", "mm1", "W", "{'lam':0.8,'mu':1}", 1, 1e-12},
    {"one of one checker is one checker", "dns-checkers", "detect_mean",
     "{'interval':30,'threshold':3,'ttl':60,'checkers':1,'need_failed':1}", "dns-failover",
     "detect_mean", "{'interval':30,'threshold':3,'ttl':60}", 1, 1e-12},
};

START_TEST(two_families_agree_on_the_same_queue)
{
    const Pair *pair = &pairs[_i];
    double one = figure(pair->family, pair->name, pair->params);
    double other = figure(pair->other, pair->other_name, pair->other_params);

    check_near(one, pair->factor < 0 ? 1 - other : pair->factor * other, pair->tolerance,
               pair->why);
}
END_TEST

START_TEST(at_the_largest_rate_the_promise_just_holds)
{
    double rate = figure("slo-capacity", "max_rate",
                         "{'c':16,'mean_service':0.01,'quantile':0.999,'target':0.075}");
    g_autofree char *params = g_strdup_printf("{'lam':%.17g,'mu':100,'c':16}", rate);

    check_near(figure("mmc", "W_p999", params), 0.075, 1e-9, "W_p999");
}
END_TEST

/* More servers to pick from, and more looked at, never make it slower. */
START_TEST(looking_at_more_servers_is_never_slower)
{
    const double rhos[] = {0.1, 0.5, 0.8, 0.9};

    for (guint i = 0; i < G_N_ELEMENTS(rhos); i++) {
        double before = 1 / (1 - rhos[i]);

        for (int choices = 2; choices <= 3; choices++) {
            g_autofree char *params =
                g_strdup_printf("{'servers':3,'choices':%d,'rho':%g}", choices, rhos[i]);
            g_autofree char *line = g_strdup_printf("{'lam':%.17g,'mu':1,'c':3}", 3 * rhos[i]);
            double sojourn = figure("power-of-d-finite", "W", params);

            ck_assert_double_lt(sojourn, before);
            ck_assert_double_gt(sojourn, figure("mmc", "W", line));
            before = sojourn;
        }
    }
}
END_TEST

/* --- mistakes ------------------------------------------------------------------------------- */

typedef struct Mistake {
    const char *family, *params, *says;
} Mistake;

static const Mistake mistakes[] = {
    {"mmc", "{'lam':4,'mu':1,'c':4}", "unstable: the queue is offered 1 times"},
    {"mm1", "{'lam':-0.5,'mu':1}", "'lam' must lie from 1e-12 to 1e12"},
    {"mm1", "{'lamb':0.5,'mu':1}", "unknown field 'lamb'; did you mean 'lam'?"},
    {"mm1", "{'mu':1}", "'lam' is required"},
    {"mm1", "[1]", "the parameters of 'mm1' must be an object"},
    {"mmck", "{'lam':1,'mu':1,'c':4,'K':3}", "'K' counts those in service"},
    {"mg1", "{'rho':0.5,'dist':'det','scv':1}", "'scv' of 'det' is 0, not 1"},
    {"mg1", "{'rho':0.5,'dist':'h2','scv':0.5}", "'scv' of 'h2' is at least 1"},
    {"mg1", "{'rho':0.5,'dist':'erlang','scv':0.3}", "1 over a whole number"},
    {"mg1", "{'rho':0.5,'dist':'h2','scv':4,'p':0.5}", "'p' is 0.5, but from the other"},
    {"mg1", "{'rho':0.5,'dist':'normal','scv':1}", "'dist' must be one of"},
    {"ps", "{'rho':1.2}", "unstable: the server is offered 1.2 times"},
    {"gm1", "{'arrival':'E','par':2.5,'rho':0.8}", "whole number of stages"},
    {"gm1", "{'arrival':'E','par':2,'ca2':1,'rho':0.8}", "'ca2' is 1, but"},
    {"jackson", "{'external':[1,0],'routing':[[0,1],[1,0]],'mu':[9,9],'servers':[1,1]}",
     "somebody never leaves"},
    {"jackson", "{'external':[1,0],'routing':[[0,1],[0,0]],'mu':[0.5,0.5],'servers':[1,1]}",
     "unstable: station 1 is offered 2 times"},
    {"jackson", "{'external':[1],'routing':[[0,1]],'mu':[2],'servers':[1]}",
     "'routing' must be an array of 1 numbers"},
    {"jackson", "{'external':[1],'routing':[[0]],'mu':[2],'servers':[1.5]}",
     "item 0 of 'servers' must be a whole number"},
    {"mva", "{'demands':'x','think':1,'N':1}", "'demands' must be an array of 1 to 64 numbers"},
    {"kth-of-n", "{'n':3,'k':4,'mean':1}", "'k' is 4, but only 3 replies come"},
    {"quorum-mix", "{'groups':[{'count':3}],'k':2}", "item 0 of 'groups' needs 'mean'"},
    {"quorum-mix", "{'groups':[{'cuont':3,'mean':1}],'k':2}", "did you mean 'count'?"},
    {"quorum-mix", "{'groups':[{'count':3,'mean':1}],'k':4}", "'groups' have 3 replicas"},
    {"each-quorum", "{'groups':[{'count':3,'mean':1}],'need':[4]}",
     "item 0 of 'need' must be a whole number from 1 to 3"},
    {"fork-join-2", "{'rho':0.5,'branches':3}", "'branches' must lie from 2 to 2"},
    {"dns-checkers", "{'interval':30,'threshold':3,'ttl':60,'checkers':4,'need_failed':5}",
     "'need_failed' is 5 of only 4"},
    {"vacation", "{'lam':0.5,'second_moment_service':0.5,'mean_vacation':1,'scv_vacation':0}",
     "cannot be below the square"},
    {"balancer-2", "{'rho':0.9999999}", "too near 1"},
    {"headroom", "{'sites':2,'utilisation':0.5,'lost':2}", "no site of 2 is left"},
    {"exhaustion", "{'capacity':1,'current':2,'linear_per_month':1,'compound_per_month':0.1}",
     "beyond 'capacity' already"},
    {"slo-capacity", "{'c':1,'mean_service':1,'quantile':0.99,'target':2}",
     "no rate is small enough"},
    {"timeout-fixed", "{'lam':1000,'mu':1,'timeout':1000}", "'timeout' is too long"},
};

static char *messages_of(const char *family, const char *params)
{
    g_autofree char *text = g_strdelimit(g_strdup(params), "'", '"');
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    cJSON *tree = cJSON_Parse(text);
    g_autoptr(GArray) answer = theory_solve(theory_find(family), tree, diags);

    cJSON_Delete(tree);
    ck_assert_msg(answer == NULL, "%s answered %s", family, params);
    return diag_list_to_text(diags);
}

START_TEST(what_has_no_answer_is_refused_in_words)
{
    const Mistake *mistake = &mistakes[_i];
    g_autofree char *text = messages_of(mistake->family, mistake->params);

    ck_assert_msg(strstr(text, mistake->says) != NULL, "%s %s said: %s", mistake->family,
                  mistake->params, text);
}
END_TEST

START_TEST(all_mistakes_are_told_at_once)
{
    g_autofree char *text = messages_of("mmc", "{'lam':-1,'mu':'x','d':4}");

    ck_assert_ptr_nonnull(strstr(text, "'lam'"));
    ck_assert_ptr_nonnull(strstr(text, "'mu'"));
    ck_assert_ptr_nonnull(strstr(text, "'d'"));
    ck_assert_ptr_nonnull(strstr(text, "'c'"));
}
END_TEST

START_TEST(words_of_a_command_line_become_parameters)
{
    const char *const good[] = {"rho=0.8", "dist=h2", "scv=4", NULL};
    const char *const bad[] = {"rho", "=3", "scv=", "p=1", "p=2", NULL};
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    cJSON *params = theory_params(good, diags);
    g_autoptr(GArray) answer = theory_solve(theory_find("mg1"), params, diags);

    ck_assert_ptr_nonnull(answer);
    check_near(theory_value(answer, "Wq"), 10, 1e-12, "Wq");
    cJSON_Delete(params);
    params = theory_params(bad, diags);
    cJSON_Delete(params);
    ck_assert_uint_eq(diag_count_errors(diags), 4);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("theory");
    TCase *tests = tcase_create("theory");

    tcase_add_unchecked_fixture(tests, read_vectors, NULL);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, each_reference_vector_is_met, 0, VECTOR_COUNT);
    tcase_add_test(tests, each_family_has_a_vector);
    tcase_add_test(tests, each_family_is_described_and_its_example_works);
    tcase_add_loop_test(tests, two_families_agree_on_the_same_queue, 0, G_N_ELEMENTS(pairs));
    tcase_add_test(tests, at_the_largest_rate_the_promise_just_holds);
    tcase_add_test(tests, looking_at_more_servers_is_never_slower);
    tcase_add_loop_test(tests, what_has_no_answer_is_refused_in_words, 0, G_N_ELEMENTS(mistakes));
    tcase_add_test(tests, all_mistakes_are_told_at_once);
    tcase_add_test(tests, words_of_a_command_line_become_parameters);
    suite_add_tcase(suite, tests);
    return suite;
}

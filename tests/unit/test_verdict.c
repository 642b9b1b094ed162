/* test_verdict.c - what happened at all, and what checks come to together. */
#include "sim/results/verdict.h"

#include <math.h>
#include <string.h>

#include "tests/support/results_rig.h"
#include "tests/support/suite.h"

static void add_check(GPtrArray *checks, Verdict verdict, double margin, bool is_warning)
{
    Judged *judged = judged_new("threshold", "http_reqs", "rate>1");

    judged->verdict = verdict;
    judged->margin = margin;
    judged->is_warning = is_warning;
    g_ptr_array_add(checks, judged);
}

START_TEST(fail_outweighs_inconclusive_outweighs_pass)
{
    g_autoptr(GPtrArray) checks = g_ptr_array_new_with_free_func((GDestroyNotify)judged_free);
    double margin;

    ck_assert_int_eq(verdict_merge(checks, &margin), VERDICT_PASS);
    ck_assert(isnan(margin));
    add_check(checks, VERDICT_PASS, 0.5, false);
    add_check(checks, VERDICT_FAIL, -3, true);
    ck_assert_int_eq(verdict_merge(checks, &margin), VERDICT_PASS);
    ck_assert_double_eq(margin, 0.5);
    add_check(checks, VERDICT_INCONCLUSIVE, (double)NAN, false);
    ck_assert_int_eq(verdict_merge(checks, &margin), VERDICT_INCONCLUSIVE);
    add_check(checks, VERDICT_FAIL, -0.1, false);
    add_check(checks, VERDICT_PASS, 0.7, false);
    ck_assert_int_eq(verdict_merge(checks, &margin), VERDICT_FAIL);
    ck_assert_double_eq(margin, -0.1);
}
END_TEST

static void add_occurrence_at(ResultsRig *rig, int run, const char *dc, const char *to,
                              uint64_t count, SimTime time)
{
    results_write_occurrence(rig->writer, &(ResultsOccurrence){.run = run,
                                                               .event = "route53.health-changed",
                                                               .component = "route53",
                                                               .role = "route53",
                                                               .label1 = "dc",
                                                               .value1 = dc,
                                                               .label2 = "to",
                                                               .value2 = to,
                                                               .count = count,
                                                               .first = time,
                                                               .last = time});
}

static void add_occurrence(ResultsRig *rig, int run, const char *dc, const char *to, uint64_t count)
{
    add_occurrence_at(rig, run, dc, to, count, SIM_S);
}

START_TEST(what_must_happen_must_happen_in_every_replication)
{
    static const char *const where[] = {"dc", "DC03", "to", "unhealthy", NULL};
    static const char *const role[] = {"role", "db", NULL};
    g_autoptr(ResultsRig) rig = results_rig_new(2, 5);
    g_autoptr(Judged) met = NULL;
    g_autoptr(Judged) unmet = NULL;
    g_autoptr(Judged) other = NULL;

    add_occurrence(rig, 0, "DC03", "unhealthy", 2);
    add_occurrence(rig, 0, "DC03", "healthy", 9);
    add_occurrence(rig, 0, "DC01", "unhealthy", 9);
    add_occurrence(rig, 1, "DC03", "unhealthy", 1);
    add_occurrence(rig, 1, "DC03", "unhealthy", 4);
    results_rig_open(rig);
    met = verdict_judge_must_happen(rig->results, "noticed", "route53.health-changed", where, 2);
    unmet = verdict_judge_must_happen(rig->results, "noticed", "route53.health-changed", where, 3);
    other = verdict_judge_must_happen(rig->results, "noticed", "route53.health-changed", role, 1);
    ck_assert_int_eq(met->verdict, VERDICT_PASS);
    ck_assert_double_eq(met->low, 2);
    ck_assert_double_eq(met->high, 5);
    ck_assert_int_eq(unmet->verdict, VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(strstr(unmet->why, "1 of 2 replications"));
    ck_assert_int_eq(other->verdict, VERDICT_INCONCLUSIVE);
    ck_assert_str_eq(met->condition, "route53.health-changed dc=DC03 to=unhealthy count>=2");
}
END_TEST

START_TEST(what_happened_in_the_warm_up_does_not_count)
{
    static const char *const where[] = {"dc", "DC03", NULL};
    g_autoptr(ResultsRig) rig = results_rig_new(1, 5);
    g_autoptr(Judged) met = NULL;
    g_autoptr(Judged) unmet = NULL;

    add_occurrence_at(rig, 0, "DC03", "unhealthy", 7, -SIM_S);
    add_occurrence_at(rig, 0, "DC03", "unhealthy", 2, 0);
    results_rig_open(rig);
    met = verdict_judge_must_happen(rig->results, "noticed", "route53.health-changed", where, 2);
    unmet = verdict_judge_must_happen(rig->results, "noticed", "route53.health-changed", where, 3);
    ck_assert_int_eq(met->verdict, VERDICT_PASS);
    ck_assert_double_eq(met->low, 2);
    ck_assert_int_eq(unmet->verdict, VERDICT_INCONCLUSIVE);
}
END_TEST

START_TEST(a_fault_that_bit_nothing_or_never_came_is_inconclusive)
{
    static const char *const names[] = {"lose", "blunt", "never", NULL};
    g_autoptr(ResultsRig) rig = results_rig_new(2, 5);
    g_autoptr(GPtrArray) checks = g_ptr_array_new_with_free_func((GDestroyNotify)judged_free);

    for (int i = 0; i < 2; i++) {
        results_rig_fault(rig, i, "DC03", 1, 3);
        results_write_fault(rig->writer, &(ResultsFault){.run = i,
                                                         .name = "blunt",
                                                         .func = "node.crash",
                                                         .applied = SIM_S,
                                                         .lifted = SIM_NEVER,
                                                         .targets = 2,
                                                         .bit = i});
    }
    results_rig_open(rig);
    verdict_judge_faults(rig->results, names, checks);
    ck_assert_uint_eq(checks->len, 3);
    ck_assert_int_eq(((Judged *)checks->pdata[0])->verdict, VERDICT_PASS);
    ck_assert_int_eq(((Judged *)checks->pdata[1])->verdict, VERDICT_INCONCLUSIVE);
    ck_assert_int_eq(((Judged *)checks->pdata[2])->verdict, VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(strstr(((Judged *)checks->pdata[1])->why, "changed nothing"));
    ck_assert_ptr_nonnull(strstr(((Judged *)checks->pdata[2])->why, "never applied"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("verdict");
    TCase *tests = tcase_create("verdict");

    tcase_add_test(tests, fail_outweighs_inconclusive_outweighs_pass);
    tcase_add_test(tests, what_must_happen_must_happen_in_every_replication);
    tcase_add_test(tests, what_happened_in_the_warm_up_does_not_count);
    tcase_add_test(tests, a_fault_that_bit_nothing_or_never_came_is_inconclusive);
    suite_add_tcase(suite, tests);
    return suite;
}

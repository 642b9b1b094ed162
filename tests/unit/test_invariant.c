/* test_invariant.c - data invariants pass only when there was something to check. */
#include "sim/results/invariant.h"

#include <string.h>

#include "tests/support/results_rig.h"
#include "tests/support/suite.h"

typedef struct Totals {
    double writes_acked, keys_written, keys_judged, writes_lost, keys_diverged, reads_checked,
        reads_back_in_time;
} Totals;

static const Totals sound = {100, 50, 50, 0, 0, 900, 0};

static void add_totals(ResultsRig *rig, int run, const Totals *totals)
{
    results_write_total(rig->writer, run, "writes_acked", totals->writes_acked);
    results_write_total(rig->writer, run, "keys_written", totals->keys_written);
    results_write_total(rig->writer, run, "keys_judged", totals->keys_judged);
    results_write_total(rig->writer, run, "writes_lost", totals->writes_lost);
    results_write_total(rig->writer, run, "keys_diverged", totals->keys_diverged);
    results_write_total(rig->writer, run, "reads_checked", totals->reads_checked);
    results_write_total(rig->writer, run, "reads_back_in_time", totals->reads_back_in_time);
}

/* Two runs, the first sound, the second with the totals given. */
static Judged *judge(const Totals *totals, const char *check, SimSpan max, char **why)
{
    g_autoptr(ResultsRig) rig = results_rig_new(2, 20);
    Judged *judged;

    add_totals(rig, 0, &sound);
    add_totals(rig, 1, totals);
    results_write_phase(rig->writer, 0, "settle", 20 * SIM_S, 50 * SIM_S);
    results_write_phase(rig->writer, 1, "settle", 20 * SIM_S, 50 * SIM_S);
    if (totals->writes_lost > 0) {
        results_write_finding(rig->writer, 1, "no-lost-acked-write", SIM_S, 1, "key 7, version 3");
    }
    judged =
        invariant_judge(results_rig_open(rig), &(InvariantAsked){"durability", check, max, -1});
    *why = judged->why;
    return judged;
}

START_TEST(zero_lost_of_many_writes_passes)
{
    char *why;
    g_autoptr(Judged) judged = judge(&sound, "no-lost-acked-write", SIM_NEVER, &why);

    ck_assert_int_eq(judged->verdict, VERDICT_PASS);
    ck_assert_ptr_nonnull(strstr(why, "0 lost of 200 acknowledged writes to 100 keys"));
    ck_assert_str_eq(judged->name, "durability");
}
END_TEST

START_TEST(a_lost_write_fails_with_its_proof)
{
    Totals totals = sound;
    char *why;
    g_autoptr(Judged) judged = NULL;

    totals.writes_lost = 4;
    judged = judge(&totals, "no-lost-acked-write", SIM_NEVER, &why);
    ck_assert_int_eq(judged->verdict, VERDICT_FAIL);
    ck_assert_double_eq(judged->observed, 4);
    ck_assert_ptr_nonnull(strstr(why, "e.g. replication 1: key 7, version 3"));
}
END_TEST

/* Where each replication lost something, none of them is said to have lost nothing. */
START_TEST(the_interval_of_a_count_goes_from_the_best_replication_to_the_worst)
{
    g_autoptr(ResultsRig) rig = results_rig_new(2, 20);
    g_autoptr(Judged) judged = NULL;
    Totals totals = sound;

    for (int run = 0; run < 2; run++) {
        totals.writes_lost = run == 0 ? 22 : 41;
        add_totals(rig, run, &totals);
    }
    judged = invariant_judge(results_rig_open(rig),
                             &(InvariantAsked){"durability", "no-lost-acked-write", SIM_NEVER, -1});
    ck_assert_double_eq(judged->low, 22);
    ck_assert_double_eq(judged->observed, 41);
    ck_assert_double_eq(judged->high, 41);
}
END_TEST

START_TEST(an_empty_history_is_inconclusive)
{
    static const char *const checks[] = {"no-lost-acked-write", "monotonic-reads",
                                         "staleness-bound", "converges"};
    const Totals nothing = {.writes_acked = 0};

    for (guint i = 0; i < G_N_ELEMENTS(checks); i++) {
        char *why;
        g_autoptr(Judged) judged = judge(&nothing, checks[i], 60 * SIM_S, &why);

        ck_assert_msg(judged->verdict == VERDICT_INCONCLUSIVE, "%s: %s", checks[i], why);
    }
}
END_TEST

START_TEST(keys_that_nobody_looked_at_do_not_pass)
{
    Totals totals = sound;
    char *why;
    g_autoptr(Judged) judged = NULL;

    totals.keys_judged = 49;
    judged = judge(&totals, "no-lost-acked-write", SIM_NEVER, &why);
    ck_assert_int_eq(judged->verdict, VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(strstr(why, "only 99 of 100 keys"));
}
END_TEST

START_TEST(one_read_back_in_time_fails)
{
    Totals totals = sound;
    char *why;
    g_autoptr(Judged) pass = judge(&sound, "monotonic-reads", SIM_NEVER, &why);
    g_autoptr(Judged) fail = NULL;

    totals.reads_back_in_time = 1;
    fail = judge(&totals, "monotonic-reads", SIM_NEVER, &why);
    ck_assert_int_eq(pass->verdict, VERDICT_PASS);
    ck_assert_int_eq(fail->verdict, VERDICT_FAIL);
}
END_TEST

START_TEST(convergence_is_judged_at_the_end_of_a_long_enough_settling)
{
    Totals torn = sound;
    char *why;
    g_autoptr(Judged) agreed = judge(&sound, "converges", 30 * SIM_S, &why);
    g_autoptr(Judged) unknown = judge(&sound, "converges", 10 * SIM_S, &why);
    g_autoptr(Judged) late = NULL;
    g_autoptr(Judged) early = NULL;

    torn.keys_diverged = 3;
    late = judge(&torn, "converges", 30 * SIM_S, &why);
    early = judge(&torn, "converges", 60 * SIM_S, &why);
    ck_assert_int_eq(agreed->verdict, VERDICT_PASS);
    ck_assert_int_eq(unknown->verdict, VERDICT_INCONCLUSIVE);
    ck_assert_int_eq(late->verdict, VERDICT_FAIL);
    ck_assert_int_eq(early->verdict, VERDICT_INCONCLUSIVE);
}
END_TEST

/* One run whose replicas disagree in the end, while `pending` hints wait of which `delivered` went
 * in each of the last seconds. */
static char *why_not_converged(double pending, double delivered)
{
    g_autoptr(ResultsRig) rig = results_rig_new(1, 90);
    g_autoptr(Judged) judged = NULL;
    Totals totals = sound;

    totals.keys_diverged = 3;
    add_totals(rig, 0, &totals);
    results_write_phase(rig->writer, 0, "settle", 50 * SIM_S, 90 * SIM_S);
    results_write_component(rig->writer, 0, "cassandra@DC01-db1", "cassandra", "DC01", "db",
                            "DC01-db1", NULL);
    results_write_metric(rig->writer, 0, "hints_pending", "gauge", "1", NULL);
    results_write_metric(rig->writer, 1, "hints_replayed", "counter", "1", NULL);
    for (int second = -10; second < 90; second++) {
        results_write_sample(rig->writer, 0, 0, 0, second * SIM_S, pending, pending);
        results_write_sample(rig->writer, 0, 0, 1, second * SIM_S, delivered, delivered);
    }
    judged = invariant_judge(results_rig_open(rig),
                             &(InvariantAsked){"copies", "converges", SIM_NEVER, -1});
    ck_assert_int_eq(judged->verdict, VERDICT_FAIL);
    return g_strdup(judged->why);
}

START_TEST(what_has_not_converged_says_how_long_its_hints_still_need)
{
    g_autofree char *slow = why_not_converged(1200, 20);
    g_autofree char *stuck = why_not_converged(1200, 0);
    g_autofree char *none = why_not_converged(0, 0);

    ck_assert_msg(strstr(slow, "; 1200 hints wait in the end of replication 0 and need about 1min "
                               "more at the 20/s of the last 30s") != NULL,
                  "%s", slow);
    ck_assert_msg(strstr(stuck, "; 1200 hints wait in the end of replication 0, none of which was "
                                "delivered in the last 30s") != NULL,
                  "%s", stuck);
    ck_assert_msg(strstr(none, "; no hint waits any more") != NULL, "%s", none);
}
END_TEST

START_TEST(staleness_is_bounded_by_the_stalest_read_of_all)
{
    g_autoptr(ResultsRig) rig = results_rig_new(2, 20);
    g_autoptr(Histogram) fresh = histogram_new();
    g_autoptr(Histogram) stale = histogram_new();
    g_autoptr(Judged) pass = NULL;
    g_autoptr(Judged) fail = NULL;

    histogram_add_many(fresh, 0, 900);
    histogram_add_many(stale, 0, 899);
    histogram_add(stale, 3 * SIM_S);
    add_totals(rig, 0, &sound);
    add_totals(rig, 1, &sound);
    results_write_staleness(rig->writer, 0, fresh);
    results_write_staleness(rig->writer, 1, stale);
    results_write_finding(rig->writer, 1, "staleness-bound", SIM_S, 2, "key 1 was 2 s old");
    results_write_finding(rig->writer, 1, "staleness-bound", SIM_S, 3, "key 9 was 3 s old");
    results_rig_open(rig);
    pass =
        invariant_judge(rig->results, &(InvariantAsked){"fresh", "staleness-bound", 3 * SIM_S, -1});
    fail = invariant_judge(rig->results,
                           &(InvariantAsked){"fresh", "staleness-bound", 2999 * SIM_MS, -1});
    ck_assert_int_eq(pass->verdict, VERDICT_PASS);
    ck_assert_double_eq(pass->observed, 3);
    ck_assert_double_eq(pass->low, 0); /* of the replication in which nothing was stale */
    ck_assert_int_eq(fail->verdict, VERDICT_FAIL);
    ck_assert_ptr_nonnull(strstr(fail->why, "about 1 reads of 1800"));
    ck_assert_ptr_nonnull(strstr(fail->why, "key 9 was 3 s old"));
}
END_TEST

START_TEST(the_longest_outage_of_any_region_counts_while_settling_too)
{
    g_autoptr(ResultsRig) rig = results_rig_new(1, 20);
    g_autoptr(Judged) pass = NULL;
    g_autoptr(Judged) fail = NULL;

    for (int i = 0; i < 30; i++) {
        bool is_out = i >= 18 && i < 24;

        results_rig_users(rig, 0, i, "Asia", "DC01", 5000, 0, SIM_MS);
        results_rig_users(rig, 0, i, "Europe", "DC03", is_out ? 0 : 5, is_out ? 5 : 0, SIM_MS);
    }
    results_write_phase(rig->writer, 0, "settle", 20 * SIM_S, 30 * SIM_S);
    results_rig_open(rig);
    pass = invariant_judge(rig->results, &(InvariantAsked){"up", "max-outage", 6 * SIM_S, -1});
    fail = invariant_judge(rig->results, &(InvariantAsked){"up", "max-outage", 5 * SIM_S, -1});
    ck_assert_int_eq(pass->verdict, VERDICT_PASS);
    ck_assert_int_eq(fail->verdict, VERDICT_FAIL);
    ck_assert_double_eq(fail->observed, 6);
    ck_assert_double_eq(fail->low, 6); /* the only replication had it */
    ck_assert_double_eq_tol(fail->margin, -0.2, 1e-12);
    ck_assert_ptr_nonnull(strstr(fail->why, "'Europe' was out for 6 s"));
}
END_TEST

/* --- checks of the history alone ----------------------------------------------------------------
 */

typedef struct NamedTotal {
    const char *name;
    double value;
} NamedTotal;

/* What a check says when both runs have these totals, and one finding of `value` when `finding` is
 * not NULL. */
static Judged *judge_named(const char *check, const NamedTotal *totals, size_t count,
                           const char *finding, double value)
{
    g_autoptr(ResultsRig) rig = results_rig_new(2, 20);

    for (int run = 0; run < 2; run++) {
        for (size_t i = 0; i < count; i++) {
            results_write_total(rig->writer, run, totals[i].name, totals[i].value);
        }
    }
    if (finding != NULL) {
        results_write_finding(rig->writer, 1, check, SIM_S, value, finding);
    }
    return invariant_judge(results_rig_open(rig), &(InvariantAsked){"it", check, SIM_NEVER, 2});
}

/* One check: what makes it pass, fail, and leaves it open. */
static const struct {
    const char *check;
    NamedTotal sound[3], violated, vacuous;
} history_checks[] = {
    {"no-resurrected-delete",
     {{"deletes_acked", 50}, {"tombstones_purged", 9}, {"reads_checked", 900}},
     {"deletes_undone", 1},
     {"tombstones_purged", 0}},
    {"read-your-writes",
     {{"reads_of_own", 70}, {"reads_checked", 900}, {"writes_acked", 9}},
     {"reads_without_own", 1},
     {"reads_of_own", 0}},
    {"lww-overwrite",
     {{"writes_acked", 70}, {"keys_written", 7}, {"reads_checked", 9}},
     {"writes_overwritten", 1},
     {"writes_acked", 0}},
    {"no-lost-update",
     {{"updates_acked", 70}, {"writes_acked", 90}, {"reads_checked", 9}},
     {"updates_lost", 1},
     {"updates_acked", 0}},
    {"linearizable",
     {{"serial_keys", 10}, {"serial_statements", 500}, {"serial_one_in", 1}},
     {"serial_keys_impossible", 1},
     {"serial_keys", 0}},
    {"linearizable",
     {{"serial_keys", 10}, {"serial_statements", 500}, {"serial_one_in", 1}},
     {"serial_keys_impossible", 1},
     {"serial_one_in", 4}},
    {"linearizable",
     {{"serial_keys", 10}, {"serial_statements", 500}, {"serial_one_in", 1}},
     {"serial_keys_impossible", 1},
     {"serial_cut_off", 1}},
    {"linearizable",
     {{"serial_keys", 10}, {"serial_statements", 500}, {"serial_one_in", 1}},
     {"serial_keys_impossible", 1},
     {"serial_keys_undecided", 1}},
    {"replicas-down-per-range",
     {{"ranges_watched", 640}, {"replicas_down_most", 2}, {"reads_checked", 9}},
     {"replicas_down_most", 3},
     {"ranges_watched", 0}},
};

/* The sound totals with one in the place of that of its name, or besides. */
static Judged *judge_changed(size_t row, const NamedTotal *change, const char *finding)
{
    NamedTotal totals[4];
    size_t count = 0;

    for (size_t i = 0; i < 3; i++) {
        if (strcmp(history_checks[row].sound[i].name, change->name) != 0) {
            totals[count++] = history_checks[row].sound[i];
        }
    }
    totals[count++] = *change;
    return judge_named(history_checks[row].check, totals, count, finding, 3);
}

START_TEST(nothing_found_passes_when_there_was_something_to_find)
{
    g_autoptr(Judged) judged =
        judge_named(history_checks[_i].check, history_checks[_i].sound, 3, NULL, 0);

    ck_assert_msg(judged->verdict == VERDICT_PASS, "%s: %s", judged->condition, judged->why);
}
END_TEST

START_TEST(one_violation_fails_with_its_proof)
{
    g_autoptr(Judged) judged = judge_changed((size_t)_i, &history_checks[_i].violated, "the proof");

    ck_assert_msg(judged->verdict == VERDICT_FAIL, "%s: %s", judged->condition, judged->why);
    ck_assert_msg(strstr(judged->why, "e.g. replication 1: the proof") != NULL, "%s", judged->why);
}
END_TEST

START_TEST(what_was_not_all_seen_does_not_pass)
{
    g_autoptr(Judged) judged = judge_changed((size_t)_i, &history_checks[_i].vacuous, NULL);

    ck_assert_msg(judged->verdict == VERDICT_INCONCLUSIVE, "%s: %s", judged->condition,
                  judged->why);
}
END_TEST

START_TEST(every_invariant_has_a_name_and_help)
{
    ck_assert_ptr_nonnull(invariant_find("converges"));
    ck_assert_ptr_null(invariant_find("converge"));
    for (const InvariantDef *def = invariant_defs; def->name != NULL; def++) {
        ck_assert_int_gt((int)strlen(def->help), 10);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("invariant");
    TCase *tests = tcase_create("invariant");

    tcase_add_test(tests, zero_lost_of_many_writes_passes);
    tcase_add_test(tests, a_lost_write_fails_with_its_proof);
    tcase_add_test(tests, the_interval_of_a_count_goes_from_the_best_replication_to_the_worst);
    tcase_add_test(tests, an_empty_history_is_inconclusive);
    tcase_add_test(tests, keys_that_nobody_looked_at_do_not_pass);
    tcase_add_test(tests, one_read_back_in_time_fails);
    tcase_add_test(tests, convergence_is_judged_at_the_end_of_a_long_enough_settling);
    tcase_add_test(tests, what_has_not_converged_says_how_long_its_hints_still_need);
    tcase_add_test(tests, staleness_is_bounded_by_the_stalest_read_of_all);
    tcase_add_test(tests, the_longest_outage_of_any_region_counts_while_settling_too);
    tcase_add_loop_test(tests, nothing_found_passes_when_there_was_something_to_find, 0,
                        G_N_ELEMENTS(history_checks));
    tcase_add_loop_test(tests, one_violation_fails_with_its_proof, 0, G_N_ELEMENTS(history_checks));
    tcase_add_loop_test(tests, what_was_not_all_seen_does_not_pass, 0,
                        G_N_ELEMENTS(history_checks));
    tcase_add_test(tests, every_invariant_has_a_name_and_help);
    suite_add_tcase(suite, tests);
    return suite;
}

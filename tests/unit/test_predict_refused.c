/* test_predict_refused.c - the share of statements without enough replicas, foretold from who is
 * down in a campaign's samples. Three nodes, one range on all of them and one on each alone:
 * reads need one replica. */
#include "sim/run/predict_refused.h"

#include <math.h>

#include "tests/support/results_rig.h"
#include "tests/support/suite.h"

enum { NODES = 3, SECONDS = 60, SERVER = NODES };
enum { DOWN, BELIEVED, READS, REFUSED, HINTS, WRITES };

typedef struct Story {
    int node;              /* that is down from second 10 to 50 */
    int known;             /* second from which the others know it */
    int cut_from, cut_to;  /* between these node 0 believes one more down */
    double early, settled; /* share refused before all know it, and afterwards */
} Story;

static void declare(ResultsRig *rig)
{
    results_write_metric(rig->writer, DOWN, "down", "gauge", "ratio", "Down");
    results_write_metric(rig->writer, BELIEVED, "nodes_down", "gauge", "1", "Believed down");
    results_write_metric(rig->writer, READS, "store_reads", "counter", "1", "Reads");
    results_write_metric(rig->writer, REFUSED, "store_reads_unavailable", "counter", "1", "Not");
    for (int node = 0; node < NODES; node++) {
        g_autofree char *name = g_strdup_printf("cassandra@DC01-db%d", node + 1);

        results_write_component(rig->writer, node, name, "cassandra", "DC01", "db", NULL, NULL);
    }
    results_write_component(rig->writer, SERVER, "wildfly@DC01-app1", "wildfly", "DC01", "app",
                            NULL, NULL);
}

static void write_node(ResultsRig *rig, int run, int node, int second, const Story *story)
{
    bool is_out = second >= 10 && second < 50;
    bool is_down = is_out && node == story->node;
    double believed = is_out && !is_down && second >= story->known ? 1 : 0;

    if (node == 0 && second >= story->cut_from && second < story->cut_to) {
        believed++;
    }
    results_write_sample(rig->writer, run, node, DOWN, second * SIM_S, is_down, is_down);
    results_write_sample(rig->writer, run, node, BELIEVED, second * SIM_S, believed, believed);
}

static void tell(ResultsRig *rig, int run, const Story *story)
{
    results_rig_fault(rig, run, "DC01", 10, 50);
    for (int second = 0; second < SECONDS; second++) {
        bool is_out = second >= 10 && second < 50;
        double share = !is_out ? 0 : second < story->known ? story->early : story->settled;

        for (int node = 0; node < NODES; node++) {
            write_node(rig, run, node, second, story);
        }
        results_write_sample(rig->writer, run, SERVER, READS, second * SIM_S, 100, 0);
        results_write_sample(rig->writer, run, SERVER, REFUSED, second * SIM_S, 100 * share, 0);
    }
}

static Replicas *place(void)
{
    Replicas *replicas = replicas_new();

    for (guint16 node = 0; node < NODES; node++) {
        g_autofree char *name = g_strdup_printf("cassandra@DC01-db%d", node + 1);

        replicas_add_node(replicas, name, 0);
    }
    replicas_add_range(replicas, 0.4, (const guint16[]){0, 1, 2}, 3);
    replicas_add_range(replicas, 0.3, (const guint16[]){0}, 1);
    replicas_add_range(replicas, 0.2, (const guint16[]){1}, 1);
    replicas_add_range(replicas, 0.1, (const guint16[]){2}, 1);
    return replicas;
}

/* Hints a write that are foretold for `need` replicas, -1 when nothing is; 0.7 are seen. */
static double missing_a_write(guint need)
{
    g_autoptr(ResultsRig) rig = results_rig_new(1, SECONDS);
    g_autoptr(Replicas) replicas = place();
    g_autoptr(Predictions) predictions = predictions_new();
    g_autoptr(RefusedStretches) stretches = NULL;
    ReplicasNeed level = {{0}, need};
    Story story = {0, 20, 0, 0, 0, 0};
    double foretold;
    Estimate seen;

    declare(rig);
    results_write_metric(rig->writer, HINTS, "hints_stored", "counter", "1", "Hints");
    results_write_metric(rig->writer, WRITES, "coordinated_writes", "counter", "1", "Writes");
    tell(rig, 0, &story);
    for (int second = 0; second < SECONDS; second++) {
        results_write_sample(rig->writer, 0, 1, WRITES, second * SIM_S, 50, 0);
        results_write_sample(rig->writer, 0, 1, HINTS, second * SIM_S, second < 24 ? 0 : 35, 0);
    }
    predictions_state(predictions, "hints", "", 0, "hints_stored{dc:DC01}", "a write");
    predictions_miss(predictions, replicas, &level, 1e12);
    stretches = refused_stretches_new(results_rig_open(rig));
    if (!refused_estimate(stretches, predictions->last, 0.95, &foretold, &seen)) {
        return -1;
    }
    ck_assert_double_eq_tol(seen.value, 0.7, 1e-9);
    return foretold;
}

/* 0.4 + 0.3 of the data are on the node that is down; what is on it alone is refused at ONE. */
START_TEST(copies_are_missing_where_no_write_is_refused)
{
    ck_assert_double_eq_tol(missing_a_write(0), 0.7, 1e-9);
    ck_assert_double_lt(missing_a_write(1), 0);
}
END_TEST

typedef struct Found {
    bool is_there;
    double foretold;
    Estimate seen;
} Found;

static Found look(const Story *stories, int runs, double keys)
{
    g_autoptr(ResultsRig) rig = results_rig_new(runs, SECONDS);
    g_autoptr(Replicas) replicas = place();
    g_autoptr(Predictions) predictions = predictions_new();
    g_autoptr(RefusedStretches) stretches = NULL;
    ReplicasNeed one = {{0}, 1};
    Found found;

    declare(rig);
    for (int run = 0; run < runs; run++) {
        tell(rig, run, &stories[run]);
    }
    predictions_state(predictions, "k of n replicas", "ONE", 0, "store_reads{dc:DC01}", "refused");
    predictions_refuse(predictions, replicas, &one, keys);
    stretches = refused_stretches_new(results_rig_open(rig));
    found.is_there =
        refused_estimate(stretches, predictions->last, 0.95, &found.foretold, &found.seen);
    return found;
}

/* Another node in each replication: the law is held against each one's own. */
START_TEST(each_replication_is_held_against_who_is_down_in_it)
{
    Found found = look((const Story[]){{0, 20, 0, 0, 0, 0.3}, {1, 25, 0, 0, 0, 0.2}}, 2, 1e12);

    ck_assert(found.is_there);
    ck_assert_double_eq_tol(found.foretold, 0.25, 1e-9);
    ck_assert_double_eq_tol(found.seen.value, 0.25, 1e-9);
    ck_assert_double_eq_tol(found.seen.low, 0.25, 1e-5);
    ck_assert_double_eq_tol(found.seen.high, 0.25, 1e-5);
    ck_assert_uint_eq(found.seen.replications, 2);
    ck_assert_uint_eq(found.seen.n, 100 * (25 + 20));
}
END_TEST

START_TEST(what_happens_before_all_know_it_does_not_count)
{
    Found found = look((const Story[]){{0, 30, 0, 0, 0.9, 0.3}, {0, 30, 0, 0, 0.7, 0.3}}, 2, 1e12);

    ck_assert(found.is_there);
    ck_assert_double_eq_tol(found.seen.value, 0.3, 1e-9);
}
END_TEST

START_TEST(another_share_than_foretold_lies_outside)
{
    Found found = look((const Story[]){{0, 20, 0, 0, 0, 0.34}, {0, 20, 0, 0, 0, 0.36}}, 2, 1e12);

    ck_assert(found.is_there);
    ck_assert_double_eq_tol(found.foretold, 0.3, 1e-9);
    ck_assert_double_eq_tol(found.seen.value, 0.35, 1e-9);
    ck_assert_double_eq_tol(found.seen.low, 0.35 - 12.7062047 * 0.01, 1e-6);
}
END_TEST

/* A hundred data lie where chance put them, in all replications alike. */
START_TEST(few_data_widen_the_interval)
{
    Found found = look((const Story[]){{0, 20, 0, 0, 0, 0.3}, {0, 20, 0, 0, 0, 0.3}}, 2, 100);

    ck_assert_double_eq_tol(found.seen.high - found.seen.value, 1.959963985 * sqrt(0.3 * 0.7 / 100),
                            1e-6);
}
END_TEST

/* While somebody believes more down than are, coordinators refuse more: only the longer stretch
 * without it counts. */
START_TEST(a_cut_between_nodes_is_left_out)
{
    Found found = look((const Story[]){{1, 12, 20, 24, 0, 0.2}, {1, 12, 30, 50, 0, 0.2}}, 2, 1e12);
    Found none = look((const Story[]){{1, 12, 0, 60, 0, 0.2}, {1, 12, 0, 60, 0, 0.2}}, 2, 1e12);

    ck_assert(found.is_there);
    ck_assert_uint_eq(found.seen.n, 100 * (21 + 13));
    ck_assert(!none.is_there);
}
END_TEST

START_TEST(one_replication_has_no_interval)
{
    Found found = look((const Story[]){{0, 20, 0, 0, 0, 0.3}}, 1, 1e12);

    ck_assert(found.is_there);
    ck_assert_double_eq_tol(found.seen.value, 0.3, 1e-9);
    ck_assert_double_nan(found.seen.low);
    ck_assert_double_nan(found.seen.high);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("predict refused");
    TCase *tests = tcase_create("refused");

    tcase_add_test(tests, each_replication_is_held_against_who_is_down_in_it);
    tcase_add_test(tests, what_happens_before_all_know_it_does_not_count);
    tcase_add_test(tests, another_share_than_foretold_lies_outside);
    tcase_add_test(tests, few_data_widen_the_interval);
    tcase_add_test(tests, a_cut_between_nodes_is_left_out);
    tcase_add_test(tests, one_replication_has_no_interval);
    tcase_add_test(tests, copies_are_missing_where_no_write_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}

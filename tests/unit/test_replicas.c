/* test_replicas.c - which share of the data a level cannot reach, against closed forms of equal
 * nodes and against counting all states of who is up. */
#include "sim/theory/replicas.h"

#include <math.h>

#include "sim/base/rng.h"
#include "sim/theory/theory.h"
#include "tests/support/suite.h"

/* One range on `each` nodes at each of `sites`. */
static Replicas *one_range(guint sites, guint each)
{
    Replicas *replicas = replicas_new();
    guint16 nodes[64];

    for (guint16 i = 0; i < sites * each; i++) {
        g_autofree char *name = g_strdup_printf("n%u", i);

        replicas_add_node(replicas, name, i / each);
        nodes[i] = i;
    }
    replicas_add_range(replicas, 1, nodes, sites * each);
    return replicas;
}

static double refused_of(guint sites, guint each, ReplicasNeed need)
{
    g_autoptr(Replicas) replicas = one_range(sites, each);
    double up[64];

    for (guint i = 0; i < sites * each; i++) {
        up[i] = 720.0 / 724;
    }
    return replicas_refused(replicas, &need, up);
}

static double availability(const char *figure)
{
    cJSON *params = cJSON_CreateObject();

    cJSON_AddNumberToObject(params, "mtbf", 720);
    cJSON_AddNumberToObject(params, "mttr", 4);
    return theory_figure("availability", figure, params);
}

START_TEST(equal_nodes_agree_with_the_family_availability)
{
    ReplicasNeed each_quorum = {{2, 2, 2, 2, 2}, 0};

    ck_assert_double_eq_tol(1 - refused_of(1, 3, (ReplicasNeed){{1}, 0}), availability("one_of_3"),
                            1e-12);
    ck_assert_double_eq_tol(refused_of(1, 3, (ReplicasNeed){{2}, 0}), availability("one_minus_lq"),
                            1e-12);
    ck_assert_double_eq_tol(1 - refused_of(1, 3, (ReplicasNeed){{3}, 0}), availability("all_3"),
                            1e-12);
    ck_assert_double_eq_tol(refused_of(5, 3, (ReplicasNeed){{0}, 8}),
                            availability("quorum_8of15_unavail"), 1e-12);
    ck_assert_double_eq_tol(1 - refused_of(5, 3, each_quorum), availability("each_quorum_5dc"),
                            1e-12);
}
END_TEST

#define NODES 9

typedef struct Placed {
    Replicas *replicas;
    double share[4];
    guint16 nodes[4][5];
} Placed;

/* Nine nodes at three sites and four ranges of five replicas. */
static Placed place_at_random(Rng *rng)
{
    Placed placed = {.replicas = replicas_new()};

    for (guint i = 0; i < NODES; i++) {
        replicas_add_node(placed.replicas, "n", i % 3);
    }
    for (guint range = 0; range < 4; range++) {
        guint first = (guint)rng_below(rng, NODES);

        placed.share[range] = 0.1 + (double)rng_below(rng, 100) / 100;
        for (guint k = 0; k < 5; k++) {
            placed.nodes[range][k] = (guint16)((first + 2 * k) % NODES);
        }
        replicas_add_range(placed.replicas, placed.share[range], placed.nodes[range], 5);
    }
    return placed;
}

static bool is_enough(const guint16 *nodes, const ReplicasNeed *need, guint state)
{
    guint at[3] = {0}, all = 0;

    for (guint k = 0; k < 5; k++) {
        at[nodes[k] % 3] += state >> nodes[k] & 1;
        all += state >> nodes[k] & 1;
    }
    return all >= need->all && at[0] >= need->at[0] && at[1] >= need->at[1] && at[2] >= need->at[2];
}

/* The same by adding up what each state of all nodes refuses. */
static double by_counting(const Placed *placed, const ReplicasNeed *need, const double *up)
{
    double refused = 0, all = 0;

    for (guint range = 0; range < 4; range++) {
        all += placed->share[range];
        for (guint state = 0; state < 1u << NODES; state++) {
            double chance = placed->share[range];

            for (guint i = 0; i < NODES; i++) {
                chance *= (state >> i & 1) != 0 ? up[i] : 1 - up[i];
            }
            refused += is_enough(placed->nodes[range], need, state) ? 0 : chance;
        }
    }
    return refused / all;
}

START_TEST(the_share_is_that_of_counting_all_states)
{
    static const ReplicasNeed needs[] = {{{0}, 0}, {{0}, 1}, {{0}, 3},       {{0}, 5},
                                         {{1}, 0}, {{2}, 0}, {{1, 1, 1}, 0}, {{2, 0, 1}, 0}};
    Rng rng;

    rng_init(&rng, 11, "replicas");
    for (guint trial = 0; trial < 20; trial++) {
        Placed placed = place_at_random(&rng);
        double up[NODES];

        for (guint i = 0; i < NODES; i++) { /* some are known, the rest is not */
            guint64 drawn = rng_below(&rng, 150);

            up[i] = drawn < 25 ? 0 : drawn < 50 ? 1 : (double)(drawn - 50) / 100;
        }
        for (guint i = 0; i < G_N_ELEMENTS(needs); i++) {
            ck_assert_double_eq_tol(replicas_refused(placed.replicas, &needs[i], up),
                                    by_counting(&placed, &needs[i], up), 1e-12);
        }
        replicas_unref(placed.replicas);
    }
}
END_TEST

/* Shares of 2, 1 and 1 that miss 2, 1 and 0 replicas. */
START_TEST(missing_replicas_are_those_of_each_datum)
{
    g_autoptr(Replicas) replicas = replicas_new();
    const double up[] = {0, 0, 1};
    double spread;

    for (guint i = 0; i < 3; i++) {
        replicas_add_node(replicas, "n", 0);
    }
    replicas_add_range(replicas, 2, (const guint16[]){0, 1, 2}, 3);
    replicas_add_range(replicas, 1, (const guint16[]){1, 2}, 2);
    replicas_add_range(replicas, 1, (const guint16[]){2}, 1);
    ck_assert_double_eq_tol(replicas_missing(replicas, up, &spread), 1.25, 1e-12);
    ck_assert_double_eq_tol(spread, sqrt((2 * 4 + 1) / 4.0 - 1.25 * 1.25), 1e-12);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("replicas");
    TCase *share = tcase_create("share");

    tcase_add_test(share, equal_nodes_agree_with_the_family_availability);
    tcase_add_test(share, the_share_is_that_of_counting_all_states);
    tcase_add_test(share, missing_replicas_are_those_of_each_datum);
    suite_add_tcase(suite, share);
    return suite;
}

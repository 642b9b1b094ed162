/* test_level.c - consistency levels against the tables computed on the golden ring. */
#include "models/data/cassandra/level.h"

#include <string.h>

#include "models/data/cassandra/refused.h"
#include "tests/support/golden_ring.h"
#include "tests/support/suite.h"

enum { DC01, DC02, DC03, DCB1, DCB2 };

START_TEST(answers_needed_agree_with_the_rules)
{
    Ring *ring = golden_ring_new();

    ck_assert_uint_eq(level_block_for(CONSISTENCY_ANY, ring, DC01), 1);
    ck_assert_uint_eq(level_block_for(CONSISTENCY_ONE, ring, DC01), 1);
    ck_assert_uint_eq(level_block_for(CONSISTENCY_TWO, ring, DC01), 2);
    ck_assert_uint_eq(level_block_for(CONSISTENCY_THREE, ring, DC01), 3);
    ck_assert_uint_eq(level_block_for(CONSISTENCY_QUORUM, ring, DC01), 6);
    ck_assert_uint_eq(level_block_for(CONSISTENCY_ALL, ring, DC01), 11);
    ck_assert_uint_eq(level_block_for(CONSISTENCY_LOCAL_ONE, ring, DC01), 1);
    ck_assert_uint_eq(level_block_for(CONSISTENCY_LOCAL_QUORUM, ring, DC01), 2);
    ck_assert_uint_eq(level_block_for(CONSISTENCY_LOCAL_QUORUM, ring, DCB1), 1);
    ck_assert_uint_eq(level_block_for(CONSISTENCY_EACH_QUORUM, ring, DC01), 8);
    ck_assert_uint_eq(level_block_for(CONSISTENCY_SERIAL, ring, DC01), 6);
    ck_assert_uint_eq(level_block_for(CONSISTENCY_LOCAL_SERIAL, ring, DC01), 2);
    ck_assert_uint_eq(level_block_for(CONSISTENCY_LOCAL_SERIAL, ring, DCB1), 1);
    ring_free(ring);
}
END_TEST

/* The share of all keys for which `level` is available from `site` when the nodes of `dead` (bits)
 * are. */
static double availability(const Ring *ring, Consistency level, guint site, uint32_t dead)
{
    double share = 0;

    for (guint i = 0; i < ring_count_ranges(ring); i++) {
        const RingRange *range = ring_range(ring, i);
        uint32_t live = 0;

        for (guint replica = 0; replica < range->count; replica++) {
            live |= (dead >> range->replicas[replica] & 1) == 0 ? 1u << replica : 0;
        }
        share += level_is_available(level, ring, range, site, live) ? ring_share(ring, i) : 0;
    }
    return share;
}

/* Bits of nodes `first` to `last` (from 1) of a site. */
static uint32_t nodes_of(guint site, guint first, guint last)
{
    uint32_t bits = 0;

    for (guint i = first; i <= last; i++) {
        bits |= 1u << (4 * site + i - 1);
    }
    return bits;
}

START_TEST(availability_agrees_with_the_table)
{
    const struct {
        uint32_t dead;
        double one, local_one, quorum_dc01, quorum_dc02, quorum_dcb1, quorum, each, all;
    } rows[] = {
        {nodes_of(DC01, 1, 1), 1, 1, 1, 1, 1, 1, 1, .3215},
        {nodes_of(DC01, 1, 2), 1, 1, .5821, 1, 1, 1, .5821, 0},
        {nodes_of(DC01, 1, 3), 1, .7440, 0, 1, 1, 1, 0, 0},
        {nodes_of(DC01, 1, 4), 1, 0, 0, 1, 1, 1, 0, 0},
        {nodes_of(DCB1, 1, 1), 1, 1, 1, 1, .7292, 1, .7292, .7292},
        {nodes_of(DC01, 1, 4) | nodes_of(DC02, 1, 2), 1, 0, 0, .5108, 1, 1, 0, 0},
        {nodes_of(DC01, 1, 4) | nodes_of(DC02, 1, 3), 1, 0, 0, 0, 1, .6836, 0, 0},
        {nodes_of(DC01, 1, 4) | nodes_of(DC02, 1, 4), 1, 0, 0, 0, 1, 0, 0, 0},
        {nodes_of(DC01, 1, 4) | nodes_of(DCB1, 1, 4) | nodes_of(DCB2, 1, 4), 1, 0, 0, 1, 0, 1, 0,
         0},
        {nodes_of(DC01, 1, 1) | nodes_of(DC02, 1, 1) | nodes_of(DC03, 1, 1) | nodes_of(DCB1, 1, 1) |
             nodes_of(DCB2, 1, 1),
         1, 1, 1, 1, .7292, 1, .5773, .0197},
        {nodes_of(DC01, 1, 2) | nodes_of(DC02, 1, 2) | nodes_of(DC03, 1, 2), 1, 1, .5821, .5108, 1,
         .8783, .2176, 0},
    };
    Ring *ring = golden_ring_new();

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct {
            Consistency level;
            guint site;
            double share;
        } columns[] = {
            {CONSISTENCY_ONE, DC01, rows[i].one},
            {CONSISTENCY_LOCAL_ONE, DC01, rows[i].local_one},
            {CONSISTENCY_LOCAL_QUORUM, DC01, rows[i].quorum_dc01},
            {CONSISTENCY_LOCAL_QUORUM, DC02, rows[i].quorum_dc02},
            {CONSISTENCY_LOCAL_QUORUM, DCB1, rows[i].quorum_dcb1},
            {CONSISTENCY_QUORUM, DC03, rows[i].quorum},
            {CONSISTENCY_EACH_QUORUM, DC03, rows[i].each},
            {CONSISTENCY_ALL, DC03, rows[i].all},
        };

        for (size_t j = 0; j < G_N_ELEMENTS(columns); j++) {
            ck_assert_double_eq_tol(
                availability(ring, columns[j].level, columns[j].site, rows[i].dead),
                columns[j].share, 0.0000501);
        }
    }
    ring_free(ring);
}
END_TEST

/* What closed forms say of who is refused, and what coordinators do. */
START_TEST(the_foretold_share_is_what_coordinators_refuse)
{
    Ring *ring = golden_ring_new();
    const char *names[4 * GOLDEN_SITES];
    Rng rng;

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        names[i] = "node";
    }
    g_autoptr(Replicas) replicas = refused_replicas(ring, names, G_N_ELEMENTS(names));

    rng_init(&rng, 5, "who is down");
    for (guint trial = 0; trial < 12; trial++) {
        uint32_t dead = (uint32_t)(rng_next(&rng) & rng_next(&rng)) & ((1u << 20) - 1);
        double up[G_N_ELEMENTS(names)];

        for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
            up[i] = (dead >> i & 1) == 0;
        }
        for (int level = CONSISTENCY_ANY; level < LEVELS; level++) {
            for (guint site = 0; site < GOLDEN_SITES; site++) {
                ReplicasNeed need = refused_need((Consistency)level, ring, site);

                ck_assert_double_eq_tol(replicas_refused(replicas, &need, up),
                                        1 - availability(ring, (Consistency)level, site, dead),
                                        1e-9);
            }
        }
    }
    ring_free(ring);
}
END_TEST

/* When the level is decided at a coordinator of `site` if each replica answers after one round
 * trip, in ms; the worst over all ranges. Sites of `dead` are dark. */
static double floor_ms(const Ring *ring, Consistency level, guint site, guint dead)
{
    SimTime most = 0;

    for (guint i = 0; i < ring_count_ranges(ring); i++) {
        const RingRange *range = ring_range(ring, i);
        SimTime answered[RING_REPLICAS_MOST];

        for (guint replica = 0; replica < range->count; replica++) {
            guint other = ring_node(ring, range->replicas[replica]).site;

            answered[replica] = other == dead ? SIM_NEVER : golden_rtt_us[site][other] * SIM_US;
        }
        most = MAX(most, level_decided_at(level, ring, range, site, answered));
    }
    return (double)most / (double)SIM_MS;
}

START_TEST(network_floors_agree_with_the_table)
{
    static const double floors[GOLDEN_SITES][7] = {
        {44.3, 0, 92.6, 44.3, 44.3, 44.3, 104.6},      {44.3, 113.2, 0, 44.3, 44.3, 44.3, 123.3},
        {92.6, 113.2, 92.6, 0, 92.6, 92.6, 113.2},     {84.5, 98.9, 84.5, 98.9, 0, 84.5, 98.9},
        {104.6, 123.3, 104.6, 123.3, 104.6, 0, 123.3},
    };
    Ring *ring = golden_ring_new();

    for (guint site = 0; site < GOLDEN_SITES; site++) {
        ck_assert_double_eq_tol(floor_ms(ring, CONSISTENCY_QUORUM, site, GOLDEN_SITES),
                                floors[site][0], 1e-9);
        for (guint dead = 0; dead < GOLDEN_SITES; dead++) {
            if (dead != site) {
                ck_assert_double_eq_tol(floor_ms(ring, CONSISTENCY_QUORUM, site, dead),
                                        floors[site][dead + 1], 1e-9);
            }
        }
        ck_assert_double_eq_tol(floor_ms(ring, CONSISTENCY_EACH_QUORUM, site, GOLDEN_SITES),
                                floors[site][6], 1e-9);
    }
    ring_free(ring);
}
END_TEST

START_TEST(too_few_answers_decide_nothing)
{
    Ring *ring = golden_ring_new();
    const RingRange *range = ring_range(ring, 0);
    SimTime answered[RING_REPLICAS_MOST];

    for (guint i = 0; i < range->count; i++) {
        answered[i] = i < 5 ? 10 : SIM_NEVER;
    }
    ck_assert_int_eq(level_decided_at(CONSISTENCY_QUORUM, ring, range, DC01, answered), SIM_NEVER);
    ck_assert_int_eq(level_decided_at(CONSISTENCY_THREE, ring, range, DC01, answered), 10);
    ring_free(ring);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("level");
    TCase *tests = tcase_create("level");

    tcase_add_test(tests, answers_needed_agree_with_the_rules);
    tcase_add_test(tests, availability_agrees_with_the_table);
    tcase_add_test(tests, the_foretold_share_is_what_coordinators_refuse);
    tcase_add_test(tests, network_floors_agree_with_the_table);
    tcase_add_test(tests, too_few_answers_decide_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}

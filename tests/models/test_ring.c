/* test_ring.c - the token ring against the golden ring of the reference and a naive twin. */
#include "models/data/cassandra/ring.h"

#include <string.h>

#include "models/data/cassandra/murmur3.h"
#include "tests/support/golden_ring.h"
#include "tests/support/suite.h"

START_TEST(smallest_tokens_are_golden)
{
    Ring *ring = golden_ring_new();

    ck_assert_uint_eq(ring_count_ranges(ring), 640);
    ck_assert_int_eq(ring_range(ring, 0)->token, -9038697730199433551);
    ck_assert_str_eq(golden_ring_name(ring_range(ring, 0)->owner), "DC02-1");
    ck_assert_int_eq(ring_range(ring, 1)->token, -8937080479701896907);
    ck_assert_str_eq(golden_ring_name(ring_range(ring, 1)->owner), "DC01-1");
    ck_assert_int_eq(ring_range(ring, 2)->token, -8899754433643049612);
    ck_assert_str_eq(golden_ring_name(ring_range(ring, 2)->owner), "DC03-2");
    ring_free(ring);
}
END_TEST

START_TEST(ownership_is_golden)
{
    static const double percent[GOLDEN_NODES] = {
        67.9, 73.9, 83.8, 74.4, 77.5, 71.4, 82.7, 68.4, 67.5, 73.9,
        80.6, 78.0, 27.1, 23.4, 25.8, 23.6, 19.7, 25.6, 29.6, 25.1,
    };
    Ring *ring = golden_ring_new();

    for (guint node = 0; node < GOLDEN_NODES; node++) {
        ck_assert_double_eq_tol(100 * ring_owns(ring, node), percent[node], 0.0501);
    }
    ring_free(ring);
}
END_TEST

START_TEST(ownership_of_a_site_sums_to_its_factor)
{
    Ring *ring = golden_ring_new();

    for (guint site = 0; site < GOLDEN_SITES; site++) {
        double sum = 0;

        for (guint i = 0; i < 4; i++) {
            sum += ring_owns(ring, 4 * site + i);
        }
        ck_assert_double_eq_tol(sum, ring_factor(ring, site), 1e-9);
    }
    ring_free(ring);
}
END_TEST

/* The first of its site in ring order is the relay of remote writes. */
START_TEST(relay_shares_are_golden)
{
    static const double shares[12] = {.2402, .2262, .2380, .2956, .2468, .2239,
                                      .2312, .2981, .2350, .2004, .2807, .2839};
    Ring *ring = golden_ring_new();

    for (guint node = 0; node < 12; node++) {
        double sum = 0;

        for (guint i = 0; i < ring_count_ranges(ring); i++) {
            const RingRange *range = ring_range(ring, i);
            uint32_t of_site = range->site_mask[node / 4];

            if (range->replicas[__builtin_ctz(of_site)] == node) {
                sum += ring_share(ring, i);
            }
        }
        ck_assert_double_eq_tol(sum, shares[node], 0.000051);
    }
    ring_free(ring);
}
END_TEST

START_TEST(replica_lists_are_golden)
{
    static const char *const lists[][2] = {
        {"user1", "DC02-1 DC02-4 DC01-4 DCB2-1 DC03-2 DC01-2 DC02-2 DC03-4 DC03-3 DCB1-2 DC01-3"},
        {"hello", "DCB2-2 DC03-3 DCB1-3 DC03-4 DC01-3 DC02-1 DC01-1 DC01-2 DC03-1 DC02-3 DC02-2"},
        {"Montreal",
         "DC01-2 DC01-4 DC03-3 DC03-2 DC02-4 DCB2-2 DCB1-1 DC02-2 DC01-3 DC02-3 DC03-4"},
        {"cassandra",
         "DC01-3 DCB1-3 DC02-2 DCB2-1 DC03-1 DC01-4 DC02-3 DC03-3 DC02-1 DC01-1 DC03-4"},
        {"N\xc3\xbcrnberg",
         "DC01-3 DC02-2 DCB2-4 DC03-2 DC02-3 DCB1-1 DC02-4 DC03-1 DC03-3 DC01-1 DC01-2"},
    };
    Ring *ring = golden_ring_new();

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        int64_t token = murmur3_token(lists[i][0], strlen(lists[i][0]));
        const RingRange *range = ring_range(ring, ring_find(ring, token));
        GString *names = g_string_new(NULL);

        for (guint replica = 0; replica < range->count; replica++) {
            g_string_append_printf(names, "%s%s", replica == 0 ? "" : " ",
                                   golden_ring_name(range->replicas[replica]));
        }
        ck_assert_str_eq(names->str, lists[i][1]);
        g_string_free(names, TRUE);
    }
    ring_free(ring);
}
END_TEST

/* The naive twin walks all tokens. */
START_TEST(lookup_agrees_with_a_walk)
{
    Ring *ring = golden_ring_new();

    for (int64_t key = 0; key < 2000; key++) {
        int64_t token = murmur3_token_of_bigint(key);
        guint walked = 0;

        while (walked < ring_count_ranges(ring) && ring_range(ring, walked)->token < token) {
            walked++;
        }
        ck_assert_uint_eq(ring_find(ring, token), walked % ring_count_ranges(ring));
    }
    ck_assert_uint_eq(ring_find(ring, ring_range(ring, 5)->token), 5);
    ck_assert_uint_eq(ring_find(ring, INT64_MAX), 0);
    ck_assert_uint_eq(ring_find(ring, INT64_MIN), 0);
    for (guint i = 0; i < ring_count_ranges(ring); i++) {
        ck_assert_uint_eq(ring_find(ring, ring_range(ring, i)->token), i);
        ck_assert_uint_eq(ring_find(ring, ring_range(ring, i)->token + 1),
                          (i + 1) % ring_count_ranges(ring));
    }
    ring_free(ring);
}
END_TEST

START_TEST(racks_are_filled_before_they_repeat)
{
    static const RingNode nodes[] = {{0, 0}, {0, 0}, {0, 1}, {0, 1}, {0, 2}};
    static const uint32_t factors[] = {4};
    Ring *ring = ring_new(nodes, G_N_ELEMENTS(nodes), factors, 1);
    uint64_t state = 7;

    ring_draw_tokens(ring, 16, &state);
    ring_close(ring);
    for (guint i = 0; i < ring_count_ranges(ring); i++) {
        const RingRange *range = ring_range(ring, i);
        guint in_rack[3] = {0};

        ck_assert_uint_eq(range->count, 4);
        for (guint replica = 0; replica < range->count; replica++) {
            in_rack[nodes[range->replicas[replica]].rack]++;
        }
        ck_assert(in_rack[0] > 0 && in_rack[1] > 0 && in_rack[2] > 0);
    }
    ring_free(ring);
}
END_TEST

START_TEST(taken_and_smallest_tokens_are_refused)
{
    static const RingNode nodes[] = {{0, 0}, {0, 0}};
    static const uint32_t factors[] = {1};
    Ring *ring = ring_new(nodes, G_N_ELEMENTS(nodes), factors, 1);

    ck_assert(ring_add_token(ring, 0, 5));
    ck_assert(!ring_add_token(ring, 1, 5));
    ck_assert(!ring_add_token(ring, 1, MURMUR3_TOKEN_LEAST));
    ring_close(ring);
    ck_assert_double_eq_tol(ring_owns(ring, 0), 1, 1e-12);
    ring_free(ring);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("ring");
    TCase *tests = tcase_create("ring");

    tcase_add_test(tests, smallest_tokens_are_golden);
    tcase_add_test(tests, ownership_is_golden);
    tcase_add_test(tests, ownership_of_a_site_sums_to_its_factor);
    tcase_add_test(tests, relay_shares_are_golden);
    tcase_add_test(tests, replica_lists_are_golden);
    tcase_add_test(tests, lookup_agrees_with_a_walk);
    tcase_add_test(tests, racks_are_filled_before_they_repeat);
    tcase_add_test(tests, taken_and_smallest_tokens_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}

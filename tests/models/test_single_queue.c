/* test_single_queue.c - a Cassandra node with the settings of a textbook: its stages as M/M/c, its
 * levels as the k-th fastest of several answers (analytic vectors 2, 10, 11 and 12; point 19 of the
 * reference's list). Tolerances are four standard errors or wider, as told. */
#include "models/data/cassandra/murmur3.h"
#include "models/data/cassandra/node.h"
#include "sim/base/fixed_math.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

extern const Kind cassandra_kind;

#define NODES_A_SITE 4
#define LAN_RTT "500us"
#define WAN_RTT "40ms"
#define NO_CPU                                                                                     \
    "\"coordinator_cpu\": \"0s\", \"answer_cpu\": \"0s\", \"forward_cpu\": \"0s\", "               \
    "\"hint_cpu\": \"0s\", \"dclocal_read_repair_chance\": 0, "                                    \
    "\"speculative_retry\": \"NONE\", \"native_transport_max_threads\": 100000"

typedef struct Bed {
    Rig *rig;
    Probe *user;
    Cassandra *first; /* node 0, the coordinator */
} Bed;

/* `sites` data centres of `nodes` nodes with three replicas each, or as many as there are nodes. */
static Bed bed_new(guint sites, guint nodes, const char *host, const char *settings)
{
    static const char *const names[] = {"DC01", "DC02"};
    g_autofree char *second = g_strdup_printf(", \"DC02\": %u", MIN(3, nodes));
    g_autofree char *json = g_strdup_printf(
        "{\"token_seed\": 1, \"keyspaces\": {\"iot\": {\"replication\": {\"class\": "
        "\"NetworkTopologyStrategy\", \"DC01\": %u%s}}}, %s, " NO_CPU "}",
        MIN(3, nodes), sites > 1 ? second : "", settings);
    Bed bed = {.rig = rig_new(5, &cassandra_kind, NULL)};

    for (guint site = 0; site < sites; site++) {
        rig_site(bed.rig, names[site]);
        for (guint i = 0; i < nodes; i++) {
            g_autofree char *place = g_strdup_printf("%s-db%u", names[site], i + 1);
            Component *node;

            rig_host(bed.rig, place, NULL, host);
            node = rig_add(bed.rig, "cassandra", place, json);
            bed.first = bed.first == NULL ? (Cassandra *)node : bed.first;
        }
    }
    rig_host(bed.rig, "DC01-app1", NULL, "{\"steal\": \"none\"}");
    bed.user = rig_probe(bed.rig, "DC01-app1");
    for (guint from = 0; from < sites; from++) {
        for (guint to = 0; to < sites; to++) {
            rig_link(bed.rig, names[from], names[to],
                     from == to ? "{\"rtt\": \"" LAN_RTT "\", \"jitter\": \"none\", \"loss\": 0}"
                                : "{\"rtt\": \"" WAN_RTT "\", \"jitter\": \"none\", \"loss\": 0}");
        }
    }
    rig_start(bed.rig);
    rig_run(bed.rig, 20 * SIM_S);
    return bed;
}

static void ask(Bed *bed, MessageOp op, uint64_t key, Consistency level)
{
    Message message = {.op = op, .size_bytes = 100, .key = key, .consistency = (int)level};

    probe_call(bed->user, &bed->first->component, &message, SIM_NEVER);
}

/* --- one station: vector 2 --------------------------------------------------------------------
 */

/* Reads of one node with `threads` threads and as many vCPUs that take 1 ms each; `arrivals` come a
 * millisecond. How long they take, in ms. */
static Histogram *read_station(Rig **rig, guint threads, double arrivals, guint count)
{
    g_autofree char *host = g_strdup_printf("{\"steal\": \"none\", \"vcpu\": %u}", threads);
    g_autofree char *settings = g_strdup_printf(
        "\"read_cpu\": \"exponential(mean=1ms)\", \"concurrent_reads\": %u", threads);
    Bed bed = bed_new(1, 1, host, settings);
    Rng gaps;

    rng_init(&gaps, 11, "gaps");
    for (guint i = 0; i < count; i++) {
        double gap_ms = -fixed_log(rng_uniform(&gaps)) / arrivals;

        ask(&bed, MESSAGE_READ, 1, CONSISTENCY_ONE);
        rig_run(bed.rig, (SimSpan)(gap_ms * (double)SIM_MS));
    }
    rig_run(bed.rig, SIM_S);
    ck_assert_uint_eq(histogram_count(bed.first->read_latency), count);
    *rig = bed.rig;
    return bed.first->read_latency;
}

static double ms(int64_t span)
{
    return (double)span / (double)SIM_MS;
}

/* lam=14, mu=1, c=16: W 1.2542411, p50 .96711129, p95 3.3954713, p99 5.0140321. 30,000 reads: waits
 * are correlated over some 60 of them, so 5 % (10 % at the p99). */
START_TEST(reads_of_one_node_are_an_mmc_queue)
{
    Rig *rig;
    Histogram *took = read_station(&rig, 16, 14, 30000);

    ck_assert_double_eq_tol(histogram_mean(took) / (double)SIM_MS, 1.2542411, 0.05 * 1.254);
    ck_assert_double_eq_tol(ms(histogram_quantile(took, 0.5)), 0.96711129, 0.05 * 0.967);
    ck_assert_double_eq_tol(ms(histogram_quantile(took, 0.95)), 3.3954713, 0.05 * 3.395);
    ck_assert_double_eq_tol(ms(histogram_quantile(took, 0.99)), 5.0140321, 0.1 * 5.014);
    rig_free(rig);
}
END_TEST

/* --- the k-th fastest answer: vectors 10, 11 and 12 ---------------------------------------------
 */

/* A key that node 0 holds no replica of, so that all are as far as their site. */
static uint64_t key_elsewhere(const Bed *bed)
{
    const Ring *ring = bed->first->cluster->ring;

    for (uint64_t key = 1;; key++) {
        const RingRange *range =
            ring_range(ring, ring_find(ring, murmur3_token_of_bigint((int64_t)key)));
        bool holds = false;

        for (guint i = 0; i < range->count; i++) {
            holds = holds || range->replicas[i] == 0;
        }
        if (!holds) {
            return key;
        }
    }
}

/* 6,000 writes one after another at the level, each replica taking an exponential time of 4 ms. */
static void expect_writes(guint sites, Consistency level, double mean, double p50, double p95,
                          double p99)
{
    enum { WRITES = 6000 };
    Bed bed = bed_new(sites, NODES_A_SITE, "{\"steal\": \"none\"}",
                      "\"write_cpu\": \"exponential(mean=4ms)\"");
    const Histogram *took = bed.first->write_latency;
    uint64_t key = key_elsewhere(&bed);

    for (guint i = 0; i < WRITES; i++) {
        ask(&bed, MESSAGE_WRITE, key, level);
        rig_run(bed.rig, 150 * SIM_MS);
    }
    ck_assert_uint_eq(histogram_count(took), WRITES);
    ck_assert_double_eq_tol(histogram_mean(took) / (double)SIM_MS, mean, 0.2);
    ck_assert_double_eq_tol(ms(histogram_quantile(took, 0.5)), p50, 0.25);
    ck_assert_double_eq_tol(ms(histogram_quantile(took, 0.95)), p95, 0.6);
    ck_assert_double_eq_tol(ms(histogram_quantile(took, 0.99)), p99, 1.3);
    rig_free(bed.rig);
}

/* Three answers after .5 ms and an exponential time of 4 ms; k of them (vector 10 with mean 4, and
 * the first row of vector 11). */
START_TEST(levels_of_one_site_wait_for_the_kth_fastest_answer)
{
    expect_writes(1, CONSISTENCY_ONE, 0.5 + 4 * 0.33333333, 0.5 + 4 * 0.23104906,
                  0.5 + 4 * 0.99857742, 0.5 + 4 * 1.5350567);
    expect_writes(1, CONSISTENCY_LOCAL_QUORUM, 3.8333333, 3.2725887, 8.4995543, 11.827444);
    expect_writes(1, CONSISTENCY_THREE, 0.5 + 4 * 1.8333333, 0.5 + 4 * 1.5784264,
                  0.5 + 4 * 4.0773442, 0.5 + 4 * 5.7004361);
}
END_TEST

/* Four of six, three of them 40 ms away; the relay's neighbours are a quarter of a millisecond
 * farther than the vector has them. */
START_TEST(a_quorum_of_two_sites_waits_for_the_far_one)
{
    expect_writes(2, CONSISTENCY_QUORUM, 41.333488, 40.924324, 43.9947, 46.140711);
}
END_TEST

START_TEST(each_quorum_waits_for_both_sites)
{
    expect_writes(2, CONSISTENCY_EACH_QUORUM, 43.333333, 42.772589, 47.999554, 51.327444);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("single queue");
    TCase *tests = tcase_create("single queue");

    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, reads_of_one_node_are_an_mmc_queue);
    tcase_add_test(tests, levels_of_one_site_wait_for_the_kth_fastest_answer);
    tcase_add_test(tests, a_quorum_of_two_sites_waits_for_the_far_one);
    tcase_add_test(tests, each_quorum_waits_for_both_sites);
    return suite;
}

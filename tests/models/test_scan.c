/* test_scan.c - partitions that reads scan (Cassandra reference 4.3): tombstones cost time, are
 * warned of, and end reads; once they may be purged they count no more. */
#include "models/data/cassandra/node.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

#define ROWS 20
#define SETTINGS(more)                                                                             \
    CASSANDRA_NO_CPU                                                                               \
    ", \"speculative_retry\": \"NONE\", \"tombstone_warn_threshold\": 40, "                        \
    "\"tombstone_failure_threshold\": 100, \"partition\": {\"rows\": 20, \"cells\": 10" more "}"

/* A node of DC01 that holds the partition of `key`. */
static guint holder(const CassandraRig *rig, uint64_t key)
{
    guint node = 0;

    while (!cassandra_rig_holds(rig, node, key / ROWS)) {
        node++;
    }
    return node;
}

static void delete_rows(CassandraRig *rig, uint64_t first, guint count)
{
    for (uint64_t key = first; key < first + count; key++) {
        cassandra_rig_ask(rig, 0,
                          (Message){.op = MESSAGE_WRITE,
                                    .flags = STORE_DELETE,
                                    .key = key,
                                    .consistency = CONSISTENCY_ALL});
        rig_run(rig->rig, 300 * SIM_MS);
    }
}

static const ProbeAsked *read_row(CassandraRig *rig, uint64_t key, Consistency level)
{
    const ProbeAsked *asked = cassandra_rig_read(rig, holder(rig, key), key, level);

    rig_run(rig->rig, 3 * SIM_S);
    return asked;
}

static SimSpan took(const ProbeAsked *asked)
{
    return asked->ended - asked->begun;
}

/* 20 rows next to each other are where the partition's number says, whatever row is asked for. */
START_TEST(rows_of_a_partition_share_their_replicas)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, SETTINGS(""));
    const Cluster *cluster = ((const Cassandra *)rig->nodes[0])->cluster;

    for (uint64_t key = 100; key < 140; key++) {
        const RingRange *range = cassandra_rig_range(rig, key / ROWS);

        cassandra_rig_write(rig, 0, key, CONSISTENCY_ALL);
        rig_run(rig->rig, 300 * SIM_MS);
        ck_assert_int_eq(
            ring_range(cluster->ring, key_table_find(&cluster->keys, key)->range)->token,
            range->token);
    }
}
END_TEST

START_TEST(each_deleted_cell_makes_reads_of_its_partition_slower)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, SETTINGS(", \"cell_cpu\": \"100us\""));
    SimSpan before, after, elsewhere;

    rig_run(rig->rig, SIM_S);
    before = took(read_row(rig, 100, CONSISTENCY_ONE));
    delete_rows(rig, 101, 8);
    after = took(read_row(rig, 100, CONSISTENCY_ONE));
    elsewhere = took(read_row(rig, 120, CONSISTENCY_ONE));
    ck_assert_int_eq(after - before, 80 * 100 * SIM_US);
    ck_assert_int_eq(elsewhere, before);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "tombstone_warnings"), 1);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "tombstone_failures"), 0);
}
END_TEST

/* 100 are read, 110 are not; live rows are none. */
START_TEST(beyond_the_threshold_reads_fail_at_once)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, SETTINGS(""));

    rig_run(rig->rig, SIM_S);
    cassandra_rig_write(rig, 0, 119, CONSISTENCY_ALL);
    delete_rows(rig, 101, 10);
    ck_assert_uint_eq(cassandra_rig_code(read_row(rig, 100, CONSISTENCY_LOCAL_QUORUM)), STORE_OK);
    delete_rows(rig, 111, 1);
    for (guint level = CONSISTENCY_ONE; level <= CONSISTENCY_QUORUM; level++) {
        const ProbeAsked *asked = read_row(rig, 100, (Consistency)level);

        ck_assert_uint_eq(cassandra_rig_code(asked), STORE_FAILURE);
        ck_assert_int_lt(took(asked), SIM_S);
    }
    ck_assert_uint_eq(cassandra_rig_sum(rig, "read_failures"),
                      CONSISTENCY_QUORUM - CONSISTENCY_ONE + 1);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "read_timeouts"), 0);
}
END_TEST

/* One replica that holds more than the others: a level that can do without it does. */
START_TEST(a_read_fails_when_too_few_replicas_are_left)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        3, SETTINGS("") ", \"hinted_handoff_enabled\": false, \"read_repair_chance\": 1, "
                        "\"background_rr\": \"as_coded\"");
    guint local = holder(rig, 100), away = local + 1;

    while (!cassandra_rig_holds(rig, away, 100 / ROWS)) {
        away++;
    }
    rig_run(rig->rig, SIM_S);
    for (guint i = 0; i < GOLDEN_NODES; i++) { /* only one replica hears of the deletes */
        if (i != away && i != 19) {
            rig_down(rig->rig, cassandra_rig_name(i), SIM_MIN);
        }
    }
    for (uint64_t key = 101; key < 112; key++) {
        cassandra_rig_ask(rig, away,
                          (Message){.op = MESSAGE_WRITE,
                                    .flags = STORE_DELETE,
                                    .key = key,
                                    .consistency = CONSISTENCY_ONE});
        rig_run(rig->rig, 200 * SIM_MS);
    }
    rig_run(rig->rig, 3 * SIM_MIN);
    ck_assert_uint_eq(cassandra_rig_code(read_row(rig, 100, CONSISTENCY_LOCAL_QUORUM)), STORE_OK);
    ck_assert_uint_eq(cassandra_rig_code(read_row(rig, 100, CONSISTENCY_ALL)), STORE_FAILURE);
}
END_TEST

START_TEST(tombstones_past_their_grace_count_no_more)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        3, SETTINGS(", \"cell_cpu\": \"100us\"") ", \"gc_grace_seconds\": \"30s\", "
                                                 "\"tombstone_compaction\": \"40s\"");
    SimSpan fresh;

    rig_run(rig->rig, SIM_S);
    fresh = took(read_row(rig, 100, CONSISTENCY_ONE));
    delete_rows(rig, 101, 15);
    ck_assert_uint_eq(cassandra_rig_code(read_row(rig, 100, CONSISTENCY_ONE)), STORE_FAILURE);
    rig_run(rig->rig, 35 * SIM_S); /* they may be purged, and still lie in the way */
    ck_assert_uint_eq(cassandra_rig_code(read_row(rig, 100, CONSISTENCY_ONE)), STORE_OK);
    ck_assert_int_eq(took(read_row(rig, 100, CONSISTENCY_ONE)) - fresh, 150 * 100 * SIM_US);
    rig_run(rig->rig, 45 * SIM_S); /* they are purged */
    ck_assert_int_eq(took(read_row(rig, 100, CONSISTENCY_ONE)), fresh);
}
END_TEST

/* Those that lay there before the run end as the others do. */
START_TEST(old_tombstones_are_purged_after_their_grace)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(3, SETTINGS(", \"tombstones\": 5000, \"tombstones_age\": "
                                      "\"9d\"") ", \"gc_grace_seconds\": \"777660s\", "
                                                "\"tombstone_compaction\": \"30s\"");

    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(read_row(rig, 100, CONSISTENCY_ONE)), STORE_FAILURE);
    rig_run(rig->rig, 70 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(read_row(rig, 100, CONSISTENCY_ONE)), STORE_OK);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("scans");
    TCase *tests = tcase_create("scans");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, rows_of_a_partition_share_their_replicas);
    tcase_add_test(tests, each_deleted_cell_makes_reads_of_its_partition_slower);
    tcase_add_test(tests, beyond_the_threshold_reads_fail_at_once);
    tcase_add_test(tests, a_read_fails_when_too_few_replicas_are_left);
    tcase_add_test(tests, tombstones_past_their_grace_count_no_more);
    tcase_add_test(tests, old_tombstones_are_purged_after_their_grace);
    suite_add_tcase(suite, tests);
    return suite;
}

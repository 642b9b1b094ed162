/* test_storage.c - memtables, commit log segments, compaction and a full disk, on the modelled
 * cluster with small limits. */
#include "models/data/cassandra/storage.h"

#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

#define MIB ((int64_t)1 << 20)

/* Rows of 100 KiB in memtables of 3 MiB: a flush for each 2 MiB of rows that is 1 MiB on disk. */
#define SMALL                                                                                      \
    "\"memtable_heap_space\": \"30MiB\", \"memtable_overhead\": 5, "                               \
    "\"commitlog_segment_size\": \"1MiB\""

static CassandraRig *rig_with(uint64_t seed, const char *settings, const char *storage)
{
    g_autofree char *json = g_strdup_printf(
        CASSANDRA_NO_CPU ", \"mutation_size\": \"100KiB\", \"data_size\": \"0B\", %s"
                         "\"storage\": {\"modelled\": true%s%s}",
        settings, storage[0] == '\0' ? "" : ", ", storage);

    return cassandra_rig_new(seed, json);
}

static const Storage *storage_at(const CassandraRig *rig, guint node)
{
    return ((const Cassandra *)rig->nodes[node])->storage;
}

/* Writes `count` keys through node 0, one each 20 ms. */
static guint write_many(CassandraRig *rig, guint count)
{
    guint ok = 0;

    for (guint i = 0; i < count; i++) {
        const ProbeAsked *asked = cassandra_rig_write(rig, 0, 1000 + i, CONSISTENCY_LOCAL_QUORUM);

        rig_run(rig->rig, 20 * SIM_MS);
        ok += asked->ends == 1 && asked->outcome == OUTCOME_OK && asked->reply.code == STORE_OK;
    }
    return ok;
}

/* What the node knows to be on its disk is what the host has given away. */
static void check_space(const CassandraRig *rig, guint node)
{
    const Storage *storage = storage_at(rig, node);
    int64_t written = storage->received_bytes;

    for (guint i = 0; i < storage->flushing->len; i++) {
        written += ((const Memtable *)storage->flushing->pdata[i])->table_bytes;
    }
    for (guint i = 0; i < storage->compactions->len; i++) {
        written += ((const Compaction *)storage->compactions->pdata[i])->written_bytes;
    }
    ck_assert_double_eq(
        rig_gauge(rig->rig, cassandra_rig_host(node), "space_used"),
        (double)(storage->other_bytes + storage->tables.size_bytes + storage->hints_bytes +
                 storage->segments->len * storage->node->storage_settings.commitlog_segment_size +
                 written));
}

START_TEST(a_flush_makes_a_table_and_frees_memory_and_segments)
{
    g_autoptr(CassandraRig) rig = rig_with(1, "", SMALL);

    ck_assert_uint_eq(write_many(rig, 200), 200);
    rig_run(rig->rig, 2 * SIM_S);
    for (guint node = 0; node < GOLDEN_NODES; node++) {
        const Storage *storage = storage_at(rig, node);
        uint64_t rows = cassandra_rig_counter(rig, node, "mutations") * 100 * 1024;

        ck_assert_int_le(storage->heap_used, 11 * MIB); /* a third, and one write */
        ck_assert_uint_eq(storage->flushing->len, 0);
        ck_assert_uint_le(storage->segments->len, 4); /* 2 MiB of rows and the ones at both ends */
        ck_assert_uint_eq(cassandra_rig_counter(rig, node, "bytes_flushed"),
                          (rows - (uint64_t)storage->memtable->rows_bytes) / 2);
        check_space(rig, node);
    }
    ck_assert_uint_ge(cassandra_rig_sum(rig, "flushes"), 80);
}
END_TEST

START_TEST(writes_wait_while_memory_is_full_and_go_on_after_the_flush)
{
    g_autoptr(CassandraRig) rig = rig_with(2, "", SMALL);
    Effect stall = EFFECT_NONE;

    stall.disk_flush_added = 30 * SIM_S;
    stall.disk_slow_ratio = 1;
    for (guint node = 0; node < 4; node++) {
        rig_effect(rig->rig, cassandra_rig_host(node), stall, 12 * SIM_S);
    }
    ck_assert_uint_lt(write_many(rig, 200), 150);
    ck_assert_double_gt(rig_gauge(rig->rig, cassandra_rig_name(0), "writes_parked"), 0);
    ck_assert_uint_gt(cassandra_rig_counter(rig, 0, "write_timeouts"), 0);
    rig_run(rig->rig, 60 * SIM_S);
    ck_assert_double_eq(rig_gauge(rig->rig, cassandra_rig_name(0), "writes_parked"), 0);
    ck_assert_uint_eq(write_many(rig, 20), 20);
    check_space(rig, 0);
}
END_TEST

START_TEST(a_commit_log_beyond_its_space_flushes_what_holds_its_oldest_segment)
{
    g_autoptr(CassandraRig) rig = rig_with(
        3, "", "\"commitlog_segment_size\": \"1MiB\", \"commitlog_total_space\": \"3MiB\"");

    write_many(rig, 200);
    rig_run(rig->rig, SIM_S);
    for (guint node = 0; node < 12; node++) {
        ck_assert_uint_ge(cassandra_rig_counter(rig, node, "flushes"), 1);
        ck_assert_uint_le(storage_at(rig, node)->segments->len, 4);
        check_space(rig, node);
    }
}
END_TEST

START_TEST(compaction_reads_no_more_than_its_throughput)
{
    g_autoptr(CassandraRig) rig = rig_with(4, "", SMALL ", \"compaction_throughput\": \"1MiB/s\"");
    uint64_t before;

    write_many(rig, 600);
    before = cassandra_rig_counter(rig, 0, "bytes_compacted");
    rig_run(rig->rig, 60 * SIM_S);
    ck_assert_uint_gt(cassandra_rig_counter(rig, 0, "compactions"), 0);
    ck_assert_uint_le(cassandra_rig_counter(rig, 0, "bytes_compacted"), before + 66 * MIB);
    ck_assert_uint_le(storage_at(rig, 0)->tables.tables->len, 4); /* it has caught up */
    check_space(rig, 0);
}
END_TEST

/* Section 14, point 16. */
START_TEST(a_40_gb_disk_is_warned_of_at_every_start)
{
    static const char *const text =
        "Only 32.596GiB free across all data volumes. Consider adding more capacity to your "
        "cluster or removing obsolete snapshots"; /* 35e9 B */
    g_autoptr(CassandraRig) rig = rig_with(5, "", "\"other_space\": \"5GB\"");
    const Storage *storage = storage_at(rig, 6);

    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(storage->line_count, 1);
    ck_assert_str_eq(storage->lines[0].level, "WARN");
    ck_assert_str_eq(storage->lines[0].text, text);
    rig_down(rig->rig, cassandra_rig_name(6), SIM_S);
    rig_run(rig->rig, 60 * SIM_S);
    ck_assert_uint_eq(storage->line_count, 2);
    ck_assert(g_str_has_prefix(storage->lines[1].text, "Only 32.5"));
}
END_TEST

static Effect full_disk(void)
{
    Effect effect = EFFECT_NONE;

    effect.disk_filled_ratio = 1;
    return effect;
}

/* How many others believe it up. */
static guint count_believers(const CassandraRig *rig, guint node)
{
    guint count = 0;

    for (guint i = 0; i < GOLDEN_NODES; i++) {
        count += i != node && node_sees((const Cassandra *)rig->nodes[i], node);
    }
    return count;
}

/* Section 14, point 16. */
START_TEST(policy_stop_leaves_the_process_alive_and_peers_see_it_down)
{
    g_autoptr(CassandraRig) rig = rig_with(6, "", SMALL);

    rig_effect(rig->rig, cassandra_rig_host(1), full_disk(), SIM_NEVER);
    write_many(rig, 200);
    rig_run(rig->rig, 3 * SIM_S);
    ck_assert(rig->nodes[1]->is_up);
    ck_assert(storage_at(rig, 1)->is_stopped);
    ck_assert_uint_eq(count_believers(rig, 1), 0);
    ck_assert_uint_eq(rig_noted(rig->rig, "cassandra.disk-failure"), 1);
    ck_assert_uint_gt(cassandra_rig_sum(rig, "hints_stored"), 0);
    ck_assert_uint_eq(cassandra_rig_write(rig, 1, 5, CONSISTENCY_ONE)->ends, 0);
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(write_many(rig, 20), 20); /* two replicas are a quorum */
}
END_TEST

START_TEST(a_stopped_node_exits_at_its_restart_while_the_disk_is_full)
{
    g_autoptr(CassandraRig) rig = rig_with(7, "", SMALL);

    rig_effect(rig->rig, cassandra_rig_host(1), full_disk(), 60 * SIM_S);
    write_many(rig, 200);
    rig_down(rig->rig, cassandra_rig_name(1), SIM_S);
    rig_run(rig->rig, 40 * SIM_S);
    ck_assert(!rig->nodes[1]->is_up);
    rig_run(rig->rig, 20 * SIM_S); /* room again: an operator starts it */
    component_start(rig->nodes[1]);
    rig_run(rig->rig, 60 * SIM_S);
    ck_assert(rig->nodes[1]->is_up);
    ck_assert_uint_eq(count_believers(rig, 1), GOLDEN_NODES - 1);
    check_space(rig, 1);
}
END_TEST

START_TEST(policy_die_ends_the_process)
{
    g_autoptr(CassandraRig) rig = rig_with(
        8, "", SMALL ", \"commit_failure_policy\": \"die\", \"disk_failure_policy\": \"die\"");

    rig_effect(rig->rig, cassandra_rig_host(1), full_disk(), SIM_NEVER);
    write_many(rig, 200);
    ck_assert(!rig->nodes[1]->is_up);
    rig_heal(rig->rig);
    check_space(rig, 1);
}
END_TEST

/* All writes of the node wait; what it has is read. */
START_TEST(policy_stop_commit_lets_writes_wait_and_serves_reads)
{
    g_autoptr(CassandraRig) rig = rig_with(9, "\"speculative_retry\": \"NONE\", ",
                                           SMALL ", \"commit_failure_policy\": \"stop_commit\", "
                                                 "\"disk_failure_policy\": \"ignore\"");
    const ProbeAsked *written, *read;
    uint64_t key = 1;

    while (!cassandra_rig_holds(rig, 1, key)) {
        key++;
    }
    written = cassandra_rig_write(rig, 1, key, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(written), STORE_OK);
    rig_effect(rig->rig, cassandra_rig_host(1), full_disk(), SIM_NEVER);
    write_many(rig, 200);
    ck_assert(rig->nodes[1]->is_up && storage_at(rig, 1)->is_log_stopped);
    ck_assert_uint_eq(count_believers(rig, 1), GOLDEN_NODES - 1);
    ck_assert_double_gt(rig_gauge(rig->rig, cassandra_rig_name(1), "writes_parked"), 0);
    read = cassandra_rig_read(rig, 1, key, CONSISTENCY_ALL);
    rig_run(rig->rig, SIM_S);
    written = cassandra_rig_write(rig, 1, key, CONSISTENCY_ALL);
    rig_run(rig->rig, 5 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(written), STORE_TIMEOUT);
    ck_assert_uint_eq(cassandra_rig_code(read), STORE_OK);
}
END_TEST

START_TEST(policy_ignore_goes_on_when_there_is_room_again)
{
    g_autoptr(CassandraRig) rig = rig_with(10, "",
                                           SMALL ", \"commit_failure_policy\": \"ignore\", "
                                                 "\"disk_failure_policy\": \"ignore\"");

    rig_effect(rig->rig, cassandra_rig_host(1), full_disk(), 20 * SIM_S);
    write_many(rig, 200);
    ck_assert(storage_at(rig, 1)->is_log_stopped);
    ck_assert_uint_eq(count_believers(rig, 1), GOLDEN_NODES - 1);
    rig_run(rig->rig, 30 * SIM_S);
    ck_assert(!storage_at(rig, 1)->is_log_stopped);
    ck_assert_double_eq(rig_gauge(rig->rig, cassandra_rig_name(1), "writes_parked"), 0);
    check_space(rig, 1);
}
END_TEST

/* A directory that was given up takes no table any more: memory fills for good. */
START_TEST(policy_best_effort_flushes_no_more)
{
    g_autoptr(CassandraRig) rig = rig_with(
        11, "", "\"memtable_heap_space\": \"30MiB\", \"disk_failure_policy\": \"best_effort\"");

    rig_effect(rig->rig, cassandra_rig_host(1), full_disk(), 10 * SIM_S);
    write_many(rig, 600);
    rig_run(rig->rig, 30 * SIM_S);
    ck_assert(storage_at(rig, 1)->is_unwritable);
    ck_assert_uint_ge(cassandra_rig_counter(rig, 1, "flushes_failed"), 1);
    write_many(rig, 300);
    ck_assert_double_gt(rig_gauge(rig->rig, cassandra_rig_name(1), "writes_parked"), 0);
    ck_assert(rig->nodes[1]->is_up);
}
END_TEST

START_TEST(a_killed_node_replays_what_was_not_flushed)
{
    g_autoptr(CassandraRig) rig = rig_with(12, "", SMALL);
    const Storage *storage = storage_at(rig, 2);
    int64_t before;

    write_many(rig, 110);
    rig_run(rig->rig, SIM_S);
    before = storage->tables.size_bytes + storage->memtable->rows_bytes / 2;
    ck_assert_int_gt(storage->memtable->rows_bytes, 0);
    rig_down(rig->rig, cassandra_rig_name(2), SIM_S);
    rig_run(rig->rig, 60 * SIM_S);
    ck_assert(rig->nodes[2]->is_up);
    ck_assert_int_eq(storage->tables.size_bytes, before);
    ck_assert_uint_eq(storage->segments->len, 1);
    check_space(rig, 2);
}
END_TEST

START_TEST(load_is_what_gossip_told_a_minute_ago_at_most)
{
    g_autoptr(CassandraRig) rig = rig_with(13, "", SMALL);
    const Cassandra *asked = (const Cassandra *)rig->nodes[8];
    const Cassandra *node = (const Cassandra *)rig->nodes[2];
    int64_t first, later;

    rig_run(rig->rig, 10 * SIM_S);
    ck_assert(storage_told_load(asked, node, &first));
    ck_assert_int_eq(first, 0);
    write_many(rig, 300);
    ck_assert(storage_told_load(asked, node, &later));
    ck_assert_int_eq(later, first);
    rig_run(rig->rig, 65 * SIM_S);
    ck_assert(storage_told_load(asked, node, &later));
    ck_assert_int_gt(later, first);
}
END_TEST

START_TEST(data_beyond_the_page_cache_are_read_from_the_disk)
{
    g_autoptr(CassandraRig) fits =
        cassandra_rig_new(14, "\"data_size\": \"1GiB\", \"storage\": {\"modelled\": true}");
    g_autoptr(CassandraRig) large =
        cassandra_rig_new(14, "\"data_size\": \"10GiB\", \"storage\": {\"modelled\": true}");

    for (guint i = 0; i < 100; i++) {
        cassandra_rig_read(fits, 0, i, CONSISTENCY_LOCAL_QUORUM);
        cassandra_rig_read(large, 0, i, CONSISTENCY_LOCAL_QUORUM);
        rig_run(fits->rig, 50 * SIM_MS);
        rig_run(large->rig, 50 * SIM_MS);
    }
    ck_assert_uint_eq(cassandra_rig_sum(fits, "disk_chunk_reads"), 0);
    ck_assert_uint_gt(cassandra_rig_sum(large, "disk_chunk_reads"), 200);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("storage");
    TCase *tests = tcase_create("storage");

    tcase_add_test(tests, a_flush_makes_a_table_and_frees_memory_and_segments);
    tcase_add_test(tests, writes_wait_while_memory_is_full_and_go_on_after_the_flush);
    tcase_add_test(tests, a_commit_log_beyond_its_space_flushes_what_holds_its_oldest_segment);
    tcase_add_test(tests, compaction_reads_no_more_than_its_throughput);
    tcase_add_test(tests, a_40_gb_disk_is_warned_of_at_every_start);
    tcase_add_test(tests, policy_stop_leaves_the_process_alive_and_peers_see_it_down);
    tcase_add_test(tests, a_stopped_node_exits_at_its_restart_while_the_disk_is_full);
    tcase_add_test(tests, policy_die_ends_the_process);
    tcase_add_test(tests, policy_stop_commit_lets_writes_wait_and_serves_reads);
    tcase_add_test(tests, policy_ignore_goes_on_when_there_is_room_again);
    tcase_add_test(tests, policy_best_effort_flushes_no_more);
    tcase_add_test(tests, a_killed_node_replays_what_was_not_flushed);
    tcase_add_test(tests, load_is_what_gossip_told_a_minute_ago_at_most);
    tcase_add_test(tests, data_beyond_the_page_cache_are_read_from_the_disk);
    suite_add_tcase(suite, tests);
    return suite;
}

/* test_tombstones.c - deletes, their tombstones, and timestamps that decide (Cassandra reference
 * 7.2 and 7.3): who shadows whom, what a compaction may purge, and how a deleted row returns. */
#include "models/data/cassandra/node.h"
#include "models/data/cassandra/tombstones.h"
#include "sim/world/version.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

#define KEY 9
#define QUICK_GRACE "\"gc_grace_seconds\": \"60s\", \"tombstone_compaction\": \"5s\""
#define NO_REPAIR "\"dclocal_read_repair_chance\": 0"

static const ProbeAsked *delete_at(CassandraRig *rig, guint node, Consistency level)
{
    Message message = {
        .op = MESSAGE_WRITE, .flags = STORE_DELETE, .key = KEY, .consistency = (int)level};
    const ProbeAsked *asked = cassandra_rig_ask(rig, node, message);

    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
    return asked;
}

/* A write with the client's own stamp. */
static int64_t write_stamped(CassandraRig *rig, guint node, int64_t clock_us, uint32_t writer,
                             uint32_t flags)
{
    Message message = {.op = MESSAGE_WRITE,
                       .flags = flags,
                       .key = KEY,
                       .version = version_make(clock_us, writer, false),
                       .consistency = CONSISTENCY_ALL};
    const ProbeAsked *asked = cassandra_rig_ask(rig, node, message);

    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
    return asked->reply.version;
}

static int64_t write_at(CassandraRig *rig, guint node, Consistency level)
{
    const ProbeAsked *asked = cassandra_rig_write(rig, node, KEY, level);

    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
    return asked->reply.version;
}

static int64_t read_at(CassandraRig *rig, guint node, Consistency level)
{
    const ProbeAsked *asked = cassandra_rig_read(rig, node, KEY, level);

    rig_run(rig->rig, 3 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
    return asked->reply.version;
}

/* A node of DC01 that holds the key, and its number among the replicas. */
static guint holder(const CassandraRig *rig, guint *index)
{
    const RingRange *range = cassandra_rig_range(rig, KEY);

    *index = (guint)__builtin_ctz(range->site_mask[DC01]);
    return range->replicas[*index];
}

START_TEST(a_delete_leaves_a_tombstone_on_every_replica_and_reads_as_one)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, NULL);
    int64_t written, deleted;

    rig_run(rig->rig, SIM_S);
    written = write_at(rig, 0, CONSISTENCY_ALL);
    deleted = delete_at(rig, 5, CONSISTENCY_LOCAL_QUORUM)->reply.version;
    ck_assert(version_is_delete(deleted));
    ck_assert(!version_is_delete(written));
    ck_assert_int_gt(deleted, written);
    for (guint i = 0; i < 11; i++) {
        ck_assert_int_eq(cassandra_rig_stored(rig, i, KEY), deleted);
    }
    ck_assert_int_eq(read_at(rig, 9, CONSISTENCY_LOCAL_QUORUM), deleted);
}
END_TEST

/* Cassandra reference 7.3, db/Conflicts: at equal timestamps a tombstone beats a live cell,
 * whichever arrives first. */
START_TEST(at_equal_timestamps_a_delete_beats_a_value)
{
    for (int order = 0; order < 2; order++) {
        g_autoptr(CassandraRig) rig = cassandra_rig_new(3, NULL);

        rig_run(rig->rig, SIM_S);
        write_stamped(rig, 0, 500000, 7, order == 0 ? STORE_DELETE : 0);
        write_stamped(rig, 4, 500000, 8, order == 0 ? 0 : STORE_DELETE);
        ck_assert(version_is_delete(read_at(rig, 8, CONSISTENCY_QUORUM)));
    }
}
END_TEST

/* Cassandra reference 7.3: both alike, the larger value, whichever arrives first. */
START_TEST(at_equal_timestamps_the_larger_value_wins_in_any_order)
{
    for (uint32_t first = 7; first <= 8; first++) {
        g_autoptr(CassandraRig) rig = cassandra_rig_new(3, NULL);

        rig_run(rig->rig, SIM_S);
        write_stamped(rig, 0, 500000, first, 0);
        write_stamped(rig, 4, 500000, 15 - first, 0);
        ck_assert_int_eq(read_at(rig, 8, CONSISTENCY_QUORUM), version_make(500000, 8, false));
    }
}
END_TEST

/* Cassandra reference 7.3: a delete issued by a slow clock does not delete, although it is
 * acknowledged at ALL. */
START_TEST(a_delete_from_a_slow_clock_deletes_nothing)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, NULL);
    Effect behind = EFFECT_NONE;
    int64_t written;

    behind.clock_ahead = -10 * SIM_S;
    rig_run(rig->rig, SIM_MIN);
    rig_effect(rig->rig, cassandra_rig_name(4), behind, SIM_NEVER);
    written = write_at(rig, 0, CONSISTENCY_ALL);
    delete_at(rig, 4, CONSISTENCY_ALL);
    ck_assert_int_eq(read_at(rig, 8, CONSISTENCY_ALL), written);
}
END_TEST

/* Cassandra reference 7.3: a write by a clock far ahead pins the cell until real time passes it. */
START_TEST(a_write_from_a_fast_clock_cannot_be_deleted_until_time_has_passed_it)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, NULL);
    Effect ahead = EFFECT_NONE;
    int64_t pinned, deleted;

    ahead.clock_ahead = 30 * SIM_S;
    rig_run(rig->rig, SIM_MIN);
    rig_effect(rig->rig, cassandra_rig_name(0), ahead, SIM_NEVER);
    pinned = write_at(rig, 0, CONSISTENCY_ALL);
    delete_at(rig, 4, CONSISTENCY_ALL);
    ck_assert_int_eq(read_at(rig, 8, CONSISTENCY_ALL), pinned);
    rig_run(rig->rig, 30 * SIM_S);
    deleted = delete_at(rig, 4, CONSISTENCY_ALL)->reply.version;
    ck_assert_int_eq(read_at(rig, 8, CONSISTENCY_ALL), deleted);
}
END_TEST

START_TEST(a_tombstone_is_purged_after_its_grace_and_a_compaction)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, QUICK_GRACE ", " NO_REPAIR);

    rig_run(rig->rig, SIM_S);
    write_at(rig, 0, CONSISTENCY_ALL);
    delete_at(rig, 0, CONSISTENCY_ALL);
    rig_run(rig->rig, 50 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "tombstones_purged"), 0);
    rig_run(rig->rig, 20 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "tombstones_purged"), 11);
    ck_assert_int_eq(read_at(rig, 8, CONSISTENCY_ALL), 0);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "digest_mismatches"), 0);
}
END_TEST

/* db/ReadCommand.withoutPurgeableTombstones: what may be purged is not shown, so replicas that have
 * compacted and those that have not agree. */
START_TEST(a_tombstone_past_its_grace_reads_as_nothing_before_any_compaction)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        3, "\"gc_grace_seconds\": \"60s\", \"tombstone_compaction\": \"1h\", " NO_REPAIR);
    int64_t deleted;

    rig_run(rig->rig, SIM_S);
    write_at(rig, 0, CONSISTENCY_ALL);
    deleted = delete_at(rig, 0, CONSISTENCY_ALL)->reply.version;
    ck_assert_int_eq(read_at(rig, 8, CONSISTENCY_ALL), deleted);
    rig_run(rig->rig, 65 * SIM_S);
    ck_assert_int_eq(read_at(rig, 8, CONSISTENCY_ALL), 0);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "tombstones_purged"), 0);
}
END_TEST

/* A node misses the delete for `away`; what a read at ALL then shows, and all replicas hold. */
static int64_t row_after_an_absence(const char *settings, SimSpan away, int64_t *written)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, settings);
    guint index, node;
    int64_t shown;

    node = holder(rig, &index);
    rig_run(rig->rig, SIM_S);
    *written = write_at(rig, 4, CONSISTENCY_ALL);
    rig_run(rig->rig, 15 * SIM_S);
    rig_down(rig->rig, cassandra_rig_name(node), away);
    rig_run(rig->rig, 30 * SIM_S);
    delete_at(rig, 4, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, away + 2 * SIM_MIN);
    shown = read_at(rig, 4, CONSISTENCY_ALL);
    rig_run(rig->rig, 5 * SIM_S);
    for (guint i = 0; i < 11; i++) {
        ck_assert_int_eq(cassandra_rig_stored(rig, i, KEY), shown);
    }
    return shown;
}

/* Cassandra reference 7.2 and test list 15: down longer than gc_grace, no hint, no repair: one read
 * brings the deleted row back to all replicas. */
START_TEST(a_deleted_row_returns_from_a_replica_that_missed_it_past_its_grace)
{
    int64_t written, shown;

    shown = row_after_an_absence(QUICK_GRACE ", \"hinted_handoff_enabled\": false", 4 * SIM_MIN,
                                 &written);
    ck_assert_int_eq(shown, written);
}
END_TEST

/* hints/HintsDispatcher: a hint older than gc_grace is not applied, so it does not help either. */
START_TEST(a_hint_older_than_the_grace_is_not_applied)
{
    int64_t written, shown;

    shown = row_after_an_absence(QUICK_GRACE, 4 * SIM_MIN, &written);
    ck_assert_int_eq(shown, written);
}
END_TEST

START_TEST(a_delete_that_a_hint_brings_in_time_holds)
{
    int64_t written, shown;

    shown = row_after_an_absence("\"gc_grace_seconds\": \"1h\"", 4 * SIM_MIN, &written);
    ck_assert(version_is_delete(shown));
}
END_TEST

START_TEST(a_delete_that_a_read_repairs_in_time_holds)
{
    int64_t written, shown;

    shown = row_after_an_absence("\"gc_grace_seconds\": \"1h\", \"hinted_handoff_enabled\": false",
                                 4 * SIM_MIN, &written);
    ck_assert(version_is_delete(shown));
}
END_TEST

/* The deletion time is the coordinator's, whatever stamp the client gave: a client's clock a day
 * behind does not shorten the grace. */
START_TEST(the_grace_counts_from_the_coordinators_clock)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, QUICK_GRACE ", " NO_REPAIR);
    int64_t deleted;

    rig_run(rig->rig, 5 * SIM_MIN);
    deleted = write_stamped(rig, 0, 1000, 7, STORE_DELETE);
    ck_assert_int_eq(read_at(rig, 8, CONSISTENCY_ALL), deleted);
    rig_run(rig->rig, 70 * SIM_S);
    ck_assert_int_eq(read_at(rig, 8, CONSISTENCY_ALL), 0);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "tombstones_purged"), 11);
}
END_TEST

/* An acknowledged delete whose tombstones are all purged is not a lost write, and replicas that
 * have purged agree with those that have not. */
START_TEST(a_purged_delete_is_neither_lost_nor_a_divergence)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        3, "\"gc_grace_seconds\": \"60s\", \"tombstone_compaction\": \"uniform(1s, 1h)\"");
    History *history = world_history(rig->rig->world);
    UserRequest request = {.id = 1, .is_write = true, .is_ok = true, .attempts = 1};
    const ProbeAsked *asked;
    HistoryTotals totals;

    rig_run(rig->rig, SIM_S);
    write_at(rig, 0, CONSISTENCY_ALL);
    asked = delete_at(rig, 0, CONSISTENCY_ALL);
    history_write_acked(history, KEY, asked->reply.version, asked->ended, &request);
    rig_run(rig->rig, 30 * SIM_MIN);
    ck_assert_uint_gt(cassandra_rig_sum(rig, "tombstones_purged"), 0);
    ck_assert_uint_lt(cassandra_rig_sum(rig, "tombstones_purged"), 11);
    rig->nodes[0]->kind->on_judge(rig->nodes[0]);
    totals = history_totals(history);
    ck_assert_uint_eq(totals.keys_judged, 1);
    ck_assert_uint_eq(totals.writes_lost, 0);
    ck_assert_uint_eq(totals.keys_diverged, 0);
}
END_TEST

/* Compactions come uniformly over 100 s after a grace of 20 s: 3300 tombstones follow the law
 * within four standard errors (0.035) and the 3 s that the deletes took, and none is left. */
START_TEST(tombstones_go_when_their_compactions_come)
{
    enum { KEYS = 300, ALL = 11 * KEYS };
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        3, "\"gc_grace_seconds\": \"20s\", \"tombstone_compaction\": \"uniform(0s, 100s)\"");

    for (guint key = 1; key <= KEYS; key++) {
        Message message = {
            .op = MESSAGE_WRITE, .flags = STORE_DELETE, .key = key, .consistency = CONSISTENCY_ALL};

        cassandra_rig_ask(rig, key % 20, message);
        rig_run(rig->rig, 10 * SIM_MS);
    }
    rig_run(rig->rig, 18 * SIM_S);
    for (int s = 0; s < 100; s += 20) {
        double share = (double)cassandra_rig_sum(rig, "tombstones_purged") / ALL;

        ck_assert_double_eq_tol(share, s / 100.0, 0.065);
        rig_run(rig->rig, 20 * SIM_S);
    }
    rig_run(rig->rig, 10 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "tombstones_purged"), ALL);
}
END_TEST

START_TEST(a_version_keeps_its_clock_and_orders_by_it)
{
    int64_t early = version_make(1000, VERSION_WRITERS - 1, true),
            late = version_make(1001, 0, false);

    ck_assert_int_lt(early, late);
    ck_assert_int_eq(version_clock_us(early), 1000);
    ck_assert(version_is_delete(early));
    ck_assert(!version_is_delete(late));
    ck_assert_int_eq(version_as_delete(version_make(1000, VERSION_WRITERS - 1, false)), early);
    ck_assert_int_eq(version_as_delete(early), early);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("tombstones");
    TCase *tests = tcase_create("tombstones");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_delete_leaves_a_tombstone_on_every_replica_and_reads_as_one);
    tcase_add_test(tests, at_equal_timestamps_a_delete_beats_a_value);
    tcase_add_test(tests, at_equal_timestamps_the_larger_value_wins_in_any_order);
    tcase_add_test(tests, a_delete_from_a_slow_clock_deletes_nothing);
    tcase_add_test(tests, a_write_from_a_fast_clock_cannot_be_deleted_until_time_has_passed_it);
    tcase_add_test(tests, a_tombstone_is_purged_after_its_grace_and_a_compaction);
    tcase_add_test(tests, a_tombstone_past_its_grace_reads_as_nothing_before_any_compaction);
    tcase_add_test(tests, a_deleted_row_returns_from_a_replica_that_missed_it_past_its_grace);
    tcase_add_test(tests, a_hint_older_than_the_grace_is_not_applied);
    tcase_add_test(tests, a_delete_that_a_hint_brings_in_time_holds);
    tcase_add_test(tests, a_delete_that_a_read_repairs_in_time_holds);
    tcase_add_test(tests, the_grace_counts_from_the_coordinators_clock);
    tcase_add_test(tests, a_purged_delete_is_neither_lost_nor_a_divergence);
    tcase_add_test(tests, tombstones_go_when_their_compactions_come);
    tcase_add_test(tests, a_version_keeps_its_clock_and_orders_by_it);
    suite_add_tcase(suite, tests);
    return suite;
}

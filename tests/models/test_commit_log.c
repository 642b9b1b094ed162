/* test_commit_log.c - what a power loss takes: the log alone, and a node with each kind of sync. */
#include "models/data/cassandra/commit_log.h"

#include "sim/base/rng.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

/* --- the log alone ------------------------------------------------------------------------------
 */

typedef struct Disk {
    CommitLog log;
    Store store;
} Disk;

static Disk *disk_new(void)
{
    Disk *disk = g_new0(Disk, 1);

    commit_log_init(&disk->log);
    return disk;
}

static void disk_free(Disk *disk)
{
    commit_log_clear(&disk->log);
    store_clear(&disk->store);
    g_free(disk);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Disk, disk_free)

static void disk_write(Disk *disk, uint32_t slot, int64_t version)
{
    int64_t before = store_put(&disk->store, slot, version);

    if (version > before) {
        commit_log_append(&disk->log, slot, before);
    }
}

START_TEST(what_no_sync_covered_is_lost)
{
    g_autoptr(Disk) disk = disk_new();
    guint count;

    disk_write(disk, 1, 10);
    disk_write(disk, 2, 20);
    ck_assert(commit_log_begin_sync(&disk->log, SIM_S));
    disk_write(disk, 1, 30);
    commit_log_end_sync(&disk->log, &count);
    disk_write(disk, 3, 40);
    ck_assert_uint_eq(commit_log_lose(&disk->log, &disk->store), 2);
    ck_assert_int_eq(store_get(&disk->store, 1), 10);
    ck_assert_int_eq(store_get(&disk->store, 2), 20);
    ck_assert_int_eq(store_get(&disk->store, 3), 0);
}
END_TEST

START_TEST(a_sync_that_has_not_ended_saves_nothing)
{
    g_autoptr(Disk) disk = disk_new();

    disk_write(disk, 1, 10);
    ck_assert(commit_log_begin_sync(&disk->log, SIM_S));
    ck_assert(!commit_log_begin_sync(&disk->log, 2 * SIM_S));
    ck_assert_uint_eq(commit_log_lose(&disk->log, &disk->store), 1);
    ck_assert_int_eq(store_get(&disk->store, 1), 0);
}
END_TEST

/* The twin copies all versions at each sync's begin and takes the copy over at its end. */
START_TEST(losses_agree_with_a_copy_of_the_disk)
{
    enum { SLOTS = 20 };
    g_autoptr(Disk) disk = disk_new();
    int64_t durable[SLOTS] = {0}, covered[SLOTS] = {0};
    bool is_syncing = false;
    guint count;
    Rng rng;

    rng_init(&rng, 23, "disk");
    for (int64_t version = 1; version <= 20000; version++) {
        uint64_t what = rng_below(&rng, 100);

        if (what < 90) {
            disk_write(disk, (uint32_t)rng_below(&rng, SLOTS),
                       version - (int64_t)rng_below(&rng, 40));
        } else if (what < 94 && !is_syncing) {
            commit_log_begin_sync(&disk->log, version);
            is_syncing = true;
            for (uint32_t i = 0; i < SLOTS; i++) {
                covered[i] = store_get(&disk->store, i);
            }
        } else if (what < 99 && is_syncing) {
            commit_log_end_sync(&disk->log, &count);
            is_syncing = false;
            memcpy(durable, covered, sizeof durable);
        } else if (what == 99) {
            commit_log_lose(&disk->log, &disk->store);
            is_syncing = false;
            for (uint32_t i = 0; i < SLOTS; i++) {
                ck_assert_int_eq(store_get(&disk->store, i), durable[i]);
            }
        }
    }
}
END_TEST

START_TEST(a_sync_answers_only_those_it_covers)
{
    g_autoptr(Disk) disk = disk_new();
    guint count;

    *commit_log_wait(&disk->log) = (CommitLogWaiter){.detail = 1};
    *commit_log_wait(&disk->log) = (CommitLogWaiter){.detail = 2};
    commit_log_begin_sync(&disk->log, SIM_S);
    *commit_log_wait(&disk->log) = (CommitLogWaiter){.detail = 3};
    commit_log_end_sync(&disk->log, &count);
    ck_assert_uint_eq(count, 2);
    commit_log_answered(&disk->log, count);
    ck_assert_uint_eq(disk->log.waiting, 1);
    ck_assert_uint_eq(disk->log.waiters[0].detail, 3);
}
END_TEST

/* --- nodes --------------------------------------------------------------------------------------
 */

static const Effect power_loss = {
    .down = true, .unsynced_lost = true, .slowdown = 1, .load_factor = 1};
static const Effect crash = {.down = true, .slowdown = 1, .load_factor = 1};

/* Writes 200 keys at DC03 alone (it is cut off), takes power from its four hosts half a second
 * later and returns how many of the acknowledged ones DC03 still has when it is back. */
static guint count_kept(CassandraRig *rig, const Effect *fault, guint *acked)
{
    const ProbeAsked *written[200], *read[200];
    guint kept = 0;

    rig_run(rig->rig, 31 * SIM_S);
    for (guint site = DC01; site <= DCB2; site++) {
        if (site != DC03) {
            cassandra_rig_cut(rig, DC03, site, 40 * SIM_S);
        }
    }
    for (guint i = 0; i < 200; i++) {
        written[i] = cassandra_rig_write(rig, 8 + i % 4, i + 1, CONSISTENCY_LOCAL_QUORUM);
        rig_run(rig->rig, SIM_MS);
    }
    rig_run(rig->rig, 500 * SIM_MS);
    for (guint node = 8; node < 12; node++) {
        rig_effect(rig->rig, cassandra_rig_host(node), *fault, 10 * SIM_S);
    }
    rig_run(rig->rig, 120 * SIM_S);
    for (guint i = 0; i < 200; i++) {
        read[i] = cassandra_rig_read(rig, 8, i + 1, CONSISTENCY_LOCAL_QUORUM);
    }
    rig_run(rig->rig, 10 * SIM_S);
    *acked = 0;
    for (guint i = 0; i < 200; i++) {
        ck_assert_uint_eq(cassandra_rig_code(read[i]), STORE_OK);
        if (cassandra_rig_code(written[i]) == STORE_OK) {
            *acked += 1;
            kept += read[i]->reply.version == written[i]->reply.version ? 1 : 0;
        }
    }
    return kept;
}

/* Each node syncs at a random phase of its 10 s: in about 0.7 s hardly any. A key is kept when one
 * of the two or three replicas that had it by then has synced since. */
START_TEST(power_loss_takes_acknowledged_writes_with_periodic_sync)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(1, "\"hinted_handoff_enabled\": false");
    guint acked, kept = count_kept(rig, &power_loss, &acked);

    ck_assert_uint_eq(acked, 200);
    ck_assert_uint_le(kept, 100);
    ck_assert_uint_ge(cassandra_rig_sum(rig, "writes_undone"), 250);
}
END_TEST

START_TEST(power_loss_takes_no_acknowledged_write_with_batch_sync)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(4, "\"hinted_handoff_enabled\": false, \"commitlog_sync\": \"batch\"");
    guint acked, kept = count_kept(rig, &power_loss, &acked);

    ck_assert_uint_eq(acked, 200);
    ck_assert_uint_eq(kept, 200);
}
END_TEST

START_TEST(a_crash_that_leaves_the_disk_takes_nothing)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(4, "\"hinted_handoff_enabled\": false");
    guint acked, kept = count_kept(rig, &crash, &acked);

    ck_assert_uint_eq(acked, 200);
    ck_assert_uint_eq(kept, 200);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "writes_undone"), 0);
}
END_TEST

/* The judgement at the end walks all stores: what is on no replica any more is found lost, what
 * only some have is found diverged. */
START_TEST(lost_and_diverged_keys_are_found_at_the_end)
{
    static const UserRequest request = {.client = "web", .is_write = true, .is_ok = true};
    const Effect *faults[] = {&crash, &power_loss};

    for (guint i = 0; i < 2; i++) {
        g_autoptr(CassandraRig) rig = cassandra_rig_new(1, "\"hinted_handoff_enabled\": false");
        History *history = world_history(rig->rig->world);
        const ProbeAsked *written;
        HistoryTotals totals;

        for (guint site = DC01; site <= DCB2; site++) {
            if (site != DC03) {
                cassandra_rig_cut(rig, DC03, site, 40 * SIM_S);
            }
        }
        written = cassandra_rig_write(rig, 8, 17, CONSISTENCY_LOCAL_QUORUM);
        rig_run(rig->rig, 500 * SIM_MS);
        ck_assert_uint_eq(cassandra_rig_code(written), STORE_OK);
        history_write_acked(history, 17, written->reply.version, written->ended, &request);
        for (guint node = 8; node < 12; node++) {
            rig_effect(rig->rig, cassandra_rig_host(node), *faults[i], 10 * SIM_S);
        }
        rig_run(rig->rig, 120 * SIM_S);
        world_judge(rig->rig->world);
        totals = history_totals(history);
        ck_assert_uint_eq(totals.keys_judged, 1);
        ck_assert_uint_eq(totals.writes_lost, i);
        ck_assert_uint_eq(totals.keys_diverged, 1 - i);
    }
}
END_TEST

/* Key 17 is written through DC03 and acknowledged; `gap` later DC03 loses power, and after its
 * return the key is written again. */
static HistoryTotals lose_then_overwrite(CassandraRig *rig, SimSpan gap)
{
    static const UserRequest request = {.client = "web", .is_write = true, .is_ok = true};
    History *history = world_history(rig->rig->world);
    const ProbeAsked *first = cassandra_rig_write(rig, 8, 17, CONSISTENCY_LOCAL_QUORUM), *second;

    rig_run(rig->rig, 5 * SIM_MS);
    ck_assert_uint_eq(cassandra_rig_code(first), STORE_OK);
    history_write_acked(history, 17, first->reply.version, first->ended, &request);
    rig_run(rig->rig, gap);
    for (guint node = 8; node < 12; node++) {
        rig_effect(rig->rig, cassandra_rig_host(node), power_loss, 10 * SIM_S);
    }
    rig_run(rig->rig, 90 * SIM_S);
    second = cassandra_rig_write(rig, 0, 17, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, 30 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(second), STORE_OK);
    history_write_acked(history, 17, second->reply.version, second->ended, &request);
    world_judge(rig->rig->world);
    return history_totals(history);
}

static void cut_off_dc03(CassandraRig *rig)
{
    for (guint site = DC01; site <= DCB2; site++) {
        if (site != DC03) {
            cassandra_rig_cut(rig, DC03, site, 60 * SIM_S);
        }
    }
}

/* At the end every replica has the second version, as if nothing had happened. */
START_TEST(a_lost_write_is_found_though_the_next_one_hides_it)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(1, NULL);

    cut_off_dc03(rig);
    ck_assert_uint_eq(lose_then_overwrite(rig, 500 * SIM_MS).writes_lost, 1);
}
END_TEST

/* Five milliseconds after the acknowledgement London, Munich and America do not have it yet. */
START_TEST(a_write_whose_copies_are_on_their_way_is_not_lost)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(1, "\"commitlog_sync_period\": \"10min\"");

    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(lose_then_overwrite(rig, 0).writes_lost, 0);
    ck_assert_uint_ge(cassandra_rig_sum(rig, "writes_undone"), 2);
}
END_TEST

/* The coordinator has noticed the silence after two to three seconds, and brought its hints to disk
 * within ten more. */
START_TEST(a_write_that_hints_remember_is_not_lost)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(1, "\"commitlog_sync_period\": \"10min\"");

    cut_off_dc03(rig);
    ck_assert_uint_eq(lose_then_overwrite(rig, 14 * SIM_S).writes_lost, 0);
    ck_assert_uint_ge(cassandra_rig_sum(rig, "writes_undone"), 2);
}
END_TEST

/* An fsync takes milliseconds where the answer of the periodic log takes none. */
START_TEST(batch_sync_waits_for_the_disk)
{
    SimSpan took[2];

    for (int i = 0; i < 2; i++) {
        g_autoptr(CassandraRig) rig = cassandra_rig_new(
            4, i == 0 ? CASSANDRA_NO_CPU : CASSANDRA_NO_CPU ", \"commitlog_sync\": \"batch\"");
        const ProbeAsked *asked = cassandra_rig_write(rig, 0, 7, CONSISTENCY_LOCAL_QUORUM);

        rig_run(rig->rig, SIM_S);
        ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
        took[i] = asked->ended - asked->begun;
    }
    ck_assert_int_lt(took[0], SIM_MS);
    ck_assert_int_gt(took[1], took[0] + 200 * SIM_US);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("commit_log");
    TCase *tests = tcase_create("commit log");

    tcase_add_test(tests, what_no_sync_covered_is_lost);
    tcase_add_test(tests, a_sync_that_has_not_ended_saves_nothing);
    tcase_add_test(tests, losses_agree_with_a_copy_of_the_disk);
    tcase_add_test(tests, a_sync_answers_only_those_it_covers);
    tcase_add_test(tests, power_loss_takes_acknowledged_writes_with_periodic_sync);
    tcase_add_test(tests, power_loss_takes_no_acknowledged_write_with_batch_sync);
    tcase_add_test(tests, a_crash_that_leaves_the_disk_takes_nothing);
    tcase_add_test(tests, lost_and_diverged_keys_are_found_at_the_end);
    tcase_add_test(tests, a_lost_write_is_found_though_the_next_one_hides_it);
    tcase_add_test(tests, a_write_whose_copies_are_on_their_way_is_not_lost);
    tcase_add_test(tests, a_write_that_hints_remember_is_not_lost);
    tcase_add_test(tests, batch_sync_waits_for_the_disk);
    suite_add_tcase(suite, tests);
    return suite;
}

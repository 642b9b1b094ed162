/* test_host_disk.c - a disk that a fault slows: which operations, how many, how long. The rest of
 * the disk is tested with its host. */
#include "sim/world/host_disk.h"
#include "tests/support/suite.h"

typedef struct Desk {
    Engine *engine;
    EventOwner owner;
    HostDisk disk;
    Gauge busy, queue;
    SimTime done_at;
} Desk;

static Desk *desk; /* of the test that runs: each has a process of its own */

static void on_done(void *self, void *subject, uint64_t detail)
{
    (void)self;
    (void)subject;
    (void)detail;
    desk->done_at = engine_now(desk->engine);
}

static const EventType done = {"test.done", on_done};

static void desk_begin(void)
{
    desk = g_new0(Desk, 1);
    desk->engine = engine_new(11);
    desk->owner.id = 1;
    host_disk_init(&desk->disk, desk->engine, &desk->owner, 0, "host@test/disk", &desk->busy,
                   &desk->queue);
}

static void desk_end(void)
{
    host_disk_clear(&desk->disk);
    engine_free(desk->engine);
    g_clear_pointer(&desk, g_free);
}

/* How long one operation takes on an idle disk. */
static SimSpan take(DiskOp op)
{
    SimTime begin = engine_now(desk->engine);

    host_disk_add(&desk->disk, &desk->owner, op, 0, &done, NULL, 0);
    engine_run(desk->engine, begin + 5 * SIM_S);
    return desk->done_at - begin;
}

START_TEST(reads_and_flushes_are_slower_by_what_the_fault_adds_and_cached_writes_are_not)
{
    Effect slow = EFFECT_NONE;

    desk_begin();
    slow.disk_read_added = SIM_S;
    slow.disk_flush_added = 2 * SIM_S;
    slow.disk_slow_ratio = 1;
    host_disk_set_delays(&desk->disk, &slow);
    for (int i = 0; i < 50; i++) {
        SimSpan read = take(DISK_READ), flush = take(DISK_FSYNC), write = take(DISK_WRITE);

        ck_assert(read > SIM_S && read < SIM_S + 100 * SIM_MS);
        ck_assert(flush > 2 * SIM_S && flush < 4 * SIM_S + 100 * SIM_MS);
        ck_assert(write < SIM_MS);
    }
    host_disk_set_delays(&desk->disk, &EFFECT_NONE);
    ck_assert_int_lt(take(DISK_READ), 100 * SIM_MS);
    desk_end();
}
END_TEST

/* 2,000 reads of which a quarter is hit: 500, with a standard deviation of 19.4. */
START_TEST(the_share_that_is_hit_is_the_probability)
{
    Effect slow = EFFECT_NONE;
    int hit = 0;

    desk_begin();
    slow.disk_read_added = SIM_S;
    slow.disk_jitter_added = SIM_S;
    slow.disk_slow_ratio = 0.25;
    host_disk_set_delays(&desk->disk, &slow);
    for (int i = 0; i < 2000; i++) {
        SimSpan read = take(DISK_READ);

        hit += read > SIM_S;
        ck_assert_int_lt(read, 2 * SIM_S + 100 * SIM_MS);
    }
    ck_assert_int_ge(hit, 500 - 4 * 20);
    ck_assert_int_le(hit, 500 + 4 * 20);
    desk_end();
}
END_TEST

/* The chances of a fault come from a stream of their own: what the disk itself takes stays. */
START_TEST(a_fault_shifts_no_other_draw)
{
    SimSpan plain[100];
    Effect slow = EFFECT_NONE;

    desk_begin();
    for (int i = 0; i < 100; i++) {
        plain[i] = take(DISK_READ);
    }
    desk_end();
    desk_begin();
    slow.disk_read_added = SIM_S;
    slow.disk_slow_ratio = 0.5;
    host_disk_set_delays(&desk->disk, &slow);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(take(DISK_READ) % SIM_S, plain[i]);
    }
    desk_end();
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("host_disk");
    TCase *tests = tcase_create("host_disk");

    tcase_add_test(tests,
                   reads_and_flushes_are_slower_by_what_the_fault_adds_and_cached_writes_are_not);
    tcase_add_test(tests, the_share_that_is_hit_is_the_probability);
    tcase_add_test(tests, a_fault_shifts_no_other_draw);
    suite_add_tcase(suite, tests);
    return suite;
}

/* test_checker_logs.c - what checkers remember: statements by sampled keys, what became of copies,
 * and how many replicas of a range were down. */
#include "sim/checkers/copy_log.h"
#include "sim/checkers/operation_log.h"
#include "sim/checkers/range_watch.h"
#include "tests/support/suite.h"

/* --- statements ------------------------------------------------------------------------------- */

static uint64_t begin(OperationLog *log, uint64_t key, SimTime now)
{
    Operation operation = {.key = key, .invoked = now, .ended = SIM_NEVER};

    return operation_log_begin(log, &operation);
}

START_TEST(few_statements_are_all_kept_and_found_by_number)
{
    OperationLog *log = operation_log_new(100);
    uint64_t first = begin(log, 7, 1), second = begin(log, 8, 2);
    size_t count;

    operation_log_get(log, second)->value = 5;
    ck_assert_int_eq(operation_log_get(log, first)->invoked, 1);
    ck_assert_ptr_null(operation_log_get(log, 0));
    ck_assert_ptr_null(operation_log_get(log, second + 1));
    ck_assert_int_eq(operation_log_all(log, &count)[1].value, 5);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(operation_log_one_in(log), 1);
    operation_log_free(log);
}
END_TEST

/* 64 keys in turn into room for 1,000: of each key that is left, nothing is missing. */
START_TEST(a_key_is_kept_whole_or_not_at_all)
{
    OperationLog *log = operation_log_new(1000);
    size_t count, each[64] = {0};
    const Operation *rows;

    for (SimTime i = 0; i < 64 * 100; i++) {
        uint64_t number = begin(log, (uint64_t)i % 64, i);

        ck_assert_int_eq(number != 0, operation_log_follows(log, (uint64_t)i % 64));
    }
    rows = operation_log_all(log, &count);
    ck_assert_uint_ge(count, 100);
    ck_assert_uint_le(count, 1000);
    ck_assert_uint_ge(operation_log_one_in(log), 8);
    ck_assert_int_eq(operation_log_ends(log), SIM_NEVER);
    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_eq(operation_log_get(log, rows[i].number), &rows[i]);
        each[rows[i].key]++;
    }
    for (guint i = 0; i < 64; i++) {
        ck_assert(each[i] == 0 || each[i] == 100);
    }
    operation_log_free(log);
}
END_TEST

/* Key 7 alone is too much: what was kept up to then stays. */
START_TEST(one_key_that_is_too_much_is_kept_up_to_an_instant)
{
    OperationLog *log = operation_log_new(100);
    size_t count;

    for (SimTime i = 0; i < 200; i++) {
        begin(log, 0, i); /* the mix of 0 is 0: in each sample */
    }
    operation_log_all(log, &count);
    ck_assert_uint_eq(count, 100);
    ck_assert_int_eq(operation_log_ends(log), 100);
    ck_assert(!operation_log_follows(log, 0));
    operation_log_free(log);
}
END_TEST

/* --- copies ----------------------------------------------------------------------------------- */

START_TEST(the_newest_purged_tombstone_of_a_key_is_known)
{
    CopyLog *log = copy_log_new();

    ck_assert_int_eq(copy_log_purged(log, 7), 0);
    copy_log_add(log, &(CopyRow){7, 30, 1, "DC01-db1", COPY_PURGED});
    copy_log_add(log, &(CopyRow){7, 20, 2, "DC01-db2", COPY_PURGED});
    copy_log_add(log, &(CopyRow){8, 90, 2, "DC01-db2", COPY_LOST});
    ck_assert_int_eq(copy_log_purged(log, 7), 30);
    ck_assert_int_eq(copy_log_purged(log, 8), 0);
    copy_log_free(log);
}
END_TEST

START_TEST(what_became_of_copies_is_told_in_words)
{
    CopyLog *log = copy_log_new();
    g_autoptr(GString) text = g_string_new("x");

    copy_log_add(log, &(CopyRow){7, 30, 3 * SIM_S, "DC01-db1", COPY_LOST});
    copy_log_add(log, &(CopyRow){7, 31, 4 * SIM_S, "DC01-db2", COPY_HINT_DROPPED});
    copy_log_add(log, &(CopyRow){7, 32, 4 * SIM_S, "DC01-db2", COPY_PURGED});
    copy_log_add(log, &(CopyRow){9, 30, 4 * SIM_S, "DC01-db2", COPY_LOST});
    copy_log_tell(log, 7, 30, 31, SIM_S, text);
    ck_assert_str_eq(text->str, "x; at 2.000000 s DC01-db1 lost version 30; at 3.000000 s DC01-db2 "
                                "missed, and gets no hint of, version 31");
    copy_log_free(log);
}
END_TEST

/* An outage drops hints by the million; what a loss of power took after it is told all the same. */
START_TEST(dropped_hints_do_not_push_out_what_was_lost)
{
    CopyLog *log = copy_log_new();
    g_autoptr(GString) text = g_string_new(NULL);

    for (int64_t i = 0; i < 70000; i++) {
        copy_log_add(log, &(CopyRow){1, i + 1, i, "DC01-db2", COPY_HINT_DROPPED});
    }
    copy_log_add(log, &(CopyRow){7, 30, 3 * SIM_S, "DC01-db1", COPY_LOST});
    copy_log_tell(log, 7, 30, 30, SIM_S, text);
    ck_assert(g_str_has_prefix(text->str, "; at 2.000000 s DC01-db1 lost version 30;"));
    copy_log_free(log);
}
END_TEST

/* --- ranges ----------------------------------------------------------------------------------- */

typedef struct Told {
    guint count, down;
    SimTime time;
    char names[200];
} Told;

static void on_finding(void *context, SimTime time, guint down, guint count, const char *names)
{
    Told *told = context;

    ck_assert_uint_eq(count, 3);
    told->count++;
    told->down = down;
    told->time = time;
    g_strlcpy(told->names, names, sizeof told->names);
}

/* Ranges {0, 1, 2} and {2, 3, 4}. */
static RangeWatch *watch_new(Told *told)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    static const uint32_t first[] = {0, 1, 2}, second[] = {2, 3, 4};
    RangeWatch *watch = range_watch_new();

    for (uint32_t i = 0; i < 5; i++) {
        range_watch_replica(watch, i, names[i]);
    }
    range_watch_add(watch, first, 3);
    range_watch_add(watch, second, 3);
    range_watch_allow(watch, 1, on_finding, told);
    return watch;
}

START_TEST(replicas_of_different_ranges_may_be_down_together)
{
    Told told = {0};
    RangeWatch *watch = watch_new(&told);
    SimTime since;

    range_watch_change(watch, 0, false, 10 * SIM_S);
    range_watch_change(watch, 3, false, 20 * SIM_S);
    ck_assert_uint_eq(told.count, 0);
    ck_assert_uint_eq(range_watch_most(watch, &since), 1);
    ck_assert_int_eq(since, 10 * SIM_S);
    range_watch_free(watch);
}
END_TEST

START_TEST(two_replicas_of_one_range_down_are_told_once_with_their_names)
{
    Told told = {0};
    RangeWatch *watch = watch_new(&told);
    SimTime since;

    range_watch_change(watch, 0, false, 10 * SIM_S);
    range_watch_change(watch, 2, false, 11 * SIM_S);
    range_watch_change(watch, 2, false, 12 * SIM_S);
    range_watch_change(watch, 3, false, 13 * SIM_S);
    ck_assert_uint_eq(told.count, 1);
    ck_assert_int_eq(told.time, 11 * SIM_S);
    ck_assert_str_eq(told.names, "a (for 1.000000 s), c (for 0.000000 s)");
    range_watch_change(watch, 1, false, 14 * SIM_S);
    ck_assert_uint_eq(told.down, 3);
    range_watch_change(watch, 2, true, 15 * SIM_S);
    range_watch_change(watch, 1, true, 15 * SIM_S);
    range_watch_change(watch, 1, false, 16 * SIM_S);
    ck_assert_uint_eq(told.count, 3);
    ck_assert_uint_eq(range_watch_most(watch, &since), 3);
    range_watch_free(watch);
}
END_TEST

START_TEST(a_changed_ring_is_counted_by_its_new_ranges)
{
    static const uint32_t changed[] = {0, 3, 4};
    Told told = {0};
    RangeWatch *watch = watch_new(&told);

    range_watch_forget(watch);
    range_watch_add(watch, changed, 3);
    range_watch_change(watch, 0, false, SIM_S);
    range_watch_change(watch, 2, false, SIM_S);
    ck_assert_uint_eq(told.count, 0);
    range_watch_change(watch, 4, false, 2 * SIM_S);
    ck_assert_uint_eq(told.down, 2);
    ck_assert_uint_eq(range_watch_count(watch), 1);
    range_watch_free(watch);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("checker logs");
    TCase *tests = tcase_create("all");

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, few_statements_are_all_kept_and_found_by_number);
    tcase_add_test(tests, a_key_is_kept_whole_or_not_at_all);
    tcase_add_test(tests, one_key_that_is_too_much_is_kept_up_to_an_instant);
    tcase_add_test(tests, the_newest_purged_tombstone_of_a_key_is_known);
    tcase_add_test(tests, what_became_of_copies_is_told_in_words);
    tcase_add_test(tests, dropped_hints_do_not_push_out_what_was_lost);
    tcase_add_test(tests, replicas_of_different_ranges_may_be_down_together);
    tcase_add_test(tests, two_replicas_of_one_range_down_are_told_once_with_their_names);
    tcase_add_test(tests, a_changed_ring_is_counted_by_its_new_ranges);
    return suite;
}

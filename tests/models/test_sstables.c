/* test_sstables.c - which tables a compaction takes, and what it costs to keep them few. */
#include "models/data/cassandra/sstables.h"

#include "tests/support/suite.h"

#define MIB ((int64_t)1 << 20)

static const CompactionOptions tiers = {COMPACTION_SIZE_TIERED, 4, 32, 160 * MIB};
static const CompactionOptions levels = {COMPACTION_LEVELED, 4, 32, 160 * MIB};

typedef struct Bed {
    SsTables tables;
    GArray *numbers;
    guint level;
} Bed;

static Bed *bed_new(void)
{
    Bed *bed = g_new0(Bed, 1);

    sstables_init(&bed->tables);
    bed->numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    return bed;
}

static void bed_free(Bed *bed)
{
    sstables_clear(&bed->tables);
    g_array_unref(bed->numbers);
    g_free(bed);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bed, bed_free)

static void add(Bed *bed, guint count, int64_t size_bytes)
{
    for (guint i = 0; i < count; i++) {
        sstables_add(&bed->tables, size_bytes, 0);
    }
}

static guint choose(Bed *bed, const CompactionOptions *options)
{
    g_array_set_size(bed->numbers, 0);
    return sstables_choose(&bed->tables, options, bed->numbers, &bed->level) ? bed->numbers->len
                                                                             : 0;
}

START_TEST(four_tables_of_about_one_size_are_merged_and_three_are_not)
{
    g_autoptr(Bed) bed = bed_new();

    add(bed, 3, 100 * MIB);
    ck_assert_uint_eq(choose(bed, &tiers), 0);
    ck_assert_uint_eq(sstables_pending(&bed->tables, &tiers), 0);
    add(bed, 1, 149 * MIB); /* below 1.5 times the mean */
    ck_assert_uint_eq(sstables_pending(&bed->tables, &tiers), 1);
    ck_assert_uint_eq(choose(bed, &tiers), 4);
}
END_TEST

START_TEST(a_table_half_as_large_again_is_of_another_tier)
{
    g_autoptr(Bed) bed = bed_new();

    add(bed, 3, 100 * MIB);
    add(bed, 1, 150 * MIB);
    ck_assert_uint_eq(choose(bed, &tiers), 0);
}
END_TEST

START_TEST(tables_below_50_mb_are_one_tier_whatever_their_sizes)
{
    g_autoptr(Bed) bed = bed_new();

    add(bed, 1, 1 * MIB);
    add(bed, 1, 10 * MIB);
    add(bed, 1, 30 * MIB);
    add(bed, 1, 49 * MIB);
    ck_assert_uint_eq(choose(bed, &tiers), 4);
}
END_TEST

START_TEST(the_smallest_tier_goes_first_and_32_tables_at_most)
{
    g_autoptr(Bed) bed = bed_new();

    add(bed, 4, 1000 * MIB);
    add(bed, 70, 60 * MIB);
    ck_assert_uint_eq(choose(bed, &tiers), 32);
    ck_assert_int_eq(
        sstables_find(&bed->tables, g_array_index(bed->numbers, uint32_t, 0))->size_bytes,
        60 * MIB);
    ck_assert_uint_eq(sstables_pending(&bed->tables, &tiers), 3 + 1);
}
END_TEST

START_TEST(tables_that_are_compacted_are_left_alone)
{
    g_autoptr(Bed) bed = bed_new();

    add(bed, 5, 100 * MIB);
    sstables_find(&bed->tables, 1)->is_compacting = true;
    sstables_find(&bed->tables, 3)->is_compacting = true;
    ck_assert_uint_eq(choose(bed, &tiers), 0);
}
END_TEST

START_TEST(what_was_there_before_leaves_nothing_to_compact)
{
    for (int64_t gib = 1; gib < 20; gib++) {
        g_autoptr(Bed) bed = bed_new(), other = bed_new();

        sstables_fill(&bed->tables, &tiers, gib << 30, 60 * MIB);
        ck_assert_int_le(bed->tables.size_bytes, gib << 30);
        ck_assert_int_gt(bed->tables.size_bytes, (gib << 30) - 60 * MIB);
        ck_assert_uint_eq(sstables_pending(&bed->tables, &tiers), 0);
        sstables_fill(&other->tables, &tiers, gib << 30, 8 * MIB);
        ck_assert_int_gt(other->tables.size_bytes, (gib << 30) - 8 * MIB);
        ck_assert_uint_eq(sstables_pending(&other->tables, &tiers), 0);
    }
}
END_TEST

/* Merges until nothing is left to do; the bytes written. */
static int64_t settle(Bed *bed, const CompactionOptions *options)
{
    int64_t written = 0;

    while (choose(bed, options) > 0) {
        int64_t bytes = 0, left, most;

        for (guint i = 0; i < bed->numbers->len; i++) {
            uint32_t number = g_array_index(bed->numbers, uint32_t, i);

            bytes += sstables_find(&bed->tables, number)->size_bytes;
            sstables_remove(&bed->tables, number);
        }
        most = options->strategy == COMPACTION_LEVELED && bed->level > 0 ? options->sstable_size
                                                                         : bytes;
        for (left = bytes; left > 0; left -= MIN(left, most)) {
            sstables_add(&bed->tables, MIN(left, most), bed->level);
        }
        written += bytes;
    }
    return written;
}

/* Bytes written for each byte flushed, the flush counted. */
static double amplification(const CompactionOptions *options, int64_t flush_bytes, guint flushes)
{
    g_autoptr(Bed) bed = bed_new();
    double flushed = (double)flush_bytes * flushes, written = flushed;

    for (guint i = 0; i < flushes; i++) {
        add(bed, 1, flush_bytes);
        written += (double)settle(bed, options);
    }
    ck_assert_double_eq((double)bed->tables.size_bytes, flushed);
    return written / flushed;
}

/* 1 + log4(data / flush): 256 flushes of tables that are too large for the tier of small ones are
 * each merged four times, exactly. */
START_TEST(size_tiers_write_each_byte_once_more_for_each_factor_of_four)
{
    ck_assert_double_eq(amplification(&tiers, 60 * MIB, 256), 5);
    ck_assert_double_eq(amplification(&tiers, 60 * MIB, 1024), 6);
}
END_TEST

/* Reference: about 10 for each level, 10 to 30 in all. */
START_TEST(levels_write_each_byte_ten_to_thirty_times)
{
    double of_8_gib = amplification(&levels, 16 * MIB, 512);

    ck_assert_double_ge(of_8_gib, 10);
    ck_assert_double_le(of_8_gib, 30);
}
END_TEST

START_TEST(levels_ask_one_table_and_those_of_level_0_for_a_row)
{
    g_autoptr(Bed) bed = bed_new();

    sstables_fill(&bed->tables, &levels, (int64_t)10 << 30, 10 * MIB);
    ck_assert_uint_ge(bed->tables.tables->len, 60);
    ck_assert_uint_eq(sstables_count_for_read(&bed->tables, &levels), 1);
    add(bed, 3, 10 * MIB);
    ck_assert_uint_eq(sstables_count_for_read(&bed->tables, &levels), 4);
    ck_assert_uint_eq(sstables_count_for_read(&bed->tables, &tiers), bed->tables.tables->len);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sstables");
    TCase *tests = tcase_create("sstables");

    tcase_add_test(tests, four_tables_of_about_one_size_are_merged_and_three_are_not);
    tcase_add_test(tests, a_table_half_as_large_again_is_of_another_tier);
    tcase_add_test(tests, tables_below_50_mb_are_one_tier_whatever_their_sizes);
    tcase_add_test(tests, the_smallest_tier_goes_first_and_32_tables_at_most);
    tcase_add_test(tests, tables_that_are_compacted_are_left_alone);
    tcase_add_test(tests, what_was_there_before_leaves_nothing_to_compact);
    tcase_add_test(tests, size_tiers_write_each_byte_once_more_for_each_factor_of_four);
    tcase_add_test(tests, levels_write_each_byte_ten_to_thirty_times);
    tcase_add_test(tests, levels_ask_one_table_and_those_of_level_0_for_a_row);
    suite_add_tcase(suite, tests);
    return suite;
}

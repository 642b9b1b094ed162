/* test_update_book.c - writes that updates overwrote without having seen them: counted as the words
 * of update_book.h say, on any history, and as a model of a register promises on legal ones. */
#include "sim/base/rng.h"
#include "sim/checkers/update_book.h"
#include "tests/support/suite.h"

#define KEY 7
#define WRITES 12

typedef struct Told {
    int64_t version;
    DataRequest request;
} Told;

static uint64_t count_lost(const Told *told, guint count, FindingList *findings)
{
    UpdateBook *book = update_book_new();
    uint64_t lost;

    for (guint i = 0; i < count; i++) {
        update_book_write(book, KEY, told[i].version, &told[i].request, 0, findings);
    }
    lost = update_book_totals(book).updates_lost;
    update_book_free(book);
    return lost;
}

static Told write_of(uint64_t id, int64_t version, int64_t base, bool is_update)
{
    return (Told){version,
                  {.id = id,
                   .invoked = (SimTime)id * SIM_S - 1,
                   .ended = (SimTime)id * SIM_S,
                   .dc = "DC01",
                   .is_update = is_update,
                   .base = base}};
}

/* Looks at each pair anew. */
static uint64_t judge(const Told *told, guint count)
{
    uint64_t lost = 0;

    for (guint i = 0; i < count; i++) {
        bool is_lost = false;

        for (guint k = 0; k < count; k++) {
            bool is_over = told[k].request.is_update && told[k].version > told[i].version &&
                           told[k].request.base < told[i].version &&
                           told[k].request.id != told[i].request.id;
            bool is_newest = true;

            for (guint m = 0; m < k; m++) {
                is_newest = is_newest && told[m].version < told[k].version;
            }
            is_lost |= is_over && (k < i || is_newest);
        }
        lost += is_lost;
    }
    return lost;
}

START_TEST(of_two_updates_of_one_version_the_older_is_lost)
{
    const Told in_order[] = {write_of(1, 10, 0, false), write_of(2, 20, 10, true),
                             write_of(3, 30, 10, true)};
    const Told late[] = {write_of(1, 10, 0, false), write_of(2, 30, 10, true),
                         write_of(3, 20, 10, true)};
    FindingList *findings = finding_list_new();

    ck_assert_uint_eq(count_lost(in_order, 3, findings), 1);
    ck_assert_uint_eq(finding_list_count(findings), 1);
    ck_assert_str_eq(finding_list_get(findings, 0)->invariant, "no-lost-update");
    ck_assert_str_eq(finding_list_get(findings, 0)->proof,
                     "request 2 read version 10 of key 7 and wrote version 20 of key 7, "
                     "acknowledged at 2.000000 s by DC01; request 3 read version 10 of key 7 and "
                     "wrote version 30 of key 7, acknowledged at 3.000000 s by DC01: it is newer "
                     "and had not seen it, so what request 2 changed is gone");
    ck_assert_uint_eq(count_lost(late, 3, findings), 1);
    finding_list_free(findings);
}
END_TEST

START_TEST(updates_one_after_the_other_and_plain_writes_lose_nothing)
{
    const Told chain[] = {write_of(1, 10, 0, true), write_of(2, 20, 10, true),
                          write_of(3, 30, 20, true)};
    const Told plain[] = {write_of(1, 10, 0, true), write_of(2, 20, 0, false),
                          write_of(3, 15, 0, false)};
    FindingList *findings = finding_list_new();

    ck_assert_uint_eq(count_lost(chain, 3, findings), 0);
    ck_assert_uint_eq(count_lost(plain, 3, findings), 0);
    finding_list_free(findings);
}
END_TEST

/* What another update has seen and gone on from is not lost through a late one. */
START_TEST(a_late_update_that_was_overwritten_loses_only_itself)
{
    const Told told[] = {write_of(1, 10, 0, true), write_of(2, 30, 10, true),
                         write_of(3, 20, 5, true)};
    FindingList *findings = finding_list_new();

    ck_assert_uint_eq(count_lost(told, 3, findings), 1);
    ck_assert_uint_eq(finding_list_count(findings), 1);
    ck_assert_ptr_nonnull(
        strstr(finding_list_get(findings, 0)->proof, "request 3 changed is gone"));
    finding_list_free(findings);
}
END_TEST

/* A register that takes each update only if it stands on its value, as a transaction does, and
 * acknowledges in any order of those that are near each other. */
START_TEST(legal_histories_give_no_alarm_and_planted_ones_do)
{
    Rng rng;

    rng_init(&rng, 20261123, "test/updates");
    for (guint history = 0; history < 100000; history++) {
        Told told[WRITES];
        int64_t value = 0, version = 0;
        FindingList *findings = finding_list_new();

        for (guint i = 0; i < WRITES; i++) {
            version += 1 + (int64_t)rng_below(&rng, 9);
            told[i] = write_of(i + 1, version, value, true);
            value = version;
        }
        for (guint i = 1; i < WRITES - 1; i++) { /* neighbours are told the other way round */
            if (rng_chance(&rng, 0.3)) {
                Told kept = told[i];

                told[i] = told[i - 1];
                told[i - 1] = kept;
            }
        }
        ck_assert_uint_eq(count_lost(told, WRITES, findings), 0);
        if (history % 10 != 0) {
            finding_list_free(findings);
            continue;
        }
        told[WRITES - 1].request.base = (int64_t)rng_below(&rng, 20); /* read long ago */
        ck_assert_uint_eq(count_lost(told, WRITES, findings), judge(told, WRITES));
        ck_assert_uint_gt(finding_list_count(findings), 0);
        finding_list_free(findings);
    }
}
END_TEST

START_TEST(any_history_is_counted_as_a_judge_by_brute_force_counts)
{
    Rng rng;

    rng_init(&rng, 20261123, "test/updates-wild");
    for (guint history = 0; history < 10000; history++) {
        Told told[WRITES];
        FindingList *findings = finding_list_new();

        for (guint i = 0; i < WRITES; i++) {
            int64_t version = 1 + (int64_t)rng_below(&rng, 60);

            told[i] = write_of(1 + rng_below(&rng, 20), version,
                               (int64_t)rng_below(&rng, (uint64_t)version), rng_chance(&rng, 0.6));
        }
        ck_assert_uint_eq(count_lost(told, WRITES, findings), judge(told, WRITES));
        finding_list_free(findings);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("lost updates");
    TCase *tests = tcase_create("lost updates");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, of_two_updates_of_one_version_the_older_is_lost);
    tcase_add_test(tests, updates_one_after_the_other_and_plain_writes_lose_nothing);
    tcase_add_test(tests, a_late_update_that_was_overwritten_loses_only_itself);
    tcase_add_test(tests, legal_histories_give_no_alarm_and_planted_ones_do);
    tcase_add_test(tests, any_history_is_counted_as_a_judge_by_brute_force_counts);
    suite_add_tcase(suite, tests);
    return suite;
}

/* test_outlook.c - months and money of the five data centres, held against arithmetic by hand. */
#include "sim/study/outlook.h"

#include <math.h>
#include <string.h>

#include "tests/support/suite.h"

extern const Kind *const all_kinds[];

#define FIVE "scenarios/capacity/five-dc.json"

/* Carries 6,000 a second, 4,500 without its worst site and 3,000 without two. */
static Outlook *make(const char *const *sets)
{
    ScenarioChanges changes = {.sets = sets};
    Study study = {.changes = &changes, .kinds = all_kinds};
    Frontier intact = {.rate = 6000};
    Frontier worst = {.rate = 4500};
    Frontier pair = {.rate = 3000};
    char *one[] = {(char *)(uintptr_t) "DC02", NULL};
    char *two[] = {(char *)(uintptr_t) "DC02", (char *)(uintptr_t) "DC03", NULL};
    CapacityCase cases[] = {
        {.name = (char *)(uintptr_t) "intact", .frontier = &intact},
        {.name = (char *)(uintptr_t) "without DC02", .lost = one, .frontier = &worst},
        {.name = (char *)(uintptr_t) "without both", .lost = two, .frontier = &pair}};
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    Capacity capacity = {.cases = list};
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(list, &cases[0]);
    g_ptr_array_add(list, &cases[1]);
    g_ptr_array_add(list, &cases[2]);
    Outlook *outlook = outlook_make(&study, FIVE, NULL, &capacity, &error);

    ck_assert_msg(outlook != NULL, "%s", error != NULL ? error->message : "");
    return outlook;
}

static const OutlookWall *wall_of(const Outlook *outlook, const char *begin)
{
    for (guint i = 0; i < outlook->walls->len; i++) {
        const OutlookWall *wall = g_ptr_array_index(outlook->walls, i);

        if (g_str_has_prefix(wall->name, begin)) {
            return wall;
        }
    }
    ck_abort_msg("no wall '%s'", begin);
}

static double item_of(const Outlook *outlook, const char *begin)
{
    for (guint i = 0; i < outlook->items->len; i++) {
        const OutlookItem *item = g_ptr_array_index(outlook->items, i);

        if (g_str_has_prefix(item->name, begin)) {
            return item->monthly;
        }
    }
    return (double)NAN;
}

static void check_wall(const Outlook *outlook, const char *name, double capacity, double current)
{
    const OutlookWall *wall = wall_of(outlook, name);

    ck_assert_double_eq_tol(wall->capacity, capacity, 1e-9 * capacity);
    ck_assert_double_eq_tol(wall->current, current, 1e-9 * current);
    ck_assert_double_eq_tol(wall->linear_first, (capacity / current - 1) / 0.03, 1e-6);
    ck_assert_double_eq_tol(wall->linear_last, (capacity / current - 1) / 0.01, 1e-6);
    ck_assert_double_eq_tol(wall->compound_first, log(capacity / current) / log(1.03), 1e-6);
    ck_assert_double_eq_tol(wall->compound_last, log(capacity / current) / log(1.01), 1e-6);
}

/* A live site has 4 Cassandra nodes with 40 GB, half of it usable, three copies of 10 GB; all have
 * 20 TB of traffic a month. Answers go out once, 5 % larger for TLS and TCP; writes go to the four
 * other sites, 5 % more for hints and repair. */
START_TEST(walls_are_reached_when_arithmetic_says)
{
    g_autoptr(Outlook) outlook = make(NULL);
    double month_s = 30 * 86400.0;
    double traffic = (1200 * 3000 * 1.05 + 1200 * 0.6 * 1000 * 4 * 1.05) * month_s / 1e12;

    check_wall(outlook, "requests, intact", 6000, 2500);
    check_wall(outlook, "requests, without both", 3000, 2500);
    check_wall(outlook, "disk of a live site", 4 * 40 * 0.5 / 3, 10);
    check_wall(outlook, "advised typical data of Cassandra's nodes, 500 GB", 500 * 4 / 3.0, 10);
    check_wall(outlook, "advised typical data of Cassandra's nodes, 1 TB", 1000 * 4 / 3.0, 10);
    check_wall(outlook, "advised most data of Cassandra's nodes, 3 TB", 3000 * 4 / 3.0, 10);
    check_wall(outlook, "advised most data of Cassandra's nodes, 5 TB", 5000 * 4 / 3.0, 10);
    ck_assert_double_eq_tol(wall_of(outlook, "traffic quota")->current, traffic, 1e-9 * traffic);
}
END_TEST

START_TEST(cost_is_the_sum_of_its_items_and_the_reserve_a_share_of_it)
{
    g_autoptr(Outlook) outlook = make(NULL);
    double sum = 0;

    for (guint i = 0; i < outlook->items->len; i++) {
        sum += ((const OutlookItem *)g_ptr_array_index(outlook->items, i))->monthly;
    }
    ck_assert_double_eq_tol(outlook->total, sum, 1e-9);
    ck_assert_double_eq_tol(outlook->reserve_ratio, 0.25,
                            1e-12); /* 1 - 4,500 / 6,000: of one site */
    ck_assert(isnan(item_of(outlook, "volumes")));
    /* five checks at 0.75, the zone 0.50, 38 resolvers every 60 s at 0.70 a million, in dollars */
    ck_assert_double_eq_tol(item_of(outlook, "Route 53"),
                            0.92 * (5 * 0.75 + 0.5 + 38 * 30 * 86400.0 / 60 / 1e6 * 0.7), 1e-9);
}
END_TEST

/* 60 GB more at each of five times four nodes, 0.04 EUR a GB. */
START_TEST(volumes_cost_money_and_move_the_wall_of_the_disk)
{
    static const char *const sets[] = {"/search/capacity/volume_gb=60", NULL};
    g_autoptr(Outlook) bare = make(NULL);
    g_autoptr(Outlook) outlook = make(sets);
    double rented = item_of(outlook, "volumes");

    check_wall(outlook, "disk of a live site", 4 * (40 + 60) * 0.5 / 3, 10);
    ck_assert_double_eq_tol(rented, 5 * 4 * 60 * 0.04, 1e-9);
    ck_assert_double_eq_tol(outlook->total - bare->total, rented, 1e-9);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("outlook");
    TCase *all = tcase_create("all");

    tcase_add_test(all, walls_are_reached_when_arithmetic_says);
    tcase_add_test(all, cost_is_the_sum_of_its_items_and_the_reserve_a_share_of_it);
    tcase_add_test(all, volumes_cost_money_and_move_the_wall_of_the_disk);
    suite_add_tcase(suite, all);
    return suite;
}

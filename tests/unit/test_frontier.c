/* test_frontier.c - the highest rate at which something still holds, by noisy looks. */
#include "sim/study/frontier.h"

#include <math.h>
#include <string.h>

#include "sim/base/rng.h"
#include "sim/study/capacity.h"
#include "tests/support/suite.h"

/* A margin that falls through 0 at `truth`, seen through noise that replications share between
 * rates (common random numbers), but for a tenth of it. */
typedef struct World {
    double truth, steepness, noise;
    double common;
    Rng rng;
    guint looks;
} World;

/* Sum of twelve uniforms: near enough to a normal law. */
static double draw_normal(Rng *rng)
{
    double sum = -6;

    for (int i = 0; i < 12; i++) {
        sum += rng_uniform(rng);
    }
    return sum;
}

static bool look(void *context, FrontierPoint *point, GError **error)
{
    World *world = context;
    double error_size = world->noise / sqrt(point->replications);
    double seen = 1 - pow(point->rate / world->truth, world->steepness) +
                  error_size * (world->common + 0.1 * draw_normal(&world->rng));

    (void)error;
    world->looks++;
    point->middle = seen;
    point->low = seen - 1.97 * error_size;
    point->high = seen + 1.97 * error_size;
    point->binding = g_strdup("p(99)<1s");
    return true;
}

static World world_of(uint64_t seed, double truth, double steepness, double noise)
{
    World world = {.truth = truth, .steepness = steepness, .noise = noise};

    rng_init(&world.rng, seed, "looks");
    world.common = draw_normal(&world.rng);
    return world;
}

static FrontierOrder order_of(World *world)
{
    return (FrontierOrder){.from = 10,
                           .to = 10000,
                           .first = 300,
                           .width = 0.02,
                           .replications = 5,
                           .most = 80,
                           .probe = look,
                           .context = world};
}

START_TEST(without_noise_the_crossing_is_found_in_a_dozen_looks)
{
    static const double steepness[] = {1, 4, 40};

    for (guint i = 0; i < G_N_ELEMENTS(steepness); i++) {
        World world = world_of(1, 1234.5, steepness[i], 0);
        FrontierOrder order = order_of(&world);
        g_autoptr(Frontier) frontier = frontier_search(&order, NULL);

        ck_assert_int_eq(frontier->end, FRONTIER_FOUND);
        ck_assert_double_eq_tol(frontier->rate, 1234.5, 1234.5 * 0.002);
        ck_assert_str_eq(frontier->binding, "p(99)<1s");
        ck_assert_msg(world.looks <= 16, "%u looks", world.looks);
    }
}
END_TEST

/* 200 searches: the interval of 95 % holds the truth in 183 to 196 of them, and is as narrow as
 * asked for. */
START_TEST(its_interval_holds_the_truth_as_often_as_it_says)
{
    guint within = 0;

    for (uint64_t seed = 1; seed <= 200; seed++) {
        World world = world_of(seed, 900, 5, 0.3);
        FrontierOrder order = order_of(&world);
        g_autoptr(Frontier) frontier = frontier_search(&order, NULL);

        ck_assert_int_eq(frontier->end, FRONTIER_FOUND);
        ck_assert_double_le(frontier->high - frontier->rate, 0.02 * frontier->rate);
        within += frontier->low <= 900 && 900 <= frontier->high;
    }
    ck_assert_msg(within >= 183 && within <= 196, "%u of 200", within);
}
END_TEST

/* What looks do not share is a tenth of 0.6 here: with the first of several crossings the mean of
 * 300 searches comes out too low by many of its standard errors. */
START_TEST(its_estimate_is_not_too_low_on_average)
{
    double sum = 0;
    double squares = 0;

    for (uint64_t seed = 1; seed <= 300; seed++) {
        World world = world_of(seed, 900, 5, 0.6);

        world.common = 0;
        FrontierOrder order = order_of(&world);
        g_autoptr(Frontier) frontier = frontier_search(&order, NULL);

        sum += frontier->rate - 900;
        squares += (frontier->rate - 900) * (frontier->rate - 900);
    }
    double deviation = sqrt(squares / 300 - sum / 300 * sum / 300) / sqrt(300);

    ck_assert_msg(fabs(sum / 300) < 3 * deviation, "off by %g +- %g", sum / 300, deviation);
}
END_TEST

START_TEST(more_replications_are_run_only_where_the_interval_needs_them)
{
    World quiet = world_of(3, 900, 5, 0.01);
    World loud = world_of(3, 900, 5, 0.4);
    World louder = world_of(3, 900, 5, 4);
    FrontierOrder order = order_of(&quiet);
    g_autoptr(Frontier) few = frontier_search(&order, NULL);

    order.context = &loud;
    g_autoptr(Frontier) many = frontier_search(&order, NULL);

    order.context = &louder;
    g_autoptr(Frontier) most = frontier_search(&order, NULL);

    ck_assert_uint_eq(few->replications, 5);
    ck_assert_int_eq(many->end, FRONTIER_FOUND);
    ck_assert_uint_gt(many->replications, 5);
    ck_assert_int_eq(most->end, FRONTIER_WIDE); /* and says so */
    ck_assert_uint_eq(most->replications, 80);
}
END_TEST

/* Only the third replication and later ones break, from 700 on; the first two from 900 on. */
static bool look_late(void *context, FrontierPoint *point, GError **error)
{
    guint *looks = context;
    double truth = point->replications > 2 ? 700 : 900;

    (void)error;
    ++*looks;
    point->middle = point->rate < truth ? 0.3 : -50;
    point->low = point->middle - 0.1;
    point->high = point->middle + 0.1;
    point->binding = g_strdup("rate<0.001");
    return true;
}

START_TEST(what_only_later_replications_break_is_not_missed)
{
    guint looks = 0;
    FrontierOrder order = {.from = 10,
                           .to = 10000,
                           .first = 300,
                           .width = 0.02,
                           .scouts = 2,
                           .replications = 4,
                           .most = 32,
                           .probe = look_late,
                           .context = &looks};
    g_autoptr(Frontier) frontier = frontier_search(&order, NULL);

    ck_assert_int_eq(frontier->end, FRONTIER_FOUND);
    ck_assert_double_le(frontier->low, 700);
    ck_assert_double_ge(frontier->high, 700);
    ck_assert_uint_eq(frontier->replications, 4);
    ck_assert_msg(looks <= 24, "%u looks", looks);
}
END_TEST

/* Each replication has a wall of its own, at 900 in the middle; beyond it nearly all fails. */
typedef struct Walls {
    double spread;
    uint64_t seed;
    guint looks, runs;
} Walls;

static double wall_of(const Walls *walls, guint replication)
{
    Rng rng;

    rng_init(&rng, 1000 * walls->seed + replication, "wall");
    return 900 * exp(walls->spread * draw_normal(&rng));
}

static bool look_at_wall(void *context, FrontierPoint *point, GError **error)
{
    Walls *walls = context;
    double sum = 0;

    (void)error;
    walls->looks++;
    walls->runs += point->replications;
    point->margins = g_new(double, point->replications);
    for (guint i = 0; i < point->replications; i++) {
        point->margins[i] = point->rate < wall_of(walls, point->first + i) ? 0.3 : -500;
        sum += point->margins[i];
    }
    point->middle = sum / point->replications;
    point->low = point->middle - 300;
    point->high = point->middle + 300;
    point->binding = g_strdup("rate<0.001");
    return true;
}

static FrontierOrder order_at_wall(Walls *walls)
{
    return (FrontierOrder){.from = 10,
                           .to = 10000,
                           .first = 700 + (double)(walls->seed % 100),
                           .step = 1.1,
                           .width = 0.02,
                           .scouts = 2,
                           .replications = 4,
                           .most = 64,
                           .probe = look_at_wall,
                           .context = walls};
}

static Frontier *search_walls(Walls *walls)
{
    FrontierOrder order = order_at_wall(walls);

    return frontier_search(&order, NULL);
}

/* 100 searches: 90 to 99 intervals of 95 % hold the truth. */
START_TEST(at_a_wall_the_interval_holds_the_truth_as_often_as_it_says)
{
    guint within = 0;
    guint narrow = 0;
    guint runs = 0;

    for (uint64_t seed = 1; seed <= 100; seed++) {
        Walls walls = {.spread = 0.025, .seed = seed};
        g_autoptr(Frontier) frontier = search_walls(&walls);

        ck_assert(frontier->is_wall);
        within += frontier->low <= 900 && 900 <= frontier->high;
        narrow += frontier->end == FRONTIER_FOUND;
        runs += walls.runs;
    }
    ck_assert_msg(within >= 90 && within <= 99, "%u of 100", within);
    ck_assert_msg(narrow >= 95, "%u of 100 narrow", narrow);
    ck_assert_msg(runs <= 4000, "%u replications", runs);
}
END_TEST

START_TEST(a_steep_wall_takes_two_dozen_replications)
{
    Walls walls = {.spread = 0.003, .seed = 7};
    g_autoptr(Frontier) frontier = search_walls(&walls);

    ck_assert(frontier->is_wall);
    ck_assert_int_eq(frontier->end, FRONTIER_FOUND);
    ck_assert_double_le(frontier->low, 900);
    ck_assert_double_ge(frontier->high, 900);
    ck_assert_double_lt(frontier->sure, frontier->rate);
    ck_assert_double_le(frontier->sure_low, frontier->sure);
    ck_assert_msg(walls.runs <= 26, "%u replications", walls.runs);
}
END_TEST

/* Where others have had a wall, one is looked for at once: 100 searches from 10 % above it. */
START_TEST(a_wall_that_is_expected_takes_a_dozen_and_a_half_of_replications)
{
    static const double spreads[] = {0.01, 0.02};

    for (guint k = 0; k < G_N_ELEMENTS(spreads); k++) {
        guint within = 0;
        guint runs = 0;

        for (uint64_t seed = 1; seed <= 100; seed++) {
            Walls walls = {.spread = spreads[k], .seed = seed};
            FrontierOrder order = order_at_wall(&walls);

            order.first = 990;
            order.step = 1.07;
            order.has_wall = true;
            order.most = 32;
            g_autoptr(Frontier) frontier = frontier_search(&order, NULL);

            ck_assert(frontier->is_wall);
            within += frontier->low <= 900 && 900 <= frontier->high;
            runs += walls.runs;
        }
        ck_assert_msg(within >= 90, "%u of 100", within);
        ck_assert_msg(runs <= 2000, "%u replications", runs);
    }
}
END_TEST

START_TEST(an_expected_wall_that_is_not_there_is_not_made_up)
{
    Walls walls = {.spread = 0.02, .seed = 1};
    FrontierOrder order = order_at_wall(&walls);

    order.has_wall = true;
    order.to = 800;
    g_autoptr(Frontier) always = frontier_search(&order, NULL);

    order.from = 1000;
    order.to = 2000;
    g_autoptr(Frontier) never = frontier_search(&order, NULL);

    ck_assert_int_eq(always->end, FRONTIER_ALWAYS);
    ck_assert_int_eq(never->end, FRONTIER_NEVER);
    ck_assert(!always->is_wall && isnan(always->rate));
    ck_assert(!never->is_wall && isnan(never->rate));
}
END_TEST

/* Few of many replications fall far off, and none of the first: margins as wide as that know no
 * mean worth a search. */
static bool look_at_rare_falls(void *context, FrontierPoint *point, GError **error)
{
    Walls *walls = context;
    double sum = 0;

    (void)error;
    walls->runs += point->replications;
    point->margins = g_new(double, point->replications);
    for (guint i = 0; i < point->replications; i++) {
        bool falls = (point->first + i) % 12 == 7 && point->rate > 780;

        point->margins[i] = falls ? -500 : 2 * (900 - point->rate) / 900;
        sum += point->margins[i];
    }
    point->middle = sum / point->replications;
    point->low = point->middle - 0.5;
    point->high = point->middle + 0.5;
    point->binding = g_strdup("rate<0.001");
    return true;
}

START_TEST(a_wall_that_only_later_replications_show_is_one_all_the_same)
{
    Walls walls = {.seed = 3};
    FrontierOrder order = {.from = 10,
                           .to = 10000,
                           .first = 700,
                           .step = 1.1,
                           .width = 0.02,
                           .scouts = 2,
                           .replications = 4,
                           .most = 64,
                           .probe = look_at_rare_falls,
                           .context = &walls};
    g_autoptr(Frontier) frontier = frontier_search(&order, NULL);

    ck_assert(frontier->is_wall);
    ck_assert_double_gt(frontier->rate, 860);
    ck_assert_double_lt(frontier->rate, 920);
    ck_assert_msg(walls.runs <= 200, "%u replications", walls.runs);
}
END_TEST

START_TEST(an_interval_that_may_be_narrow_says_so)
{
    Frontier frontier = {.is_wall = true, .rate = 4400, .sure = 4189, .spread = 0.0119};
    g_autofree char *steep = capacity_describe_wall(&frontier, "1/s"), *soft = NULL;

    frontier.spread = 0.0384;
    soft = capacity_describe_wall(&frontier, "1/s");
    ck_assert_ptr_null(strstr(steep, "narrow"));
    ck_assert_ptr_nonnull(strstr(soft, "the interval is narrow"));
}
END_TEST

START_TEST(what_holds_nowhere_or_everywhere_is_told_and_not_extrapolated)
{
    World low = world_of(1, 5, 4, 0.01);
    World high = world_of(1, 50000, 4, 0.01);
    FrontierOrder order = order_of(&low);
    g_autoptr(Frontier) never = frontier_search(&order, NULL);

    order.context = &high;
    g_autoptr(Frontier) always = frontier_search(&order, NULL);

    ck_assert_int_eq(never->end, FRONTIER_NEVER);
    ck_assert(isnan(never->rate));
    ck_assert_int_eq(always->end, FRONTIER_ALWAYS);
    ck_assert(isnan(always->rate));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("frontier");
    TCase *cases = tcase_create("frontier");

    tcase_add_test(cases, without_noise_the_crossing_is_found_in_a_dozen_looks);
    tcase_add_test(cases, its_interval_holds_the_truth_as_often_as_it_says);
    tcase_add_test(cases, its_estimate_is_not_too_low_on_average);
    tcase_add_test(cases, more_replications_are_run_only_where_the_interval_needs_them);
    tcase_add_test(cases, what_only_later_replications_break_is_not_missed);
    tcase_add_test(cases, at_a_wall_the_interval_holds_the_truth_as_often_as_it_says);
    tcase_add_test(cases, a_steep_wall_takes_two_dozen_replications);
    tcase_add_test(cases, a_wall_that_is_expected_takes_a_dozen_and_a_half_of_replications);
    tcase_add_test(cases, an_expected_wall_that_is_not_there_is_not_made_up);
    tcase_add_test(cases, a_wall_that_only_later_replications_show_is_one_all_the_same);
    tcase_add_test(cases, an_interval_that_may_be_narrow_says_so);
    tcase_add_test(cases, what_holds_nowhere_or_everywhere_is_told_and_not_extrapolated);
    tcase_set_timeout(cases, 60);
    suite_add_tcase(suite, cases);
    return suite;
}

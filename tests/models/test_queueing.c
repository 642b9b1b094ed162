/* test_queueing.c - stations, forks and populations, customer by customer. All laws are constants,
 * so that each instant can be told beforehand. */
#include <unistd.h>

#include "models/queueing/network_parts.h"
#include "sim/results/results_series.h"
#include "sim/run/run.h"
#include "tests/support/suite.h"
#include "tests/support/theory.h"

/* A network under way. */
typedef struct Life {
    Theory *theory;
    Assembly *assembly;
} Life;

static Life *life_new(const char *queueing, SimTime until)
{
    Life *life = g_new0(Life, 1);

    life->theory = theory_new(queueing, "0s", "1s");
    ck_assert_ptr_nonnull(life->theory->scenario);
    life->assembly = theory_start(life->theory, 1);
    engine_run(life->assembly->engine, until);
    return life;
}

static void life_free(Life *life)
{
    assembly_free(life->assembly);
    theory_free(life->theory);
    g_free(life);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Life, life_free)

static Component *part_of(const Life *life, const char *name)
{
    Component *part = world_find(life->assembly->world, name);

    ck_assert_ptr_nonnull(part);
    return part;
}

static void run_until(const Life *life, SimTime until)
{
    engine_run(life->assembly->engine, until);
}

static uint64_t counted(const Life *life, const char *part, const char *metric)
{
    return theory_counter(life->assembly, part, metric);
}

static double level(const Life *life, const char *part, const char *metric)
{
    return theory_gauge(life->assembly, part, metric).value;
}

/* Holds that exactly `count` customers were through, the quickest and the slowest in these spans.
 */
static void check_sojourns(const Life *life, const char *part, uint64_t count, SimSpan least,
                           SimSpan most)
{
    const Histogram *sojourns = theory_histogram(life->assembly, part, "station_sojourn");

    ck_assert_uint_eq(histogram_count(sojourns), count);
    ck_assert_int_eq(histogram_min(sojourns), least);
    ck_assert_int_eq(histogram_max(sojourns), most);
}

/* --- room, order, patience ------------------------------------------------------------------
 */

/* They come at 1, 2, 3, 4 and 5 s; the first stays for 10 s. */
START_TEST(who_finds_no_room_is_refused)
{
    g_autoptr(Life) life = life_new("{ 'sources': { 'in': { 'interarrival': '1s', 'to': 'a' } }, "
                                    "'stations': { 'a': { 'service': '10s', 'room': 2 } } }",
                                    5500 * SIM_MS);

    ck_assert_uint_eq(counted(life, "source@in", "arrivals"), 5);
    ck_assert_uint_eq(counted(life, "station@a", "station_refused"), 3);
    ck_assert_uint_eq(counted(life, "source@in", "journeys_lost"), 3);
    ck_assert_double_eq(level(life, "station@a", "station_in_system"), 2);
    ck_assert_double_eq(level(life, "station@a", "station_queue"), 1);
}
END_TEST

/* The one comes at 1 s, the other at 2.5 s: it is served until 5.5 s, then the one until 7 s. */
START_TEST(the_last_to_come_displaces_the_first_who_goes_on_later)
{
    g_autoptr(Life) life =
        life_new("{ 'populations': { 'one': { 'customers': 1, 'think': '1s', 'to': 'a' }, "
                 "'other': { 'customers': 1, 'think': '2.5s', 'to': 'a' } }, "
                 "'stations': { 'a': { 'service': '3s', 'discipline': 'lcfs-pr' } } }",
                 7500 * SIM_MS);

    check_sojourns(life, "station@a", 2, 3 * SIM_S, 6 * SIM_S);
}
END_TEST

/* Three come at 1 s; the first is served until 5 s, the others give up at 3 s. */
START_TEST(who_waits_too_long_gives_up)
{
    g_autoptr(Life) life =
        life_new("{ 'populations': { 'one': { 'customers': 3, 'think': '1s', 'to': 'a' } }, "
                 "'stations': { 'a': { 'service': '4s', 'patience': '2s' } } }",
                 3500 * SIM_MS);

    ck_assert_uint_eq(counted(life, "station@a", "station_abandoned"), 2);
    ck_assert_uint_eq(counted(life, "population@one", "journeys_lost"), 2);
    ck_assert_double_eq(level(life, "station@a", "station_in_system"), 1);
    ck_assert_double_eq(level(life, "population@one", "population_thinking"), 2);
}
END_TEST

/* A refused customer without a thought would come back in the same instant for ever. */
START_TEST(time_goes_on_for_those_who_are_refused)
{
    g_autoptr(Life) life =
        life_new("{ 'populations': { 'one': { 'customers': 2, 'think': '0s', 'to': 'a' } }, "
                 "'stations': { 'a': { 'service': '4s', 'room': 1 } } }",
                 SIM_S);

    ck_assert_uint_eq(counted(life, "station@a", "station_refused"), 1001);
}
END_TEST

/* --- breakdowns and faults ------------------------------------------------------------------
 */

static const char *const disciplines[] = {"fcfs", "ps", "lcfs-pr", "random"};

static char *with_discipline(const char *format, int index)
{
    g_auto(GStrv) parts = g_strsplit(format, "%s", 2);

    return g_strjoin(disciplines[index], parts[0], parts[1], NULL);
}

static Life *broken_down(int discipline, const char *while_down)
{
    g_autofree char *text = g_strdup_printf(
        "{ 'populations': { 'one': { 'customers': 1, 'think': '1s', 'to': 'a' } }, 'stations': { "
        "'a': { 'service': '2.5s', 'discipline': '%s', "
        "'breakdown': { 'up': '3s', 'down': '2s', 'while_down': '%s' } } } }",
        disciplines[discipline], while_down);

    return life_new(text, 7800 * SIM_MS);
}

/* Served from 1 s to 3 s and from 5 s to 5.5 s; back at 6.5 s. */
START_TEST(work_goes_on_after_a_breakdown)
{
    g_autoptr(Life) life = broken_down(_i, "resume");

    check_sojourns(life, "station@a", 1, 4500 * SIM_MS, 4500 * SIM_MS);
}
END_TEST

/* Served from 1 s to 3 s for nothing, and from 5 s to 7.5 s. */
START_TEST(work_begins_again_after_a_breakdown)
{
    g_autoptr(Life) life = broken_down(_i, "repeat");

    check_sojourns(life, "station@a", 1, 6500 * SIM_MS, 6500 * SIM_MS);
}
END_TEST

/* Lost at 3 s, back at 4 s and served when the station is: from 5 s to 7.5 s. */
START_TEST(who_is_served_is_lost_in_a_breakdown)
{
    g_autoptr(Life) life = broken_down(_i, "lose");

    ck_assert_uint_eq(counted(life, "station@a", "station_lost"), 1);
    ck_assert_uint_eq(counted(life, "population@one", "journeys_lost"), 1);
    check_sojourns(life, "station@a", 1, 3500 * SIM_MS, 3500 * SIM_MS);
}
END_TEST

/* A second of work is done at 2 s; the other two take twice as long. */
START_TEST(a_fault_that_slows_down_stretches_what_is_left)
{
    g_autofree char *text =
        with_discipline("{ 'populations': { 'one': { 'customers': 1, 'think': '1s', 'to': 'a' } }, "
                        "'stations': { 'a': { 'service': '3s', 'discipline': '%s' } } }",
                        _i);
    g_autoptr(Life) life = life_new(text, 2 * SIM_S);
    Effect slow = EFFECT_NONE;

    slow.slowdown = 2;
    component_add_effect(part_of(life, "station@a"), 1, slow);
    run_until(life, 6500 * SIM_MS);
    check_sojourns(life, "station@a", 1, 5 * SIM_S, 5 * SIM_S);
}
END_TEST

/* Down from 2 s to 4 s: three are lost, think until 3.5 s and are refused. */
START_TEST(a_crash_loses_all_who_are_there)
{
    g_autofree char *text = with_discipline(
        "{ 'populations': { 'one': { 'customers': 3, 'think': '1.5s', 'to': 'a' } }, "
        "'stations': { 'a': { 'servers': 2, 'service': '1s', 'discipline': '%s' } } }",
        _i);
    g_autoptr(Life) life = life_new(text, 2 * SIM_S);
    Component *station = part_of(life, "station@a");
    Effect down = EFFECT_NONE;

    down.down = true;
    component_add_effect(station, 1, down);
    ck_assert_uint_eq(counted(life, "station@a", "station_lost"), 3);
    ck_assert_double_eq(level(life, "station@a", "station_in_system"), 0);
    ck_assert_double_eq(level(life, "station@a", "station_busy"), 0);
    run_until(life, 4 * SIM_S);
    ck_assert_uint_eq(counted(life, "station@a", "station_refused"), 3);
    component_remove_effect(station, 1);
    run_until(life, 6500 * SIM_MS);
    ck_assert_uint_ge(counted(life, "station@a", "station_throughput"), 2);
}
END_TEST

/* Those who think when their home falls are gone; those in the network come back to it. */
START_TEST(a_population_that_starts_again_is_as_large_as_before)
{
    g_autoptr(Life) life =
        life_new("{ 'populations': { 'one': { 'customers': 5, 'think': 'uniform(0s, 4s)', "
                 "'to': 'a' } }, 'stations': { 'a': { 'service': '1s' } } }",
                 10 * SIM_S);
    Component *population = part_of(life, "population@one");
    Pool *customers = queueing_customers(population)->customers;

    component_stop(population, NULL);
    ck_assert_uint_lt(pool_count_out(customers), 5);
    component_start(population);
    ck_assert_uint_eq(pool_count_out(customers), 5);
    run_until(life, 100 * SIM_S);
    component_stop(population, NULL);
    run_until(life, 200 * SIM_S);
    ck_assert_uint_eq(pool_count_out(customers), 0);
}
END_TEST

/* --- forks ----------------------------------------------------------------------------------
 */

#define FORK_OF_TWO(rest)                                                                          \
    "{ 'populations': { 'one': { 'customers': 1, 'think': '1s', 'to': 'both' } }, 'stations': { "  \
    "'a': { 'service': '1s' }, 'b': { 'service': '3s' } }, 'forks': { 'both': { 'to': [ 'a', "     \
    "'b' ]" rest " } } }"

/* Split at 1 s, whole at 4 s. */
START_TEST(a_fork_waits_for_all)
{
    g_autoptr(Life) life = life_new(FORK_OF_TWO(""), 4500 * SIM_MS);
    const Histogram *journey = theory_histogram(life->assembly, "population@one", "journey");

    ck_assert_uint_eq(histogram_count(journey), 1);
    ck_assert_int_eq(histogram_max(journey), 3 * SIM_S);
}
END_TEST

/* Whole at 2 s; the slow part goes on until 4 s, and the next one is behind it. */
START_TEST(a_part_that_is_not_needed_goes_on)
{
    g_autoptr(Life) life = life_new(FORK_OF_TWO(", 'need': 1"), 3500 * SIM_MS);

    ck_assert_uint_eq(counted(life, "fork@both", "fork_joined"), 1);
    ck_assert_double_eq(level(life, "station@b", "station_in_system"), 2);
    run_until(life, 4100 * SIM_MS);
    ck_assert_uint_eq(counted(life, "station@b", "station_throughput"), 1);
}
END_TEST

START_TEST(a_part_that_is_not_needed_is_called_off)
{
    g_autoptr(Life) life = life_new(FORK_OF_TWO(", 'need': 1, 'cancel': true"), 2500 * SIM_MS);

    ck_assert_uint_eq(counted(life, "fork@both", "fork_joined"), 1);
    ck_assert_double_eq(level(life, "station@b", "station_in_system"), 0);
    run_until(life, 60 * SIM_S);
    ck_assert_uint_eq(counted(life, "station@b", "station_throughput"), 0);
}
END_TEST

START_TEST(a_customer_goes_on_where_the_fork_says)
{
    g_autoptr(Life) life = life_new(FORK_OF_TWO(", 'need': 1, 'then': 'a'"), 3200 * SIM_MS);
    const Histogram *journey = theory_histogram(life->assembly, "population@one", "journey");

    ck_assert_int_eq(histogram_max(journey), 2 * SIM_S);
}
END_TEST

/* "b" has room for one, who stays: the second customer's part is refused. */
START_TEST(a_customer_is_lost_when_too_many_parts_are)
{
    g_autoptr(Life) life =
        life_new("{ 'sources': { 'in': { 'interarrival': '1s', 'to': 'both' } }, 'stations': { "
                 "'a': { 'service': '100ms' }, 'b': { 'service': '10s', 'room': 1 } }, "
                 "'forks': { 'both': { 'to': ['a', 'b'] } } }",
                 2500 * SIM_MS);

    ck_assert_uint_eq(counted(life, "fork@both", "fork_lost"), 1);
    ck_assert_uint_eq(counted(life, "source@in", "journeys_lost"), 1);
    ck_assert_uint_eq(counted(life, "fork@both", "fork_joined"), 0);
    ck_assert_uint_eq(counted(life, "station@a", "station_throughput"), 2);
}
END_TEST

/* The part at "x" is itself split when the one at "y" makes it superfluous. */
START_TEST(a_part_that_is_split_is_called_off_with_its_parts)
{
    g_autoptr(Life) life =
        life_new("{ 'populations': { 'one': { 'customers': 1, 'think': '1s', 'to': 'outer' } }, "
                 "'forks': { 'outer': { 'to': ['x', 'y'], 'need': 1, 'cancel': true }, "
                 "'inner': { 'to': ['a', 'b'] } }, 'stations': { "
                 "'x': { 'service': '1s', 'to': 'inner' }, 'y': { 'service': '2s' }, "
                 "'a': { 'service': '5s' }, 'b': { 'service': '5s', 'discipline': 'ps' } } }",
                 2500 * SIM_MS);
    const Customers *customers = queueing_customers(part_of(life, "fork@outer"));

    ck_assert_double_eq(level(life, "station@a", "station_in_system"), 1);
    ck_assert_double_eq(level(life, "station@b", "station_in_system"), 1);
    ck_assert_uint_eq(pool_count_out(customers->customers), 5);
    run_until(life, 3500 * SIM_MS);
    ck_assert_double_eq(level(life, "station@a", "station_in_system"), 0);
    ck_assert_double_eq(level(life, "station@b", "station_in_system"), 0);
    ck_assert_uint_eq(pool_count_out(customers->customers), 1);
    ck_assert_uint_eq(pool_count_out(customers->joins), 0);
}
END_TEST

/* --- all of it ------------------------------------------------------------------------------
 */

static const char everything[] =
    "{ 'sources': { 'in': { 'interarrival': 'exponential(mean=1s)', 'to': 'outer' }, "
    "'in2': { 'interarrival': 'exponential(mean=2s)', 'to': { 'balance': 'shortest', 'among': "
    "['a', 'b', 'c'] } } }, "
    "'forks': { 'outer': { 'to': ['a', 'b', 'c', 'd'], 'need': 2, 'cancel': true, 'then': 'e' }, "
    "'inner': { 'to': ['e', 'f'], 'cancel': true } }, 'stations': { "
    "'a': { 'service': 'exponential(mean=1s)', 'room': 5, 'to': 'inner' }, "
    "'b': { 'service': 'exponential(mean=1s)', 'discipline': 'ps', 'room': 9, 'breakdown': { "
    "'up': 'exponential(mean=20s)', 'down': 'exponential(mean=4s)', 'while_down': 'lose' } }, "
    "'c': { 'service': 'exponential(mean=500ms)', 'discipline': 'lcfs-pr', 'servers': 2, "
    "'breakdown': { 'up': 'exponential(mean=20s)', 'down': '3s', 'while_down': 'repeat' } }, "
    "'d': { 'service': 'exponential(mean=2s)', 'discipline': 'random', 'servers': 2, "
    "'patience': 'exponential(mean=1s)', 'to': [ { 'fork': 'inner', 'probability': 0.2 }, "
    "{ 'station': 'b', 'probability': 0.3 }, { 'out': true, 'probability': 0.5 } ] }, "
    "'e': { 'service': 'exponential(mean=300ms)', 'discipline': 'ps' }, "
    "'f': { 'service': 'exponential(mean=300ms)', 'patience': '1s', 'breakdown': { "
    "'up': 'exponential(mean=9s)', 'down': '1s' } } } }";

static uint64_t out_of_pools(const Life *life)
{
    const Customers *customers = queueing_customers(part_of(life, "fork@outer"));

    return pool_count_out(customers->customers) + pool_count_out(customers->joins);
}

/* With crashes of stations in between; when nobody comes any more, nobody is left. */
START_TEST(every_customer_comes_to_an_end)
{
    static const char *const stations[] = {"station@a", "station@b", "station@c",
                                           "station@d", "station@e", "station@f"};
    g_autoptr(Life) life = life_new(everything, 100 * SIM_S);
    Effect down = EFFECT_NONE;

    down.down = true;
    for (uint64_t i = 0; i < 600; i++) {
        Component *station = part_of(life, stations[i % G_N_ELEMENTS(stations)]);

        component_add_effect(station, i, down);
        run_until(life, engine_now(life->assembly->engine) + 300 * SIM_MS);
        component_remove_effect(station, i);
        run_until(life, engine_now(life->assembly->engine) + 3 * SIM_S);
    }
    ck_assert_uint_gt(counted(life, "fork@outer", "fork_joined"), 500);
    ck_assert_uint_gt(counted(life, "fork@inner", "fork_joined"), 100);
    component_stop(part_of(life, "source@in"), NULL);
    component_stop(part_of(life, "source@in2"), NULL);
    run_until(life, engine_now(life->assembly->engine) + 1000 * SIM_S);
    for (guint i = 0; i < G_N_ELEMENTS(stations); i++) {
        ck_assert_double_eq(level(life, stations[i], "station_in_system"), 0);
        ck_assert_double_eq(level(life, stations[i], "station_queue"), 0);
        ck_assert_double_eq(level(life, stations[i], "station_busy"), 0);
    }
    ck_assert_uint_eq(out_of_pools(life), 0);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_run)
{
    g_autoptr(Life) one = life_new(everything, 500 * SIM_S);
    g_autoptr(Life) other = life_new(everything, 500 * SIM_S);

    ck_assert_uint_eq(engine_fingerprint(one->assembly->engine),
                      engine_fingerprint(other->assembly->engine));
}
END_TEST

static bool keep_last(void *context, const RunProgress *progress)
{
    *(RunProgress *)context = *progress;
    return true;
}

/* Of 120 s with the warm-up, and not of the 300 s that it would last otherwise. */
START_TEST(a_run_that_is_to_end_early_is_done_then)
{
    g_autoptr(Theory) theory = theory_new(everything, "20s", "300s");
    g_autofree char *path = g_strconcat(theory->path, ".sqlite", NULL);
    g_autoptr(DiagList) diags = scenario_diags_new(theory->scenario);
    RunProgress last = {0};
    RunOrder order = {.scenario = theory->scenario,
                      .kinds = all_kinds,
                      .until = 100 * SIM_S,
                      .path = path,
                      .watch = keep_last,
                      .context = &last};

    ck_assert(run_execute(&order, diags, NULL));
    ck_assert_int_eq(last.done, 120 * SIM_S);
    ck_assert_int_eq(last.length, 120 * SIM_S);
    unlink(path);
}
END_TEST

/* What a reader of the results file finds is what the stations measured. */
START_TEST(results_hold_what_the_stations_measured)
{
    g_autoptr(Theory) theory = theory_new(everything, "20s", "300s");
    g_autofree char *path = g_strconcat(theory->path, ".sqlite", NULL);
    g_autoptr(DiagList) diags = scenario_diags_new(theory->scenario);
    RunOrder order = {.scenario = theory->scenario, .kinds = all_kinds, .path = path};
    ResultsComponentFilter filter = {.station = "c"};
    g_autoptr(Histogram) read = histogram_new();
    g_autoptr(Assembly) twin = NULL;
    const Histogram *measured;

    ck_assert(run_execute(&order, diags, NULL));
    g_autoptr(Results) results = results_open(path, NULL);
    g_autoptr(GArray) meters = results_meters(results, "station_sojourn", &filter);
    ck_assert_uint_eq(meters->len, 1);
    results_add_histogram(results, &g_array_index(meters, ResultsMeter, 0), 0,
                          (ResultsSpan){0, 300 * SIM_S}, read);
    twin = theory_start(theory, 1);
    engine_run(twin->engine, 20 * SIM_S);
    histogram_reset(theory_histogram(twin, "station@c", "station_sojourn"));
    engine_run(twin->engine, 320 * SIM_S);
    measured = theory_histogram(twin, "station@c", "station_sojourn");
    ck_assert_uint_gt(histogram_count(measured), 300);
    ck_assert_uint_eq(histogram_count(read), histogram_count(measured));
    ck_assert_double_eq_tol(histogram_mean(read), histogram_mean(measured), 1);
    unlink(path);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("queueing");
    TCase *tests = tcase_create("queueing");
    int count = G_N_ELEMENTS(disciplines);

    tcase_add_test(tests, who_finds_no_room_is_refused);
    tcase_add_test(tests, the_last_to_come_displaces_the_first_who_goes_on_later);
    tcase_add_test(tests, who_waits_too_long_gives_up);
    tcase_add_test(tests, time_goes_on_for_those_who_are_refused);
    tcase_add_loop_test(tests, work_goes_on_after_a_breakdown, 0, count);
    tcase_add_loop_test(tests, work_begins_again_after_a_breakdown, 0, count);
    tcase_add_loop_test(tests, who_is_served_is_lost_in_a_breakdown, 0, count);
    tcase_add_loop_test(tests, a_fault_that_slows_down_stretches_what_is_left, 0, count);
    tcase_add_loop_test(tests, a_crash_loses_all_who_are_there, 0, count);
    tcase_add_test(tests, a_population_that_starts_again_is_as_large_as_before);
    tcase_add_test(tests, a_fork_waits_for_all);
    tcase_add_test(tests, a_part_that_is_not_needed_goes_on);
    tcase_add_test(tests, a_part_that_is_not_needed_is_called_off);
    tcase_add_test(tests, a_customer_goes_on_where_the_fork_says);
    tcase_add_test(tests, a_customer_is_lost_when_too_many_parts_are);
    tcase_add_test(tests, a_part_that_is_split_is_called_off_with_its_parts);
    tcase_add_test(tests, every_customer_comes_to_an_end);
    tcase_add_test(tests, the_same_seed_gives_the_same_run);
    tcase_add_test(tests, a_run_that_is_to_end_early_is_done_then);
    tcase_add_test(tests, results_hold_what_the_stations_measured);
    suite_add_tcase(suite, tests);
    return suite;
}

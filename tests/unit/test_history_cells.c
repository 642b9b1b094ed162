/* test_history_cells.c - a recorder that takes users' seconds while the run goes on. */
#include "sim/world/history.h"
#include "tests/support/suite.h"

static const Site dc01 = {.name = "DC01", .type = SITE_DC, .index = 0};
static const Site dc03 = {.name = "DC03", .type = SITE_DC, .index = 1};
static const Site region = {.name = "Europe central", .type = SITE_REGION, .index = 2};

typedef struct Desk {
    Engine *engine;
    History *history;
} Desk;

static Desk desk_new(void)
{
    Desk desk = {.engine = engine_new(1)};

    desk.history = history_new(desk.engine);
    return desk;
}

static void desk_free(Desk desk)
{
    history_free(desk.history);
    engine_free(desk.engine);
}

static UserRequest request_at(SimTime intended, SimSpan latency, const Site *dc)
{
    return (UserRequest){.intended = intended,
                         .ended = intended + latency,
                         .client = "users",
                         .region = &region,
                         .dc = dc,
                         .is_ok = true,
                         .attempts = 1};
}

static void count_cell(const HistoryCell *cell, void *context)
{
    uint64_t *seen = context;

    ck_assert_uint_ge(cell->second, (guint)seen[1]);
    seen[0] += cell->ok;
    seen[1] = cell->second;
    seen[2]++;
}

/* A second is handed over when the last request wanted in it has ended, however late. */
START_TEST(complete_seconds_are_handed_over_and_forgotten)
{
    Desk desk = desk_new();
    UserRequest slow = request_at(500 * SIM_MS, 5 * SIM_S, &dc01);
    UserRequest quick = request_at(1500 * SIM_MS, 40 * SIM_MS, &dc01);
    uint64_t seen[3] = {0, 0, 0};

    engine_run(desk.engine, 500 * SIM_MS);
    history_request_begun(desk.history, slow.intended);
    engine_run(desk.engine, 1500 * SIM_MS);
    history_request_begun(desk.history, quick.intended);
    history_request(desk.history, &quick);
    engine_run(desk.engine, 3 * SIM_S);
    history_take_cells(desk.history, count_cell, seen);
    ck_assert_uint_eq(seen[2], 0);
    engine_run(desk.engine, 5500 * SIM_MS);
    history_request(desk.history, &slow);
    history_take_cells(desk.history, count_cell, seen);
    ck_assert_uint_eq(seen[0], 2);
    ck_assert_uint_eq(seen[1], 1);
    ck_assert_uint_eq(seen[2], 2);
    ck_assert_uint_eq(history_count_cells(desk.history), 0);
    desk_free(desk);
}
END_TEST

/* The same requests as one that keeps all: nothing is lost, nothing twice, cells start empty. */
START_TEST(cells_that_are_used_again_start_empty)
{
    Desk desk = desk_new();
    uint64_t seen[3] = {0, 0, 0};
    Rng rng;

    rng_init(&rng, 5, "test/cells");
    for (SimTime second = 0; second < 200; second++) {
        for (int i = 0; i < 5; i++) {
            UserRequest request =
                request_at(second * SIM_S, SIM_MS, rng_chance(&rng, 0.5) ? &dc01 : &dc03);

            engine_run(desk.engine, second * SIM_S);
            history_request_begun(desk.history, request.intended);
            request.is_ok = rng_chance(&rng, 0.5);
            request.reason = "http-503";
            history_request(desk.history, &request);
            seen[0] += request.is_ok ? 0 : 1;
        }
        history_take_cells(desk.history, count_cell, seen);
        ck_assert_uint_le(history_count_cells(desk.history), 2);
    }
    engine_run(desk.engine, 200 * SIM_S);
    history_take_cells(desk.history, count_cell, seen);
    ck_assert_uint_eq(seen[0], 1000);
    ck_assert_uint_eq(history_count_cells(desk.history), 0);
    desk_free(desk);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("history_cells");
    TCase *cases = tcase_create("history_cells");

    tcase_add_test(cases, complete_seconds_are_handed_over_and_forgotten);
    tcase_add_test(cases, cells_that_are_used_again_start_empty);
    suite_add_tcase(suite, cases);
    return suite;
}

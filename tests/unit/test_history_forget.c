/* test_history_forget.c - a history that forgets what no check can need finds the same as one that
 * keeps everything. */
#include "sim/world/history.h"
#include "tests/support/suite.h"

#define KEYS 500
#define REPLICAS 3
#define SESSIONS 200
#define OPERATIONS 300000

static const Site region = {.name = "Europe central", .type = SITE_REGION, .index = 2};
static const Site dc01 = {.name = "DC01", .type = SITE_DC, .index = 0};

/* Replicas of which some take a version at once and the others later, or never. */
typedef struct Shelf {
    int64_t versions[KEYS][REPLICAS];
    Rng rng;
    uint64_t asked;
} Shelf;

typedef struct Desk {
    Engine *engine;
    History *history;
} Desk;

static Desk desk_new(const HistoryFloors *floors)
{
    Desk desk = {.engine = engine_new(1)};

    desk.history = history_new(desk.engine);
    if (floors != NULL) {
        history_set_floors(desk.history, floors);
    }
    return desk;
}

static void desk_free(Desk desk)
{
    history_free(desk.history);
    engine_free(desk.engine);
}

static void shelf_fill(void *context, const uint64_t *keys, int64_t *floors, size_t count)
{
    Shelf *shelf = context;

    shelf->asked++;
    for (size_t i = 0; i < count; i++) {
        floors[i] = INT64_MAX;
        for (int k = 0; k < REPLICAS; k++) {
            floors[i] = MIN(floors[i], shelf->versions[keys[i]][k]);
        }
    }
}

/* One operation as both desks see it. */
typedef struct Operation {
    UserRequest request;
    uint64_t key;
    int64_t version;
} Operation;

static void desk_take(Desk desk, const Operation *operation)
{
    const UserRequest *request = &operation->request;

    engine_run(desk.engine, request->intended);
    history_request_begun(desk.history, request->intended);
    engine_run(desk.engine, request->ended);
    history_request(desk.history, request);
    if (request->is_write) {
        history_write_acked(desk.history, operation->key, operation->version, request->ended,
                            request);
    } else {
        history_read(desk.history, request->session, operation->key, operation->version,
                     request->intended, request);
    }
    history_forget(desk.history);
}

static Operation shelf_operate(Shelf *shelf, int64_t number, SimTime now)
{
    Operation operation = {.request = {.intended = now,
                                       .ended = now + 3 * SIM_MS,
                                       .client = "users",
                                       .region = &region,
                                       .dc = &dc01,
                                       .is_write = rng_chance(&shelf->rng, 0.6),
                                       .is_ok = true,
                                       .attempts = 1,
                                       .id = (uint64_t)number,
                                       .session = 1 + rng_below(&shelf->rng, SESSIONS)},
                           .key = rng_below(&shelf->rng, KEYS),
                           .version = number};
    int64_t *versions = shelf->versions[operation.key];

    if (operation.request.is_write) {
        if (rng_chance(&shelf->rng, 0.01)) { /* of a node whose clock is behind */
            operation.version = 1 + (int64_t)rng_below(&shelf->rng, (uint64_t)number);
        }
        for (int k = 0; k < REPLICAS; k++) {
            versions[k] =
                rng_chance(&shelf->rng, 0.8) ? MAX(versions[k], operation.version) : versions[k];
        }
    } else {
        operation.version = versions[rng_below(&shelf->rng, REPLICAS)];
    }
    return operation;
}

static void check_same(Desk one, Desk other)
{
    HistoryTotals a = history_totals(one.history), b = history_totals(other.history);

    ck_assert_uint_eq(a.reads_checked, b.reads_checked);
    ck_assert_uint_eq(a.reads_stale, b.reads_stale);
    ck_assert_uint_eq(a.reads_back_in_time, b.reads_back_in_time);
    ck_assert_uint_eq(a.reads_without_own, b.reads_without_own);
    ck_assert_uint_eq(a.writes_overwritten, b.writes_overwritten);
    ck_assert_uint_eq(b.reads_beyond_memory, 0);
    ck_assert_int_eq(a.staleness_most, b.staleness_most);
    ck_assert_uint_eq(a.writes_lost, b.writes_lost);
    ck_assert_uint_eq(a.keys_written, b.keys_written);
    ck_assert_uint_eq(history_count_findings(one.history), history_count_findings(other.history));
    for (guint i = 0; i < history_count_findings(one.history); i++) {
        ck_assert_str_eq(history_finding(one.history, i)->proof,
                         history_finding(other.history, i)->proof);
    }
}

START_TEST(forgetting_changes_no_finding)
{
    static Shelf shelf;
    HistoryFloors floors = {shelf_fill, &shelf};
    Desk all = desk_new(NULL), some = desk_new(&floors);

    rng_init(&shelf.rng, 11, "test/forget");
    for (int64_t i = 1; i <= OPERATIONS; i++) {
        Operation operation = shelf_operate(&shelf, i, i * 5 * SIM_MS);

        desk_take(all, &operation);
        desk_take(some, &operation);
    }
    for (uint64_t key = 0; key < KEYS; key++) {
        int64_t left = shelf.versions[key][0];

        for (int k = 1; k < REPLICAS; k++) {
            left = MIN(left, shelf.versions[key][k]);
        }
        history_write_lost(all.history, key, left, INT64_MAX, SIM_S);
        history_write_lost(some.history, key, left, INT64_MAX, SIM_S);
    }
    check_same(all, some);
    ck_assert_uint_gt(history_totals(all.history).reads_stale, 1000);
    ck_assert_uint_gt(history_totals(all.history).reads_back_in_time, 10);
    ck_assert_uint_gt(history_totals(all.history).reads_without_own, 10);
    ck_assert_uint_gt(history_totals(all.history).writes_lost, 100);
    ck_assert_uint_gt(history_totals(all.history).writes_overwritten, 100);
    ck_assert_uint_gt(shelf.asked, 1);
    ck_assert_uint_lt(history_count_kept(some.history), 100000);
    ck_assert_uint_gt(history_count_kept(all.history), 200000);
    desk_free(all);
    desk_free(some);
}
END_TEST

/* A request that began before the floors were asked for may show what was there before them. */
START_TEST(nothing_is_forgotten_while_an_older_request_is_under_way)
{
    static Shelf shelf;
    HistoryFloors floors = {shelf_fill, &shelf};
    Desk desk = desk_new(&floors);
    uint64_t before;

    rng_init(&shelf.rng, 12, "test/forget");
    history_request_begun(desk.history, 0); /* and never ends */
    for (int64_t i = 1; i <= OPERATIONS; i++) {
        Operation operation = shelf_operate(&shelf, i, i * 5 * SIM_MS);

        before = history_count_kept(desk.history);
        desk_take(desk, &operation);
        ck_assert_uint_ge(history_count_kept(desk.history), before);
    }
    ck_assert_uint_eq(shelf.asked, 1);
    desk_free(desk);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("history_forget");
    TCase *cases = tcase_create("history_forget");

    tcase_add_test(cases, forgetting_changes_no_finding);
    tcase_add_test(cases, nothing_is_forgotten_while_an_older_request_is_under_way);
    suite_add_tcase(suite, cases);
    return suite;
}

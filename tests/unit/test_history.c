/* test_history.c - what users felt is added up rightly, and data checks agree with a naive twin
 * that keeps every operation. */
#include "sim/world/history.h"

#include <string.h>

#include "sim/checkers/data_tables.h"
#include "tests/support/suite.h"

static const Site region = {.name = "Europe central", .type = SITE_REGION, .index = 5};
static const Site other_region = {.name = "Europe west", .type = SITE_REGION, .index = 6};
static const Site dc01 = {.name = "DC01", .type = SITE_DC, .index = 0};
static const Site dc03 = {.name = "DC03", .type = SITE_DC, .index = 2};

static UserRequest request_at(SimTime intended, SimSpan latency, const Site *dc)
{
    return (UserRequest){.intended = intended,
                         .ended = intended + latency,
                         .client = "users",
                         .region = &region,
                         .dc = dc,
                         .is_ok = true,
                         .attempts = 1,
                         .id = 1};
}

/* A history without a world, on an engine of its own. */
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

/* --- requests ------------------------------------------------------------------------------------
 */

START_TEST(requests_are_added_up_by_second_and_labels)
{
    Desk desk = desk_new();
    UserRequest request = request_at(1500 * SIM_MS, 40 * SIM_MS, &dc01);
    const HistoryCell *cell;

    history_request(desk.history, &request);
    request.ended += 20 * SIM_MS;
    request.attempts = 3;
    request.is_late = true;
    history_request(desk.history, &request);
    request.is_ok = false;
    request.reason = "http-503";
    history_request(desk.history, &request);
    request.reason = "connect-timeout";
    history_request(desk.history, &request);
    history_request(desk.history, &request);
    ck_assert_uint_eq(history_count_cells(desk.history), 1);
    cell = history_cell(desk.history, 0);
    ck_assert_uint_eq(cell->second, 1);
    ck_assert_str_eq(cell->client, "users");
    ck_assert_ptr_eq(cell->region, &region);
    ck_assert_ptr_eq(cell->dc, &dc01);
    ck_assert_uint_eq(cell->ok, 2);
    ck_assert_uint_eq(cell->failed, 3);
    ck_assert_uint_eq(cell->late, 1);
    ck_assert_uint_eq(cell->attempts, 13);
    ck_assert_uint_eq(histogram_count(cell->latency), 2);
    ck_assert_int_eq(histogram_max(cell->latency), 60 * SIM_MS);
    ck_assert_uint_eq(GPOINTER_TO_UINT(g_hash_table_lookup(cell->reasons, "connect-timeout")), 2);
    ck_assert_uint_eq(GPOINTER_TO_UINT(g_hash_table_lookup(cell->reasons, "http-503")), 1);
    desk_free(desk);
}
END_TEST

/* The warm-up ends at 10.5 s: what was wanted just before and just after falls into two seconds. */
START_TEST(a_second_begins_at_the_end_of_the_warm_up)
{
    Desk desk = desk_new();
    UserRequest before = request_at(10400 * SIM_MS, 0, &dc01);
    UserRequest after = request_at(10600 * SIM_MS, 0, &dc01);

    history_set_epoch(desk.history, 10500 * SIM_MS);
    history_request(desk.history, &before);
    history_request(desk.history, &after);
    ck_assert_uint_eq(history_count_cells(desk.history), 2);
    ck_assert_int_eq(history_cell(desk.history, 0)->begin, 9500 * SIM_MS);
    ck_assert_int_eq(history_cell(desk.history, 1)->begin, 10500 * SIM_MS);
    desk_free(desk);
}
END_TEST

START_TEST(cells_come_in_order_of_second_client_region_and_dc)
{
    Desk desk = desk_new();
    char same_text[] = "users";
    static const SimTime seconds[] = {61, 3, 3, 3, 3, 0};
    static const Site *const dcs[] = {&dc01, &dc03, NULL, &dc01, &dc01, &dc03};
    const HistoryCell *cell;

    for (size_t i = 0; i < G_N_ELEMENTS(seconds); i++) {
        UserRequest request = request_at(seconds[i] * SIM_S, SIM_MS, dcs[i]);

        request.region = i == 3 ? &other_region : &region;
        request.client = i == 4 ? "devices" : i == 1 ? same_text : "users";
        history_request(desk.history, &request);
    }
    ck_assert_uint_eq(history_count_cells(desk.history), 6);
    ck_assert_uint_eq(history_cell(desk.history, 0)->second, 0);
    ck_assert_str_eq(history_cell(desk.history, 1)->client, "devices");
    cell = history_cell(desk.history, 2);
    ck_assert_ptr_null(cell->dc);
    ck_assert_ptr_eq(cell->region, &region);
    ck_assert_ptr_eq(history_cell(desk.history, 3)->dc, &dc03);
    ck_assert_ptr_eq(history_cell(desk.history, 4)->region, &other_region);
    ck_assert_uint_eq(history_cell(desk.history, 5)->second, 61);
    desk_free(desk);
}
END_TEST

START_TEST(no_request_is_lost_between_the_cells)
{
    Desk desk = desk_new();
    uint64_t ok = 0, latencies = 0;
    Rng rng;

    rng_init(&rng, 3, "test/requests");
    for (int i = 0; i < 50000; i++) {
        UserRequest request =
            request_at((SimTime)rng_below(&rng, 300 * SIM_S), (SimSpan)rng_below(&rng, SIM_S),
                       rng_chance(&rng, 0.5) ? &dc01 : NULL);

        history_request(desk.history, &request);
    }
    for (guint i = 0; i < history_count_cells(desk.history); i++) {
        const HistoryCell *cell = history_cell(desk.history, i);

        ok += cell->ok;
        latencies += histogram_count(cell->latency);
    }
    ck_assert_uint_eq(ok, 50000);
    ck_assert_uint_eq(latencies, 50000);
    desk_free(desk);
}
END_TEST

/* --- occurrences ---------------------------------------------------------------------------------
 */

START_TEST(occurrences_are_counted_by_content_and_not_by_address)
{
    Desk desk = desk_new();
    char value[8] = "DC01";
    const HistoryOccurrence *seen;

    history_note(desk.history, "client.rerouted", NULL, "from", value, NULL, NULL);
    memcpy(value, "DC03", 5);
    history_note(desk.history, "client.rerouted", NULL, "from", value, NULL, NULL);
    engine_run(desk.engine, 5 * SIM_S);
    history_note(desk.history, "client.rerouted", NULL, "from", "DC01", NULL, NULL);
    history_note(desk.history, "client.rerouted", NULL, "to", "DC01", NULL, NULL);
    history_note(desk.history, "client.rerouted", NULL, "from", "DC01", "to", "DC02");
    ck_assert_uint_eq(history_count_occurrences(desk.history), 4);
    seen = history_occurrence(desk.history, 0);
    ck_assert_str_eq(seen->event, "client.rerouted");
    ck_assert_str_eq(seen->value1, "DC01");
    ck_assert_uint_eq(seen->count, 2);
    ck_assert_int_eq(seen->first, 0);
    ck_assert_int_eq(seen->last, 5 * SIM_S);
    ck_assert_str_eq(history_occurrence(desk.history, 1)->value1, "DC03");
    desk_free(desk);
}
END_TEST

START_TEST(what_happens_in_the_warm_up_is_counted_apart)
{
    Desk desk = desk_new();

    history_set_epoch(desk.history, 10 * SIM_S);
    history_note(desk.history, "node.restarted", NULL, "role", "db", NULL, NULL);
    engine_run(desk.engine, 9 * SIM_S);
    history_note(desk.history, "node.restarted", NULL, "role", "db", NULL, NULL);
    engine_run(desk.engine, 10 * SIM_S);
    history_note(desk.history, "node.restarted", NULL, "role", "db", NULL, NULL);
    ck_assert_uint_eq(history_count_occurrences(desk.history), 2);
    ck_assert_uint_eq(history_occurrence(desk.history, 0)->count, 2);
    ck_assert_int_eq(history_occurrence(desk.history, 0)->last, 9 * SIM_S);
    ck_assert_uint_eq(history_occurrence(desk.history, 1)->count, 1);
    ck_assert_int_eq(history_occurrence(desk.history, 1)->first, 10 * SIM_S);
    desk_free(desk);
}
END_TEST

START_TEST(many_occurrences_at_once_count_as_so_many)
{
    Desk desk = desk_new();

    history_note_many(desk.history, "cassandra.hint-stored", NULL, 40, "to", "DC01", NULL, NULL);
    history_note(desk.history, "cassandra.hint-stored", NULL, "to", "DC01", NULL, NULL);
    history_note_many(desk.history, "cassandra.hint-stored", NULL, 2, "to", "DC01", NULL, NULL);
    ck_assert_uint_eq(history_count_occurrences(desk.history), 1);
    ck_assert_uint_eq(history_occurrence(desk.history, 0)->count, 43);
    desk_free(desk);
}
END_TEST

/* --- data ---------------------------------------------------------------------------------------
 */

static void desk_write(Desk desk, uint64_t key, int64_t version, SimTime now, uint64_t session)
{
    UserRequest request = request_at(now, 0, &dc03);

    request.id = (uint64_t)version * 10;
    request.session = session;
    history_write_acked(desk.history, key, version, now, &request);
}

static void desk_read(Desk desk, uint64_t key, int64_t version, SimTime invoked, uint64_t session)
{
    UserRequest request = request_at(invoked, 10 * SIM_MS, &dc01);

    request.id = 99;
    history_read(desk.history, session, key, version, invoked, &request);
}

START_TEST(a_read_is_as_stale_as_the_earliest_newer_write_is_old)
{
    Desk desk = desk_new();
    HistoryTotals totals;

    desk_write(desk, 7, 10, 1 * SIM_S, 0);
    desk_write(desk, 7, 20, 2 * SIM_S, 0);
    desk_write(desk, 7, 30, 3 * SIM_S, 0);
    desk_read(desk, 7, 30, 5 * SIM_S, 0);
    desk_read(desk, 7, 31, 5 * SIM_S, 0);
    ck_assert_uint_eq(history_totals(desk.history).reads_stale, 0);
    desk_read(desk, 7, 10, 5 * SIM_S, 0);
    totals = history_totals(desk.history);
    ck_assert_uint_eq(totals.reads_stale, 1);
    ck_assert_int_eq(totals.staleness_most, 3 * SIM_S);
    ck_assert_int_eq(totals.staleness_most_at, 5 * SIM_S);
    ck_assert_uint_eq(totals.reads_checked, 3);
    ck_assert_uint_eq(history_count_findings(desk.history), 1);
    ck_assert_str_eq(history_finding(desk.history, 0)->invariant, "staleness-bound");
    ck_assert_double_eq(history_finding(desk.history, 0)->value, 3);
    ck_assert_str_eq(
        history_finding(desk.history, 0)->proof,
        "version 20 of key 7, asked for at 2.000000 s by request 200, was acknowledged at "
        "2.000000 s by DC03; 3.000000 s later request 99 at 5.000000 s through DC01 was "
        "shown version 10 of key 7");
    desk_free(desk);
}
END_TEST

START_TEST(a_write_acknowledged_after_the_read_began_does_not_count)
{
    Desk desk = desk_new();

    desk_write(desk, 7, 10, 1 * SIM_S, 0);
    desk_write(desk, 7, 20, 3 * SIM_S, 0);
    desk_read(desk, 7, 10, 2 * SIM_S, 0);
    desk_read(desk, 8, 0, 2 * SIM_S, 0);
    ck_assert_uint_eq(history_totals(desk.history).reads_stale, 0);
    desk_free(desk);
}
END_TEST

START_TEST(a_session_that_goes_back_in_time_is_found)
{
    Desk desk = desk_new();

    desk_read(desk, 7, 20, 1 * SIM_S, 5);
    desk_read(desk, 7, 10, 2 * SIM_S, 6);
    ck_assert_uint_eq(history_totals(desk.history).reads_back_in_time, 0);
    desk_read(desk, 7, 10, 2 * SIM_S, 5);
    ck_assert_uint_eq(history_totals(desk.history).reads_back_in_time, 1);
    ck_assert_str_eq(history_finding(desk.history, 0)->invariant, "monotonic-reads");
    /* Asked before the session knew better. */
    desk_read(desk, 7, 10, SIM_S, 5);
    ck_assert_uint_eq(history_totals(desk.history).reads_back_in_time, 1);
    ck_assert_uint_eq(history_totals(desk.history).reads_without_own, 0);
    desk_free(desk);
}
END_TEST

START_TEST(a_session_that_does_not_see_what_it_wrote_is_found)
{
    Desk desk = desk_new();

    desk_write(desk, 9, 40, 3 * SIM_S, 5);
    desk_read(desk, 9, 30, 4 * SIM_S, 6);
    desk_read(desk, 9, 40, 4 * SIM_S, 5);
    ck_assert_uint_eq(history_totals(desk.history).reads_without_own, 0);
    ck_assert_uint_eq(history_totals(desk.history).reads_of_own, 1);
    desk_read(desk, 9, 30, 3500 * SIM_MS, 5);
    ck_assert_uint_eq(history_totals(desk.history).reads_without_own, 1);
    ck_assert_uint_eq(history_totals(desk.history).reads_back_in_time, 0);
    desk_read(desk, 9, 30, 5 * SIM_S, 5);
    ck_assert_uint_eq(history_totals(desk.history).reads_without_own, 2);
    ck_assert_uint_eq(history_totals(desk.history).reads_back_in_time, 1);
    /* Asked before the write was acknowledged. */
    desk_read(desk, 9, 30, 2 * SIM_S, 5);
    ck_assert_uint_eq(history_totals(desk.history).reads_without_own, 2);
    desk_free(desk);
}
END_TEST

START_TEST(a_lost_acknowledged_write_is_found_with_who_acknowledged_it)
{
    Desk desk = desk_new();
    HistoryTotals totals;

    desk_write(desk, 7, 10, 1 * SIM_S, 0);
    desk_write(desk, 7, 20, 2 * SIM_S, 0);
    desk_write(desk, 7, 30, 3 * SIM_S, 0);
    desk_write(desk, 8, 15, 3 * SIM_S, 0);
    history_final(desk.history, 7, 10, 10);
    history_final(desk.history, 8, 16, 15);
    totals = history_totals(desk.history);
    ck_assert_uint_eq(totals.writes_acked, 4);
    ck_assert_uint_eq(totals.keys_written, 2);
    ck_assert_uint_eq(totals.keys_judged, 2);
    ck_assert_uint_eq(totals.writes_lost, 2);
    ck_assert_uint_eq(totals.keys_diverged, 1);
    ck_assert_uint_eq(history_count_findings(desk.history), 2);
    ck_assert_str_eq(history_finding(desk.history, 0)->invariant, "no-lost-acked-write");
    ck_assert_double_eq(history_finding(desk.history, 0)->value, 2);
    ck_assert_str_eq(history_finding(desk.history, 0)->proof,
                     "version 30 of key 7, asked for at 3.000000 s by request 300, was "
                     "acknowledged at 3.000000 s "
                     "by DC03; at the end no replica holds anything newer than version 10");
    ck_assert_str_eq(history_finding(desk.history, 1)->invariant, "converges");
    desk_free(desk);
}
END_TEST

START_TEST(proofs_are_bounded_and_the_worst_stale_reads_are_kept)
{
    Desk desk = desk_new();
    guint stale = 0, back = 0;
    double least = 1e9;

    desk_write(desk, 7, 10, 0, 0);
    desk_write(desk, 7, 20, SIM_S, 0);
    desk_read(desk, 7, 20, SIM_S, 1);
    for (SimTime i = 1; i <= 1000; i++) {
        desk_read(desk, 7, 10, SIM_S + (i * 7919 % 1000 + 20) * SIM_S, 1);
    }
    for (guint i = 0; i < history_count_findings(desk.history); i++) {
        const HistoryFinding *finding = history_finding(desk.history, i);

        if (strcmp(finding->invariant, "staleness-bound") == 0) {
            stale++;
            least = MIN(least, finding->value);
        } else {
            back++;
        }
    }
    ck_assert_uint_eq(stale, 100);
    ck_assert_uint_eq(back, 100);
    ck_assert_double_eq(least, 920);
    ck_assert_uint_eq(history_totals(desk.history).reads_stale, 1000);
    ck_assert_uint_eq(history_totals(desk.history).reads_back_in_time, 1000);
    ck_assert_int_eq(history_totals(desk.history).staleness_most, 1019 * SIM_S);
    desk_free(desk);
}
END_TEST

static void gather_key(uint64_t key, int64_t newest, void *context)
{
    g_string_append_printf(context, "%u:%d ", (unsigned)key, (int)newest);
}

START_TEST(written_keys_are_visited_in_rising_order)
{
    Desk desk = desk_new();
    g_autoptr(GString) text = g_string_new(NULL);

    desk_write(desk, 900, 1, 1, 0);
    desk_write(desk, 3, 5, 2, 0);
    desk_write(desk, 3, 4, 3, 0);
    desk_write(desk, 70, 2, 4, 0);
    history_each_key(desk.history, gather_key, text);
    ck_assert_str_eq(text->str, "3:5 70:2 900:1 ");
    desk_free(desk);
}
END_TEST

/* --- the twin: keeps every operation and looks through all of them
 * --------------------------------
 */

typedef struct TwinOperation {
    bool is_write;
    uint64_t session, key;
    int64_t version;
    SimTime known; /* when the user had the answer */
} TwinOperation;

typedef struct Twin {
    GArray *operations;
    uint64_t stale, back, without_own, lost, written;
    SimSpan most;
} Twin;

/* The newest version that a session was shown (or wrote) of a key, and since when. */
static Seen twin_seen(const Twin *twin, uint64_t session, uint64_t key, bool is_write)
{
    Seen seen = {0};

    for (guint i = 0; i < twin->operations->len; i++) {
        const TwinOperation *operation = &g_array_index(twin->operations, TwinOperation, i);

        if (operation->key == key && operation->session == session &&
            operation->is_write == is_write && operation->version > seen.version) {
            seen = (Seen){operation->version, operation->known};
        }
    }
    return seen;
}

static void twin_read(Twin *twin, uint64_t session, uint64_t key, int64_t version, SimTime invoked)
{
    Seen read = twin_seen(twin, session, key, false), wrote = twin_seen(twin, session, key, true);
    SimTime earliest = SIM_NEVER;

    for (guint i = 0; i < twin->operations->len; i++) {
        const TwinOperation *operation = &g_array_index(twin->operations, TwinOperation, i);

        if (operation->key == key && operation->is_write && operation->version > version) {
            earliest = MIN(earliest, operation->known);
        }
    }
    if (earliest <= invoked) {
        twin->stale++;
        twin->most = MAX(twin->most, invoked - earliest);
    }
    twin->back += read.version > version && read.time <= invoked ? 1 : 0;
    twin->without_own += wrote.version > version && wrote.time <= invoked ? 1 : 0;
}

static int64_t twin_newest(const Twin *twin, uint64_t key, int64_t than, uint64_t *newer)
{
    int64_t newest = 0;

    /* Writes that were newest when acknowledged: the promise that counts. */
    *newer = 0;
    for (guint i = 0; i < twin->operations->len; i++) {
        const TwinOperation *operation = &g_array_index(twin->operations, TwinOperation, i);

        if (operation->is_write && operation->key == key && operation->version > newest) {
            newest = operation->version;
            *newer += newest > than ? 1 : 0;
        }
    }
    return newest;
}

static void twin_play(uint64_t seed)
{
    Desk desk = desk_new();
    Twin twin = {.operations = g_array_new(false, false, sizeof(TwinOperation))};
    SimTime now = SIM_S;
    HistoryTotals totals;
    Rng rng;

    rng_init(&rng, seed, "test/twin");
    for (int i = 0; i < 600; i++) {
        TwinOperation operation = {.is_write = rng_chance(&rng, 0.4),
                                   .session = 1 + rng_below(&rng, 5),
                                   .key = rng_below(&rng, 6) * 1000003,
                                   .version = 1 + i / 2 + (int64_t)rng_below(&rng, 40)};

        now += (SimSpan)rng_below(&rng, 20 * SIM_MS);
        operation.known = now;
        if (operation.is_write) {
            desk_write(desk, operation.key, operation.version, now, operation.session);
        } else {
            SimTime invoked = now - (SimSpan)rng_below(&rng, 50 * SIM_MS);
            UserRequest request = request_at(invoked, now - invoked, &dc01);

            twin_read(&twin, operation.session, operation.key, operation.version, invoked);
            history_read(desk.history, operation.session, operation.key, operation.version, invoked,
                         &request);
        }
        g_array_append_val(twin.operations, operation);
    }
    for (uint64_t key = 0; key < 6 * 1000003; key += 1000003) {
        int64_t held = (int64_t)rng_below(&rng, 400);
        uint64_t newer;

        twin.written += twin_newest(&twin, key, held, &newer) > 0 ? 1 : 0;
        twin.lost += newer;
        history_final(desk.history, key, held, held);
    }
    totals = history_totals(desk.history);
    ck_assert_uint_eq(totals.reads_stale, twin.stale);
    ck_assert_uint_eq(totals.reads_back_in_time, twin.back);
    ck_assert_uint_eq(totals.reads_without_own, twin.without_own);
    ck_assert_int_eq(totals.staleness_most, twin.most);
    ck_assert_uint_eq(totals.writes_lost, twin.lost);
    ck_assert_uint_eq(totals.keys_written, twin.written);
    ck_assert_uint_gt(twin.stale, 0);
    ck_assert_uint_gt(twin.back, 0);
    ck_assert_uint_gt(twin.without_own, 0);
    ck_assert_uint_gt(twin.lost, 0);
    g_array_free(twin.operations, true);
    desk_free(desk);
}

/* Versions 10, 20 and 30; what was newer than 10 and at most 20 is gone, and told twice. The end
 * finds nothing but 30. */
START_TEST(destroyed_versions_are_counted_once_though_newer_ones_follow)
{
    Desk desk = desk_new();
    UserRequest request = request_at(SIM_S, 0, &dc03);

    request.is_write = true;
    for (int64_t version = 10; version <= 30; version += 10) {
        history_write_acked(desk.history, 7, version, version * SIM_S, &request);
    }
    history_write_lost(desk.history, 7, 10, 20, 25 * SIM_S);
    history_write_lost(desk.history, 7, 10, 20, 26 * SIM_S);
    history_final(desk.history, 7, 30, 30);
    ck_assert_uint_eq(history_totals(desk.history).writes_lost, 1);
    ck_assert_uint_eq(history_count_findings(desk.history), 1);
    ck_assert_int_eq(history_finding(desk.history, 0)->time, 20 * SIM_S);
    history_final(desk.history, 7, 15, 15);
    ck_assert_uint_eq(history_totals(desk.history).writes_lost, 2);
    desk_free(desk);
}
END_TEST

START_TEST(the_data_checks_agree_with_a_naive_twin)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        twin_play(seed);
    }
}
END_TEST

/* The tables grow: none of many keys and sessions is lost. */
START_TEST(many_keys_and_sessions_are_remembered)
{
    Desk desk = desk_new();

    for (uint64_t i = 1; i <= 100000; i++) {
        desk_write(desk, i, (int64_t)i + 1, (SimTime)i, i);
    }
    for (uint64_t i = 1; i <= 100000; i++) {
        desk_read(desk, i, (int64_t)i, SIM_S, i);
    }
    ck_assert_uint_eq(history_totals(desk.history).reads_stale, 100000);
    ck_assert_uint_eq(history_totals(desk.history).reads_without_own, 100000);
    ck_assert_uint_eq(history_totals(desk.history).keys_written, 100000);
    desk_free(desk);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("history");
    TCase *cases = tcase_create("history");

    tcase_add_test(cases, requests_are_added_up_by_second_and_labels);
    tcase_add_test(cases, a_second_begins_at_the_end_of_the_warm_up);
    tcase_add_test(cases, cells_come_in_order_of_second_client_region_and_dc);
    tcase_add_test(cases, no_request_is_lost_between_the_cells);
    tcase_add_test(cases, occurrences_are_counted_by_content_and_not_by_address);
    tcase_add_test(cases, what_happens_in_the_warm_up_is_counted_apart);
    tcase_add_test(cases, many_occurrences_at_once_count_as_so_many);
    tcase_add_test(cases, a_read_is_as_stale_as_the_earliest_newer_write_is_old);
    tcase_add_test(cases, a_write_acknowledged_after_the_read_began_does_not_count);
    tcase_add_test(cases, a_session_that_goes_back_in_time_is_found);
    tcase_add_test(cases, a_session_that_does_not_see_what_it_wrote_is_found);
    tcase_add_test(cases, a_lost_acknowledged_write_is_found_with_who_acknowledged_it);
    tcase_add_test(cases, proofs_are_bounded_and_the_worst_stale_reads_are_kept);
    tcase_add_test(cases, written_keys_are_visited_in_rising_order);
    tcase_add_test(cases, destroyed_versions_are_counted_once_though_newer_ones_follow);
    tcase_add_test(cases, the_data_checks_agree_with_a_naive_twin);
    tcase_add_test(cases, many_keys_and_sessions_are_remembered);
    suite_add_tcase(suite, cases);
    return suite;
}

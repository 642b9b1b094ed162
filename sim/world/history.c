/* history.c - the record that verdicts rest on: three books behind one door. */
#include "sim/world/history.h"

#include "sim/checkers/data_book.h"
#include "sim/checkers/operation_log.h"
#include "sim/checkers/range_watch.h"
#include "sim/checkers/update_book.h"
#include "sim/world/history_notes.h"
#include "sim/world/history_requests.h"
#include "sim/world/history_store.h"

struct History {
    Engine *engine;
    RequestBook *requests;
    DataBook *data;
    UpdateBook *updates; /* NULL: nobody looks for lost ones */
    NoteBook *notes;
    RangeWatch *ranges;
    SerialTotals serial;
    SimTime epoch;
    OperationLog *operations; /* NULL: no statement is followed */
    HistoryTally tally;
    HistoryFloors floors; /* no `fill`: nobody tells */
    HistoryWatch *watch;  /* NULL: nobody */
    void *watch_context;
};

History *history_new(Engine *engine)
{
    History *history = g_new0(History, 1);

    history->engine = engine;
    history->requests = request_book_new();
    history->data = data_book_new();
    history->notes = note_book_new();
    history->ranges = range_watch_new();
    return history;
}

void history_free(History *history)
{
    if (history == NULL) {
        return;
    }
    request_book_free(history->requests);
    data_book_free(history->data);
    update_book_free(history->updates);
    note_book_free(history->notes);
    range_watch_free(history->ranges);
    operation_log_free(history->operations);
    g_free(history);
}

void history_request(History *history, const UserRequest *request)
{
    history->tally.requests++;
    history->tally.felt_ns += (uint64_t)(request->ended - request->intended);
    history->tally.failed += !request->is_ok;
    request_book_add(history->requests, request);
    if (history->watch != NULL) {
        history->watch(history->watch_context, request);
    }
}

void history_watch(History *history, HistoryWatch *watch, void *context)
{
    history->watch = watch;
    history->watch_context = context;
}

void history_set_epoch(History *history, SimTime epoch)
{
    request_book_set_epoch(history->requests, epoch);
    data_book_set_epoch(history->data, epoch);
    history->epoch = epoch;
}

void history_request_begun(History *history, SimTime intended)
{
    request_book_begin(history->requests, intended);
}

void history_take_cells(History *history, HistoryEachCell *each, void *context)
{
    request_book_take(history->requests, engine_now(history->engine), each, context);
}

HistoryTally history_tally(const History *history)
{
    return history->tally;
}

static DataRequest data_request(const UserRequest *request, uint64_t session, SimTime invoked,
                                SimTime ended)
{
    return (DataRequest){.id = request->id,
                         .session = session,
                         .invoked = invoked,
                         .ended = ended,
                         .dc = request->dc != NULL ? request->dc->name : NULL,
                         .is_delete = request->is_delete,
                         .found_nothing = request->found_nothing,
                         .is_update = request->is_update,
                         .base = request->base};
}

void history_follow_updates(History *history)
{
    if (history->updates == NULL) {
        history->updates = update_book_new();
    }
}

UpdateTotals history_update_totals(const History *history)
{
    return update_book_totals(history->updates);
}

void history_write_acked(History *history, uint64_t key, int64_t version, SimTime now,
                         const UserRequest *request)
{
    DataRequest write = data_request(request, request->session, request->intended, now);

    data_book_write(history->data, key, version, &write);
    if (history->updates != NULL) {
        update_book_write(history->updates, key, version, &write, history->epoch,
                          data_book_findings(history->data));
    }
}

void history_read(History *history, uint64_t session, uint64_t key, int64_t version,
                  SimTime invoked, const UserRequest *request)
{
    DataRequest read = data_request(request, session, invoked, request->ended);

    data_book_read(history->data, key, version, &read);
}

void history_expect(const History *history, uint64_t session, uint64_t key)
{
    data_book_expect(history->data, session, key);
}

void history_set_floors(History *history, const HistoryFloors *floors)
{
    history->floors = *floors;
}

void history_forget(History *history)
{
    SimTime now = engine_now(history->engine);

    if (history->floors.fill != NULL) {
        data_book_forget(history->data, &history->floors,
                         request_book_settled(history->requests, now), now);
    }
}

uint64_t history_count_kept(const History *history)
{
    return data_book_count_kept(history->data);
}

void history_write_lost(History *history, uint64_t key, int64_t left, int64_t lost, SimTime when)
{
    data_book_lose(history->data, key, left, lost, when);
}

void history_final(History *history, uint64_t key, int64_t newest, int64_t oldest_of_replicas)
{
    data_book_final(history->data, key, newest, oldest_of_replicas, engine_now(history->engine));
}

void history_each_key(const History *history, HistoryEachKey *each, void *context)
{
    data_book_each_key(history->data, each, context);
}

/* --- what a store tells ----------------------------------------------------------------------- */

void history_follow(History *history, size_t most)
{
    if (history->operations == NULL) {
        history->operations = operation_log_new(most);
    }
}

bool history_follows(const History *history, uint64_t key)
{
    return history->operations != NULL && operation_log_follows(history->operations, key);
}

uint64_t history_invoke(History *history, const HistoryStatement *statement)
{
    Operation operation = {.key = statement->key,
                           .request = statement->request,
                           .invoked = engine_now(history->engine),
                           .ended = SIM_NEVER,
                           .through = component_place(statement->coordinator),
                           .kind = statement->kind,
                           .is_serial = statement->is_serial};

    return history->operations != NULL ? operation_log_begin(history->operations, &operation) : 0;
}

static Operation *history_operation(History *history, uint64_t number)
{
    return number != 0 ? operation_log_get(history->operations, number) : NULL;
}

void history_attempt(History *history, uint64_t number, int64_t found, int64_t value)
{
    Operation *operation = history_operation(history, number);

    g_assert_cmpint(value, >=, 0);
    if (operation != NULL) {
        g_assert_cmpint(operation->ended, ==, SIM_NEVER);
        operation->found = found;
        operation->value = value;
    }
}

void history_outcome(History *history, uint64_t number, OperationOutcome outcome, int64_t found)
{
    Operation *operation = history_operation(history, number);

    if (operation == NULL) {
        return;
    }
    g_assert_cmpint(operation->ended, ==, SIM_NEVER);
    operation->outcome = outcome;
    operation->ended = engine_now(history->engine);
    if (operation->value == 0) {
        operation->found = found;
    }
}

void history_copy(History *history, CopyFate fate, uint64_t key, int64_t version,
                  const Component *replica)
{
    CopyRow row = {.key = key,
                   .version = version,
                   .time = engine_now(history->engine),
                   .replica = component_place(replica),
                   .fate = fate};

    data_book_copy(history->data, &row);
}

void history_final_shown(History *history, uint64_t key, int64_t version)
{
    data_book_final_shown(history->data, key, version, engine_now(history->engine));
}

int64_t history_purged(const History *history, uint64_t key)
{
    return data_book_purged(history->data, key);
}

void history_judge(History *history)
{
    if (history->operations != NULL) {
        history->serial = serial_proof_find(history->operations, data_book_findings(history->data),
                                            history->epoch);
    }
}

HistoryStoreTotals history_store_totals(const History *history)
{
    HistoryStoreTotals totals = {.serial = history->serial,
                                 .ranges = range_watch_count(history->ranges)};

    totals.replicas_down_most = range_watch_most(history->ranges, &totals.replicas_down_since);
    return totals;
}

void history_set_witness(History *history, const HistoryWitness *witness)
{
    data_book_set_witness(history->data, witness);
}

void history_add_range(History *history, const Component *const *replicas, guint count)
{
    g_autofree uint32_t *numbers = g_new(uint32_t, count);

    for (guint i = 0; i < count; i++) {
        numbers[i] = component_id(replicas[i]);
        range_watch_replica(history->ranges, numbers[i], component_place(replicas[i]));
    }
    range_watch_add(history->ranges, numbers, count);
}

void history_forget_ranges(History *history)
{
    range_watch_forget(history->ranges);
}

void history_ranges_ready(History *history)
{
    range_watch_ready(history->ranges, engine_now(history->engine));
}

void history_replica_serves(History *history, const Component *replica, bool serves)
{
    range_watch_change(history->ranges, component_id(replica), serves, engine_now(history->engine));
}

static void history_range_finding(void *context, SimTime time, guint down, guint count,
                                  const char *names)
{
    History *history = context;

    if (finding_list_wants(data_book_findings(history->data), CHECK_REPLICAS_DOWN, down)) {
        finding_list_add(data_book_findings(history->data), CHECK_REPLICAS_DOWN, time, down,
                         g_strdup_printf("%u of the %u replicas of one range were down: %s", down,
                                         count, names));
    }
}

void history_allow_down(History *history, guint most)
{
    range_watch_allow(history->ranges, most, history_range_finding, history);
}

/* ---------------------------------------------------------------------------------------------- */

void history_note(History *history, const char *event, const Component *component,
                  const char *label1, const char *value1, const char *label2, const char *value2)
{
    history_note_many(history, event, component, 1, label1, value1, label2, value2);
}

void history_note_many(History *history, const char *event, const Component *component,
                       uint64_t count, const char *label1, const char *value1, const char *label2,
                       const char *value2)
{
    HistoryOccurrence seen = {.event = event,
                              .label1 = label1,
                              .value1 = value1,
                              .label2 = label2,
                              .value2 = value2,
                              .count = count};

    SimTime now = engine_now(history->engine);

    note_book_add(history->notes, now, &seen, component, now < history->epoch);
}

SimTime history_taken_until(const History *history)
{
    return request_book_taken_until(history->requests);
}

guint history_count_cells(const History *history)
{
    return request_book_count(history->requests);
}

const HistoryCell *history_cell(History *history, guint index)
{
    return request_book_cell(history->requests, index);
}

guint history_count_occurrences(const History *history)
{
    return note_book_count(history->notes);
}

const HistoryOccurrence *history_occurrence(const History *history, guint index)
{
    return note_book_get(history->notes, index);
}

guint history_count_findings(const History *history)
{
    return finding_list_count(data_book_findings(history->data));
}

const HistoryFinding *history_finding(const History *history, guint index)
{
    return finding_list_get(data_book_findings(history->data), index);
}

HistoryTotals history_totals(const History *history)
{
    return data_book_totals(history->data);
}

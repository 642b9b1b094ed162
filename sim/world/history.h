/* history.h - what users asked and were told, and what happened: the record that verdicts and
 * invariants rest on. Kept small while the run goes on: users' requests are added up per second and
 * label; the data checks (sim/checkers/data_book.h) run at each operation on real keys and versions
 * and keep the proof of what they find; occurrences are counted, the first ones kept. A version is
 * a positive number that orders the writes of one key as the store does (newest timestamp wins). */
#pragma once

#include "sim/checkers/data_book.h"
#include "sim/world/component.h"

/* One request of a user as the user felt it, client retries included. */
typedef struct UserRequest {
    SimTime intended; /* when the user wanted it: latency counts from here */
    SimTime ended;
    const char *client; /* population: the name of the load entry */
    const Site *region;
    const Site *dc; /* that answered or failed it last; NULL when none was reached */
    bool is_write;
    bool is_ok;
    const char *reason; /* why it failed, a constant word: "connect-timeout", "http-503" ...; NULL
                           when ok */
    uint32_t attempts;  /* at least 1 */
    uint64_t id;
    uint64_t session;   /* of the user, for what he wrote himself; 0: not followed */
    bool is_late;       /* ok, but over the user's patience */
    bool is_delete;     /* a write that takes the datum away: its version is a tombstone's */
    bool found_nothing; /* a read that showed no data: a tombstone, or nothing at all */
    uint64_t key;       /* of the datum */
    int64_t version;    /* written or shown, when ok; 0: none, or a sum, which has none */
    bool is_refused;    /* a conditional write whose condition did not hold: it read */
    bool is_counter;    /* a write that adds to a sum, or a read of one */
    bool is_update;     /* a write that stands on what was read just before it ... */
    int64_t base;       /* ... this version; 0: nothing */
} UserRequest;

void history_request(History *history, const UserRequest *request);

/* Told of every request that has ended: for traces. One watcher; NULL: nobody. */
typedef void HistoryWatch(void *context, const UserRequest *request);
void history_watch(History *history, HistoryWatch *watch, void *context);

/* A request is wanted at `intended`, not later than now; history_request tells its end. Only for
 * history_take_cells: what nobody takes needs no announcement. */
void history_request_begun(History *history, SimTime intended);

/* The instant that times in proofs count from, and that seconds of cells begin at: the end of the
 * warm-up. Begins as 0; to be set before the first request. */
void history_set_epoch(History *history, SimTime epoch);

/* How many requests have ended so far, for progress. */
typedef struct HistoryTally {
    uint64_t requests, failed;
    uint64_t felt_ns; /* from intention to end, of all of them */
} HistoryTally;
HistoryTally history_tally(const History *history);

/* From now on acknowledged writes are looked at for updates that overwrite what they have not seen
 * (sim/checkers/update_book.h). Harmless when they are already. */
void history_follow_updates(History *history);

/* A write was acknowledged to the user: `version` of `key`, through `component` (the tier that the
 * user spoke to). */
void history_write_acked(History *history, uint64_t key, int64_t version, SimTime now,
                         const UserRequest *request);

/* A user's read, asked for at `invoked`, returned `version` (0: nothing). `session` 0: not
 * followed. */
void history_read(History *history, uint64_t session, uint64_t key, int64_t version,
                  SimTime invoked, const UserRequest *request);

/* One of these two will be told of `session` and `key` in a moment: has the processor fetch what is
 * known of them. */
void history_expect(const History *history, uint64_t session, uint64_t key);

typedef FloorSource HistoryFloors;

/* Who stores the data can tell the floors; `floors` is copied. From then on history_forget forgets
 * what no check can need any more, now and then when there is much of it; to be called between
 * events. It looks at announced requests only (history_request_begun). */
void history_set_floors(History *history, const HistoryFloors *floors);
void history_forget(History *history);

/* How many acknowledgements and memories of sessions are kept. */
uint64_t history_count_kept(const History *history);

/* The last copies of all versions of `key` that are newer than `left`, up to `lost`, were destroyed
 * at `when`: acknowledged ones among them are lost for good, though later writes may hide it. */
void history_write_lost(History *history, uint64_t key, int64_t left, int64_t lost, SimTime when);

/* From on_judge: the newest version of `key` that any replica holds at the end, and the oldest that
 * a live replica holds. */
void history_final(History *history, uint64_t key, int64_t newest, int64_t oldest_of_replicas);

/* As data_book_each_key. */
typedef DataEachKey HistoryEachKey;
void history_each_key(const History *history, HistoryEachKey *each, void *context);

/* Something worth knowing happened to `component`: counted under `event` ("route53.health-changed")
 * with up to two labels
 * ("to", "unhealthy"); label texts may be NULL and are copied at the first sight. */
void history_note(History *history, const char *event, const Component *component,
                  const char *label1, const char *value1, const char *label2, const char *value2);

/* The same, `count` (at least 1) times at once: for what is too frequent to be told one by one. */
void history_note_many(History *history, const char *event, const Component *component,
                       uint64_t count, const char *label1, const char *value1, const char *label2,
                       const char *value2);

/* --- what the recorder reads
 * ------------------------------------------------------------------------------------ */

typedef struct HistoryCell { /* users' requests of one second and one set of labels, by intended
                                start */
    uint32_t second;
    SimTime begin; /* of the second; one of them begins at the epoch */
    const char *client;
    const Site *region, *dc;             /* dc may be NULL */
    uint64_t ok, failed, attempts, late; /* late: ok but over the client's patience */
    Histogram *latency;                  /* of the ok ones, ns */
    GHashTable *reasons; /* const char * -> guint64 in a pointer: failures by reason */
} HistoryCell;

/* Cells in order of second, then client, region, dc. */
guint history_count_cells(const History *history);
const HistoryCell *history_cell(History *history, guint index);

/* Hands over, in the same order, the cells of all seconds that are complete, and forgets them: the
 * seconds before now in which no announced request is still under way. So a recorder that writes
 * while the run goes on keeps some seconds in memory and not all. */
typedef void HistoryEachCell(const HistoryCell *cell, void *context);
void history_take_cells(History *history, HistoryEachCell *each, void *context);

/* The instant before which all seconds were handed over. */
SimTime history_taken_until(const History *history);

/* What happened before the epoch and what happened later are two occurrences. */
typedef struct HistoryOccurrence {
    const char *event, *component;
    const char *dc, *role, *node; /* of the component; may be NULL */
    const char *label1, *value1, *label2, *value2;
    uint64_t count;
    SimTime first, last;
} HistoryOccurrence;
guint history_count_occurrences(const History *history);
const HistoryOccurrence *history_occurrence(const History *history, guint index);

/* Violations with their proofs. */
typedef Finding HistoryFinding;
guint history_count_findings(const History *history);
const HistoryFinding *history_finding(const History *history, guint index);

typedef DataTotals HistoryTotals;
HistoryTotals history_totals(const History *history);

/* Wired by world_new and world_free. */
History *history_new(Engine *engine);
void history_free(History *history);

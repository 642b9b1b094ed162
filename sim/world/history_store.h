/* history_store.h - what a data store tells history besides what users felt (history.h).
 *
 * Who calls what, by example of Cassandra:
 *
 * 1. What a user asked and was told: the client, as before, history_write_acked and history_read.
 *    A delete is a write with `request->is_delete`; its version is the tombstone's timestamp. A
 *    read reports the newest timestamp that it saw, a tombstone's too, and says with
 *    `request->found_nothing` that the user was shown no data. 0: no replica asked holds anything.
 *
 * 2. Each statement by itself, for `linearizable`: the coordinator,
 *
 *        if (history_follows(history, key)) {      <- false unless a scenario asks for the check
 *            statement->told = history_invoke(history, &(HistoryStatement){...});
 *        }
 *        history_attempt(history, statement->told, found, value);   <- just before PROPOSE
 *        history_outcome(history, statement->told, OPERATION_OK, found);
 *
 *    To be told: SERIAL and LOCAL_SERIAL reads (OPERATION_READ), lightweight transactions
 *    (OPERATION_CAS), and all plain writes and deletes of followed keys (is_serial false), which
 *    change what serial reads find. Reads at other levels promise no order: do not tell them.
 *    - history_invoke when the statement arrives at its coordinator.
 *    - history_attempt when it first may become visible to anybody: a plain write when its
 *      timestamp is given, a CAS before its proposal. `value` names what it writes: the version, if
 *      that stays with the data for ever; where another coordinator that completes the proposal
 *      gives it a new timestamp, something that goes with the data instead. `found` is what Paxos
 *      read, that the proposal stands on; 0 for a plain write and for "nothing there". A second
 *      attempt of the same statement replaces the first, and a `value` of 0 takes it back (the
 *      condition holds no more): only when the first was refused by all.
 *    - history_outcome when the answer leaves. OPERATION_OK: acknowledged; of a CAS without an
 *      attempt: [applied] = false, `found` is what it found, and it counts as a read.
 *      OPERATION_FAIL: certainly not written and never will be (Unavailable, refused). A timeout is
 *      OPERATION_UNKNOWN: it may or may not count, now or later. `found` is only looked at for
 *      reads and for a CAS that was not applied.
 *    - Nothing when the coordinator dies: what has no outcome is unknown.
 *
 * 3. What happens to copies: the replica or the keeper of hints, history_copy. COPY_PURGED must be
 *    told of every purged tombstone (no-resurrected-delete rests on it); COPY_LOST and
 *    COPY_HINT_DROPPED make proofs tell what became of the copies; the first 65,536 of each are
 *    kept.
 *
 * 4. Who holds what when something was found: a HistoryWitness, once, when the world is wired.
 *
 * 5. The end: history_final for each key with an acknowledged write. A replica that holds nothing
 *    of the key counts as holding history_purged(history, key), so that a purged tombstone is
 *    neither lost nor differs from a tombstone not purged yet. When the newest of all is a purged
 *    tombstone also history_final_shown, with the newest data that some replica still holds; not
 *    when none does.
 *
 * 6. Which components hold the replicas of each range, for replicas-down-per-range:
 *    history_add_range, once for each range, when the ring is made; when it changes,
 *    history_forget_ranges, all of them again and history_ranges_ready.
 *    history_replica_serves(..., false) when a replica stops or dies, and true when it takes reads
 *    and writes of its peers again. */
#pragma once

#include "sim/checkers/operation.h"
#include "sim/checkers/serial_proof.h"
#include "sim/checkers/update_book.h"
#include "sim/world/history.h"

typedef struct HistoryStatement {
    OperationKind kind;
    bool is_serial;
    uint64_t key, request;
    const Component *coordinator;
} HistoryStatement;

bool history_follows(const History *history, uint64_t key);
uint64_t history_invoke(History *history, const HistoryStatement *statement);
/* Both do nothing for number 0. */
void history_attempt(History *history, uint64_t number, int64_t found, int64_t value);
void history_outcome(History *history, uint64_t number, OperationOutcome outcome, int64_t found);

/* Has statements followed from now on, `most` of them kept; see operation_log.h. Harmless when
 * they are followed already. */
void history_follow(History *history, size_t most);

void history_copy(History *history, CopyFate fate, uint64_t key, int64_t version,
                  const Component *replica);

/* The newest version of `key` that was told as purged; 0: none. */
int64_t history_purged(const History *history, uint64_t key);
void history_final_shown(History *history, uint64_t key, int64_t version);

typedef CopyWitness HistoryWitness;
void history_set_witness(History *history, const HistoryWitness *witness);

void history_add_range(History *history, const Component *const *replicas, guint count);
void history_forget_ranges(History *history);
void history_ranges_ready(History *history);
void history_replica_serves(History *history, const Component *replica, bool serves);

/* From now on more than `most` replicas of a range down at once is a finding. */
void history_allow_down(History *history, guint most);

/* After the last event: looks for an order of the statements that were followed. */
void history_judge(History *history);

/* What there was to check besides data: zeroed before history_judge, and when nothing was followed.
 */
typedef struct HistoryStoreTotals {
    SerialTotals serial;
    guint ranges, replicas_down_most;
    SimTime replicas_down_since; /* of the most */
} HistoryStoreTotals;
HistoryStoreTotals history_store_totals(const History *history);
UpdateTotals history_update_totals(const History *history);

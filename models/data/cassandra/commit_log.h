/* commit_log.h - which of a node's writes are on stable storage, and what a power loss takes.
 * Every change of a version is logged with the version before it until a sync covers it; losing
 * power walks the log backwards. Source: Cassandra 3.11 db/commitlog: periodic answers at once and
 * syncs every period, batch answers after the sync that covers the write. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "models/data/cassandra/store.h"
#include "sim/base/sim_time.h"

typedef enum CommitlogSync { COMMITLOG_PERIODIC, COMMITLOG_BATCH } CommitlogSync;

/* One change that no sync has covered yet. */
typedef struct CommitLogEntry {
    int64_t before;
    uint32_t slot;
} CommitLogEntry;

/* An answer that waits for a sync. */
typedef struct CommitLogWaiter {
    void *subject;
    uint64_t detail;
    SimSpan later; /* the answer leaves so much after the sync */
    uint32_t what; /* the caller's word for who is to be answered */
} CommitLogWaiter;

typedef struct CommitLog {
    CommitLogEntry *entries;
    size_t count, capacity;
    CommitLogWaiter *waiters; /* in order of arrival */
    guint waiting, waiters_capacity;
    guint waiters_covered; /* waiters that the sync under way answers */
    size_t covered;        /* entries that it makes durable */
    bool is_syncing;
    SimTime synced_at; /* when the last sync that has ended began */
    SimTime sync_began;
} CommitLog;

void commit_log_init(CommitLog *log);
void commit_log_clear(CommitLog *log);

/* Logs that `slot` had version `before` until now. */
static inline void commit_log_append(CommitLog *log, uint32_t slot, int64_t before);

/* `slot` has durably got `version` in another way: a loss of power no longer takes it below. */
void commit_log_raise(CommitLog *log, uint32_t slot, int64_t version);

/* Keeps an answer back until what is logged now is durable: the place to write it at. (As a value
 * it would be stored in parts, and then be read as a whole before these have reached the cache.) */
static inline CommitLogWaiter *commit_log_wait(CommitLog *log);

/* A sync begins to cover all that is logged now; false when one is under way. Its end: what it
 * covered is durable, and the waiters it answers, `*count` of them, are the first of log->waiters
 * until commit_log_answered drops them. */
bool commit_log_begin_sync(CommitLog *log, SimTime now);
void commit_log_end_sync(CommitLog *log, guint *count);
void commit_log_answered(CommitLog *log, guint count);

/* The process died: nobody waits, no sync is under way; the kernel still has what was logged. */
void commit_log_abandon(CommitLog *log);

/* The power went: `store` goes back to what is durable. Returns how many changes were taken back.
 */
size_t commit_log_lose(CommitLog *log, Store *store);

/* All that is logged is durable now: the replay at a start ends with a flush. */
void commit_log_flush(CommitLog *log, SimTime now);

/* --- what happens with every write --------------------------------------------------------------
 */

/* The rare parts: twice the room. */
void commit_log_grow(CommitLog *log);
void commit_log_grow_waiters(CommitLog *log);

static inline void commit_log_append(CommitLog *log, uint32_t slot, int64_t before)
{
    if (G_UNLIKELY(log->count == log->capacity)) {
        commit_log_grow(log);
    }
    log->entries[log->count++] = (CommitLogEntry){.before = before, .slot = slot};
}

static inline CommitLogWaiter *commit_log_wait(CommitLog *log)
{
    if (G_UNLIKELY(log->waiting == log->waiters_capacity)) {
        commit_log_grow_waiters(log);
    }
    return &log->waiters[log->waiting++];
}

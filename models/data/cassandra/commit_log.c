/* commit_log.c - which of a node's writes are on stable storage, and what a power loss takes. */
#include "models/data/cassandra/commit_log.h"

#include <string.h>

#define FIRST_CAPACITY 1024u
#define FIRST_WAITERS 16u

void commit_log_init(CommitLog *log)
{
    *log = (CommitLog){0};
}

void commit_log_clear(CommitLog *log)
{
    g_clear_pointer(&log->entries, g_free);
    g_clear_pointer(&log->waiters, g_free);
    log->waiting = log->waiters_capacity = 0;
}

void commit_log_grow(CommitLog *log)
{
    log->capacity = MAX(FIRST_CAPACITY, log->capacity * 2);
    log->entries = g_renew(CommitLogEntry, log->entries, log->capacity);
}

void commit_log_grow_waiters(CommitLog *log)
{
    log->waiters_capacity = MAX(FIRST_WAITERS, log->waiters_capacity * 2);
    log->waiters = g_renew(CommitLogWaiter, log->waiters, log->waiters_capacity);
}

void commit_log_raise(CommitLog *log, uint32_t slot, int64_t version)
{
    for (size_t i = 0; i < log->count; i++) {
        if (log->entries[i].slot == slot) {
            log->entries[i].before = MAX(log->entries[i].before, version);
        }
    }
}

bool commit_log_begin_sync(CommitLog *log, SimTime now)
{
    if (log->is_syncing) {
        return false;
    }
    log->is_syncing = true;
    log->sync_began = now;
    log->covered = log->count;
    log->waiters_covered = log->waiting;
    return true;
}

static void drop_first(CommitLog *log, size_t count)
{
    log->count -= count;
    memmove(log->entries, log->entries + count, log->count * sizeof *log->entries);
}

void commit_log_end_sync(CommitLog *log, guint *count)
{
    g_assert_true(log->is_syncing);
    if (log->covered > 0) {
        drop_first(log, log->covered);
    }
    *count = log->waiters_covered;
    log->is_syncing = false;
    log->synced_at = log->sync_began;
    log->covered = 0;
    log->waiters_covered = 0;
}

void commit_log_answered(CommitLog *log, guint count)
{
    log->waiting -= count;
    for (guint i = 0; i < log->waiting; i++) {
        log->waiters[i] = log->waiters[i + count];
    }
}

void commit_log_abandon(CommitLog *log)
{
    log->waiting = 0;
    log->is_syncing = false;
    log->covered = 0;
    log->waiters_covered = 0;
}

size_t commit_log_lose(CommitLog *log, Store *store)
{
    size_t lost = log->count;

    while (log->count > 0) {
        const CommitLogEntry *entry = &log->entries[--log->count];

        store_restore(store, entry->slot, entry->before);
    }
    commit_log_abandon(log);
    return lost;
}

void commit_log_flush(CommitLog *log, SimTime now)
{
    g_assert_false(log->is_syncing);
    log->count = 0;
    log->synced_at = now;
}

/* data_book.h - writes that were acknowledged to users and what reads showed, on real keys and
 * versions, checked as they come. A version is a positive number that orders the writes of one key
 * as the store does: the newest timestamp wins.
 *
 * What is a violation, word for word; "before" means: its answer had come when the other was asked.
 *   no-lost-acked-write    a version was acknowledged; then no copy of it or of a newer one is left
 *   no-resurrected-delete  data is shown that is older than a deletion acknowledged before, whose
 *                          tombstone has been purged; or is still there so in the end
 *   staleness-bound        a read shows a version, though a newer one was acknowledged before: as
 *                          stale as the earliest such acknowledgement is old
 *   monotonic-reads        a session is shown a version older than one it was shown before
 *   read-your-writes       a session is shown a version older than one it wrote, acknowledged,
 * before lww-overwrite          a write is acknowledged, but has an older timestamp than one that
 * was acknowledged before: nobody will ever see it converges              in the end replicas hold
 * different versions Writes that were not acknowledged are in no book: they may be seen or not.
 * Sessions are taken to ask one thing at a time (Terry et al., "Session Guarantees for Weakly
 * Consistent Replicated Data", 1994); of requests of one session that overlap some violations may
 * be missed, none is made up. Everything is seen; what is forgotten can no longer matter
 * (data_tables.h). */
#pragma once

#include "sim/base/histogram.h"
#include "sim/checkers/copy_log.h"
#include "sim/checkers/finding_list.h"

/* The request that wrote or read. */
typedef struct DataRequest {
    uint64_t id, session; /* 0: not followed */
    SimTime invoked, ended;
    const char *dc; /* that answered; outlives the book; NULL: none */
    bool is_delete, found_nothing;
    bool is_update; /* a write that stands on what was read just before it ... */
    int64_t base;   /* ... this version; for update_book.h */
} DataRequest;

typedef struct DataTotals { /* make zero findings mean something */
    uint64_t writes_acked, keys_written, reads_checked, reads_stale, reads_back_in_time,
        keys_judged, writes_lost, keys_diverged;
    uint64_t deletes_acked, reads_of_own, reads_without_own, writes_overwritten, resurrected,
        tombstones_purged;
    uint64_t reads_beyond_memory; /* older than what a store said could be read */
    SimSpan staleness_most;
    SimTime staleness_most_at;
    const Histogram *staleness; /* of reads in ns, 0 for fresh ones, by second of invocation */
} DataTotals;

/* Fills in for each of `count` keys the oldest version that a read from now on may return, 0 when
 * it may return nothing, whatever loses power from now on. */
typedef struct FloorSource {
    void (*fill)(void *context, const uint64_t *keys, int64_t *floors, size_t count);
    void *context;
} FloorSource;

/* Adds to `text`, in words that begin with "; ", which replicas hold what of `key` now. */
typedef struct CopyWitness {
    void (*tell)(void *context, uint64_t key, GString *text);
    void *context;
} CopyWitness;

typedef struct DataBook DataBook;

DataBook *data_book_new(void);
void data_book_free(DataBook *book);
void data_book_set_epoch(DataBook *book, SimTime epoch); /* that proofs count from */
void data_book_set_witness(DataBook *book, const CopyWitness *witness);

/* Acknowledged to the user at `request->ended`, not before any acknowledgement told earlier. */
void data_book_write(DataBook *book, uint64_t key, int64_t version, const DataRequest *request);
/* Answered at `request->ended`; version 0: no replica that was asked holds anything. */
void data_book_read(DataBook *book, uint64_t key, int64_t version, const DataRequest *request);
/* One of these two will come in a moment: has the processor fetch what is known. */
void data_book_expect(const DataBook *book, uint64_t session, uint64_t key);

/* What became of a copy. */
void data_book_copy(DataBook *book, const CopyRow *row);
int64_t data_book_purged(const DataBook *book, uint64_t key);
/* The last copies of all versions newer than `left`, up to `lost`, were destroyed at `when`. */
void data_book_lose(DataBook *book, uint64_t key, int64_t left, int64_t lost, SimTime when);

/* In the end: the newest version that any replica holds, and the oldest that a live one holds; the
 * newest data older than a purged tombstone that some replica holds. */
void data_book_final(DataBook *book, uint64_t key, int64_t newest, int64_t oldest, SimTime now);
void data_book_final_shown(DataBook *book, uint64_t key, int64_t version, SimTime now);

/* Forgets, now and then, what can no longer matter: all requests wanted before `settled` have
 * ended. */
void data_book_forget(DataBook *book, const FloorSource *floors, SimTime settled, SimTime now);
uint64_t data_book_count_kept(const DataBook *book);

/* Calls `each` for each key that had an acknowledged write, in rising order of key. */
typedef void DataEachKey(uint64_t key, int64_t newest_acked, void *context);
void data_book_each_key(const DataBook *book, DataEachKey *each, void *context);

DataTotals data_book_totals(const DataBook *book);
FindingList *data_book_findings(DataBook *book);

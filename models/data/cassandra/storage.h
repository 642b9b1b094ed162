/* storage.h - what a node keeps in memory and on disk when the section "storage" asks for it:
 * memtables, segments of the commit log, tables, flushes and compactions, and what happens when
 * the disk is full. Sizes, and no keys: which versions are there is the store's. Private to this
 * folder.
 * Source: Cassandra 3.11 db/Memtable, utils/memory/MemtablePool and MemtableCleanerThread,
 * db/commitlog/AbstractCommitLogSegmentManager, db/ColumnFamilyStore.Flush,
 * db/compaction/CompactionManager and CompactionTask, db/Directories,
 * service/DefaultFSErrorHandler, config/DatabaseDescriptor.
 * Left out: several tables and keyspaces, data directories other than one, key and row caches,
 * snapshots; a row that is written again takes memory again until the flush. */
#pragma once

#include "models/data/cassandra/node.h"
#include "models/data/cassandra/sstables.h"

/* Index into the names of the settings. */
enum { MEMTABLE_HEAP_BUFFERS, MEMTABLE_OFFHEAP_BUFFERS };
enum { DISK_STOP, DISK_STOP_PARANOID, DISK_DIE, DISK_BEST_EFFORT, DISK_IGNORE };
enum { COMMIT_STOP, COMMIT_STOP_COMMIT, COMMIT_DIE, COMMIT_IGNORE };

extern const Field storage_fields[];
extern const char *const disk_policy_names[], *const commit_policy_names[];

/* Messages whose drop is logged. */
typedef enum DroppedVerb { DROPPED_MUTATION, DROPPED_READ, DROPPED_VERBS } DroppedVerb;

typedef struct Dropped { /* since last logged: [0] of the node itself, [1] from others */
    uint64_t count[2];
    SimSpan age[2];
} Dropped;

/* Rows of the log that are kept: the newest. */
#define LOG_LINES 200

typedef struct LogLine {
    SimTime at;
    const char *level; /* "WARN" */
    char *text;
} LogLine;

/* A memtable from its first write until its table is on disk. */
typedef struct Memtable {
    uint32_t number;
    int64_t rows_bytes; /* what was written, serialized */
    int64_t heap_bytes, offheap_bytes;
    int64_t table_bytes; /* of the table that it becomes, once it is being flushed */
    int64_t done_bytes;
    bool is_flushing, is_stuck; /* its flush failed: only a restart frees it */
} Memtable;

typedef struct Segment {
    uint32_t memtable; /* the newest one with a write in it */
    int64_t used_bytes;
} Segment;

typedef struct Compaction {
    Storage *storage;
    GArray *numbers; /* of uint32_t: the tables that it reads */
    guint level;
    int64_t input_bytes, read_bytes, written_bytes;
    int64_t chunk_bytes; /* on its way now */
} Compaction;

/* An event that waits until writes go on. */
typedef struct ParkedWrite {
    const EventType *type;
    void *subject;
    uint64_t detail;
} ParkedWrite;

/* What gossip told of a node's load, and when by its own heartbeat. */
typedef struct ToldLoad {
    int64_t size_bytes;
    uint32_t generation, version;
} ToldLoad;

struct Storage {
    Cassandra *node;
    bool blocks_writes;       /* memory is full, or the commit log has no room */
    int64_t write_heap_bytes; /* what one write takes of each pool */
    int64_t write_offheap_bytes;
    int64_t heap_used, offheap_used;             /* of all memtables */
    int64_t heap_reclaiming, offheap_reclaiming; /* of those being flushed */
    int64_t heap_limit, offheap_limit, heap_threshold, offheap_threshold;
    Memtable *memtable;
    SimSpan read_extra_cpu; /* of the tables that a read looks into beyond the first */
    double tables_per_read;
    int64_t hot_bytes, cached_bytes, page_cache_bytes; /* what reads touch; of that, in memory */
    GArray *segments;                                  /* of Segment; the last is written to */
    GPtrArray *waiting, *flushing;                     /* of Memtable */
    GArray *parked;                                    /* of ParkedWrite */
    SsTables tables;
    CompactionOptions options;
    GPtrArray *compactions;
    SimTime compaction_at; /* when the limiter lets the next bytes through */
    int64_t hints_bytes, other_bytes;
    int64_t total_space_bytes; /* commitlog_total_space */
    int64_t received_bytes;    /* of streams that have not ended */
    int64_t unflushed_bytes;   /* of rows that a start must replay */
    uint32_t last_memtable;
    guint compactors;
    uint64_t flushes_before, compactions_before; /* when the process started */
    bool is_log_stopped;                         /* no segment could be allocated */
    bool is_unwritable;                          /* best_effort has given the directory up */
    bool is_stopped; /* transports were stopped by a policy: the JVM lives */
    bool is_failing; /* a policy is about to act */
    SimTime dropped_at, load_at, compacted_at;
    Dropped dropped[DROPPED_VERBS];
    ToldLoad told[2]; /* newest first */
    LogLine lines[LOG_LINES];
    guint line_count; /* ever */
    Rng rng;
};

/* --- storage.c: life and space ------------------------------------------------------------------
 */

/* Once all nodes are known: what is on the disk at the begin. Reports what cannot be. */
void storage_make(Cassandra *node, DiagList *diags);
void storage_free(Cassandra *node);

/* The Java heap, modelled or not. */
int64_t storage_heap_size(const Cassandra *node);

/* The process starts, its commit log is replayed; false when it exits at once. How long the replay
 * takes. */
void storage_boot(Cassandra *node);
SimSpan storage_replay_span(const Cassandra *node);
bool storage_replayed(Cassandra *node);

/* These two do nothing where nothing is modelled. */
void storage_stop(Cassandra *node);
void storage_sweep(Cassandra *node);

/* Whether there is room for a file of this size, 50 MB left alone. */
bool storage_has_room(const Storage *storage, int64_t size_bytes);

/* Writing a file failed; the commit log found no room: the policies act, after this event. */
void storage_disk_failed(Storage *storage);
void storage_log_failed(Storage *storage);

/* Tables have come or gone: what reads cost, and the measurements. */
void storage_changed(Storage *storage);

/* The newest load of `node` that `asked` has heard of; false: none. */
bool storage_told_load(const Cassandra *asked, const Cassandra *node, int64_t *size_bytes);

/* A row of system.log. */
void storage_log(Storage *storage, const char *level, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* A message was dropped at this age; each second: what is logged of them. */
void storage_note_drop(Storage *storage, DroppedVerb verb, bool is_cross_node, SimSpan age);
void storage_log_drops(Storage *storage);

/* --- for replicas, hints, streams ---------------------------------------------------------------
 */

/* A mutation was applied. */
void storage_wrote(Storage *storage);

/* Whether writes wait: then `type` happens again when they go on. */
bool storage_park(Storage *storage, const EventType *type, void *subject, uint64_t detail);

/* Whether reads may have to go to the disk now. */
static inline bool storage_reads_disk(const Storage *storage)
{
    return storage->cached_bytes < storage->hot_bytes;
}

/* Chunks that a read must take from the disk. */
guint storage_draw_misses(Storage *storage);
void storage_loaded_chunk(Storage *storage);

/* So much was read or written at once, past the page cache's hot part. */
void storage_pollute(Storage *storage, int64_t size_bytes);

/* Hint files are so large now. */
void storage_keep_hints(Storage *storage, int64_t size_bytes);

/* A stream brings so much; false when there is no room for it. At its end it is a table, or it is
 * dropped. */
bool storage_receive(Storage *storage, int64_t size_bytes);
void storage_received(Storage *storage, bool is_whole);

/* A table that came whole; false when there is no room for it. */
bool storage_take_table(Storage *storage, int64_t size_bytes);

/* Bytes on disk of a share of what was there before the run. */
int64_t storage_share_bytes(const Cassandra *node, double share);

/* --- memtable.c ---------------------------------------------------------------------------------
 */

void memtable_begin(Storage *storage);
void memtable_switch(Storage *storage);
void memtable_flush_waiting(Storage *storage);
void memtable_forget_all(Storage *storage);
bool memtable_open_segment(Storage *storage);

/* Memory or room may be there again: writes go on. */
void memtable_unblock(Storage *storage);

/* --- compaction.c -------------------------------------------------------------------------------
 */

void compaction_consider(Storage *storage);
void compaction_forget_all(Storage *storage);

/* memtable.c - memtables and their flush, and the segments of the commit log that they hold on to.
 */
#include "models/data/cassandra/storage.h"

#define CHUNK_BYTES (4 << 20) /* what a flush works on at once */
#define LOG_ENTRY_BYTES 12    /* size and two checksums of an entry */
#define RETRY (1 * SIM_S)     /* AbstractCommitLogSegmentManager under 'ignore' */

static void on_flush_chunk(void *self, void *subject, uint64_t detail);
static void on_flush_written(void *self, void *subject, uint64_t detail);
static void on_flush_synced(void *self, void *subject, uint64_t detail);
static void on_retry(void *self, void *subject, uint64_t detail);
static const EventType flush_chunk = {"cassandra.flush-chunk", on_flush_chunk};
static const EventType flush_written = {"cassandra.flush-written", on_flush_written};
static const EventType flush_synced = {"cassandra.flush-synced", on_flush_synced};
static const EventType segment_retry = {"cassandra.segment-retry", on_retry};

static Memtable *memtable_at(const GPtrArray *list, guint i)
{
    return list->pdata[i];
}

static void show_memory(Storage *storage)
{
    gauge_set(&storage->node->memtable_size, node_now(storage->node),
              (double)(storage->heap_used + storage->offheap_used));
}

void memtable_begin(Storage *storage)
{
    storage->memtable = g_new0(Memtable, 1);
    storage->memtable->number = ++storage->last_memtable;
}

/* --- segments -----------------------------------------------------------------------------------
 */

static Segment *newest_segment(const Storage *storage)
{
    return &g_array_index(storage->segments, Segment, storage->segments->len - 1);
}

static void show_segments(Storage *storage)
{
    Cassandra *node = storage->node;

    gauge_set(&node->commitlog_size, node_now(node),
              (double)storage->segments->len *
                  (double)node->storage_settings.commitlog_segment_size);
}

bool memtable_open_segment(Storage *storage)
{
    Cassandra *node = storage->node;
    Segment segment = {.memtable = 0};

    if (!host_take_space(node->component.host, node->storage_settings.commitlog_segment_size)) {
        return false;
    }
    g_array_append_val(storage->segments, segment);
    show_segments(storage);
    return true;
}

/* Whether a memtable of this number or an older one is not on disk yet. */
static bool is_dirty(const Storage *storage, uint32_t number)
{
    const GPtrArray *lists[] = {storage->waiting, storage->flushing};

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        for (guint k = 0; k < lists[i]->len; k++) {
            if (memtable_at(lists[i], k)->number <= number) {
                return true;
            }
        }
    }
    return storage->memtable->number <= number && storage->memtable->rows_bytes > 0;
}

/* Segments from the oldest on of which no memtable holds a write any more. */
static void discard_segments(Storage *storage)
{
    guint count = 0;

    while (count + 1 < storage->segments->len &&
           !is_dirty(storage, g_array_index(storage->segments, Segment, count).memtable)) {
        count++;
    }
    if (count > 0) {
        g_array_remove_range(storage->segments, 0, count);
        host_give_space(storage->node->component.host,
                        count * storage->node->storage_settings.commitlog_segment_size);
        show_segments(storage);
    }
}

/* The next segment, and a flush of what keeps the oldest when there are too many. */
static void next_segment(Storage *storage)
{
    const StorageSettings *settings = &storage->node->storage_settings;

    if (!memtable_open_segment(storage)) {
        storage->is_log_stopped = true;
        storage->blocks_writes = true;
        storage_log_failed(storage);
        if (settings->commit_failure_policy == COMMIT_IGNORE) {
            engine_after(storage->node->engine, RETRY, &storage->node->component.owner,
                         &segment_retry, storage, 0);
        }
        return;
    }
    if ((int64_t)storage->segments->len * settings->commitlog_segment_size >
            storage->total_space_bytes &&
        g_array_index(storage->segments, Segment, 0).memtable >= storage->memtable->number) {
        memtable_switch(storage);
    }
}

static void on_retry(void *self, void *subject, uint64_t detail)
{
    Storage *storage = subject;

    (void)detail;
    if (!storage->is_log_stopped) {
        return;
    }
    if (memtable_open_segment(storage)) {
        storage->is_log_stopped = false;
        memtable_unblock(storage);
        return;
    }
    storage->node->segments_refused++;
    engine_after(((Cassandra *)self)->engine, RETRY, &((Cassandra *)self)->component.owner,
                 &segment_retry, storage, 0);
}

/* --- writes -------------------------------------------------------------------------------------
 */

static bool is_memory_full(const Storage *storage)
{
    return storage->heap_used + storage->write_heap_bytes > storage->heap_limit ||
           storage->offheap_used + storage->write_offheap_bytes > storage->offheap_limit;
}

void storage_wrote(Storage *storage)
{
    int64_t size = storage->node->mutation_size;
    Memtable *memtable = storage->memtable;
    Segment *segment = newest_segment(storage);

    memtable->rows_bytes += size;
    memtable->heap_bytes += storage->write_heap_bytes;
    memtable->offheap_bytes += storage->write_offheap_bytes;
    storage->heap_used += storage->write_heap_bytes;
    storage->offheap_used += storage->write_offheap_bytes;
    segment->memtable = memtable->number;
    segment->used_bytes += size + LOG_ENTRY_BYTES;
    if (storage->heap_used - storage->heap_reclaiming > storage->heap_threshold ||
        storage->offheap_used - storage->offheap_reclaiming > storage->offheap_threshold) {
        memtable_switch(storage);
    }
    if (segment->used_bytes >= storage->node->storage_settings.commitlog_segment_size &&
        !storage->is_log_stopped) {
        next_segment(storage);
    }
    storage->blocks_writes = storage->is_log_stopped || is_memory_full(storage);
}

bool storage_park(Storage *storage, const EventType *type, void *subject, uint64_t detail)
{
    ParkedWrite parked = {type, subject, detail};

    if (!storage->blocks_writes) {
        return false;
    }
    g_array_append_val(storage->parked, parked);
    gauge_set(&storage->node->writes_parked, node_now(storage->node), storage->parked->len);
    return true;
}

/* Each looks again whether there is room: what does not fit waits once more, in the same order. */
void memtable_unblock(Storage *storage)
{
    Cassandra *node = storage->node;

    storage->blocks_writes = storage->is_log_stopped || is_memory_full(storage);
    if (storage->blocks_writes) {
        return;
    }
    for (guint i = 0; i < storage->parked->len; i++) {
        const ParkedWrite *parked = &g_array_index(storage->parked, ParkedWrite, i);

        engine_after(node->engine, 0, &node->component.owner, parked->type, parked->subject,
                     parked->detail);
    }
    g_array_set_size(storage->parked, 0);
    gauge_set(&node->writes_parked, node_now(node), 0);
}

/* --- flushes ------------------------------------------------------------------------------------
 */

/* Its number of steps is known: CPU and a write for each chunk. */
static void flush_next(Storage *storage, Memtable *memtable)
{
    Cassandra *node = storage->node;
    int64_t chunk = MIN(CHUNK_BYTES, memtable->table_bytes - memtable->done_bytes);
    double rows = (double)chunk / node->storage_settings.compression_ratio;

    node_work(node,
              (SimSpan)(rows * (double)SIM_S / node->storage_settings.compaction_cpu_rate) + 1,
              &flush_chunk, memtable, (uint64_t)chunk);
}

static void on_flush_chunk(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    host_disk(node->component.host, &node->component.owner, DISK_WRITE, (int64_t)detail,
              &flush_written, subject, detail);
}

static void on_flush_written(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Memtable *memtable = subject;

    memtable->done_bytes += (int64_t)detail;
    if (memtable->done_bytes < memtable->table_bytes) {
        flush_next(node->storage, memtable);
        return;
    }
    host_disk(node->component.host, &node->component.owner, DISK_FSYNC, 0, &flush_synced, memtable,
              0);
}

static void reclaim(Storage *storage, const Memtable *memtable)
{
    storage->heap_used -= memtable->heap_bytes;
    storage->offheap_used -= memtable->offheap_bytes;
    storage->heap_reclaiming -= memtable->heap_bytes;
    storage->offheap_reclaiming -= memtable->offheap_bytes;
    show_memory(storage);
}

static void on_flush_synced(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Storage *storage = node->storage;
    Memtable *memtable = subject;

    (void)detail;
    sstables_add(&storage->tables, memtable->table_bytes, 0);
    node->flushes++;
    node->bytes_flushed += (uint64_t)memtable->table_bytes;
    storage_pollute(storage, memtable->table_bytes);
    g_ptr_array_remove(storage->flushing, memtable);
    reclaim(storage, memtable);
    g_free(memtable);
    discard_segments(storage);
    storage_changed(storage);
    memtable_unblock(storage);
    memtable_flush_waiting(storage);
    compaction_consider(storage);
}

static guint count_running(const Storage *storage)
{
    guint count = 0;

    for (guint i = 0; i < storage->flushing->len; i++) {
        count += memtable_at(storage->flushing, i)->is_stuck ? 0 : 1;
    }
    return count;
}

/* The memtable's memory and its segments stay taken: nothing tries again. */
static void fail(Storage *storage, Memtable *memtable)
{
    memtable->is_stuck = true;
    storage->node->flushes_failed++;
    storage_disk_failed(storage);
}

static void start_flush(Storage *storage, Memtable *memtable)
{
    const StorageSettings *settings = &storage->node->storage_settings;

    g_ptr_array_add(storage->flushing, memtable);
    memtable->is_flushing = true;
    memtable->table_bytes =
        MAX(1, (int64_t)((double)memtable->rows_bytes * settings->compression_ratio));
    if (storage->is_unwritable || !storage_has_room(storage, memtable->table_bytes) ||
        !host_take_space(storage->node->component.host, memtable->table_bytes)) {
        memtable->table_bytes = 0;
        fail(storage, memtable);
        return;
    }
    flush_next(storage, memtable);
}

void memtable_flush_waiting(Storage *storage)
{
    while (storage->waiting->len > 0 &&
           count_running(storage) < storage->node->storage_settings.memtable_flush_writers) {
        start_flush(storage, g_ptr_array_steal_index(storage->waiting, 0));
    }
}

void memtable_switch(Storage *storage)
{
    Memtable *memtable = storage->memtable;

    storage->heap_reclaiming += memtable->heap_bytes;
    storage->offheap_reclaiming += memtable->offheap_bytes;
    g_ptr_array_add(storage->waiting, memtable);
    memtable_begin(storage);
    show_memory(storage);
    memtable_flush_waiting(storage);
}

/* The process is gone, and with it its memory; half a table is deleted at the start. */
static void forget(Storage *storage, GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++) {
        Memtable *memtable = memtable_at(list, i);

        if (memtable->is_flushing) {
            host_give_space(storage->node->component.host, memtable->table_bytes);
        }
        g_free(memtable);
    }
    g_ptr_array_set_size(list, 0);
}

void memtable_forget_all(Storage *storage)
{
    forget(storage, storage->waiting);
    forget(storage, storage->flushing);
    g_clear_pointer(&storage->memtable, g_free);
    storage->heap_used = storage->offheap_used = 0;
    storage->heap_reclaiming = storage->offheap_reclaiming = 0;
    storage->blocks_writes = false;
    g_array_set_size(storage->parked, 0);
    gauge_set(&storage->node->writes_parked, node_now(storage->node), 0);
    show_memory(storage);
}

/* storage.c - what is on a node's disk and in its page cache, and what happens when there is no
 * room. Memtables and segments: memtable.c; compactions: compaction.c; words: storage_log.c. */
#include "models/data/cassandra/storage.h"

#include "models/data/cassandra/shutdown.h"
#define MIN_FREE_BYTES (50 << 20) /* min_free_space_per_drive_in_mb */
#define CHUNK_BYTES (64 << 10)    /* chunk_length_in_kb */
#define HEAP_SEEN 0.98            /* of the heap: one survivor space is not counted */
#define COMMITLOG_MOST ((int64_t)8192 << 20)
#define BESIDE_HEAP_BYTES 850000000 /* off-heap: 0.7 to 1.0 GB */
#define SYSTEM_BYTES 300000000
#define LOAD_FIRST (2 * SIM_S)
#define LOAD_PERIOD                                                                                \
    (60 * SIM_S) /* LoadBroadcaster.BROADCAST_INTERVAL, and                                        \
                    CompactionManager's submitter */
#define MISSES_MOST 16

static void on_policy(void *self, void *subject, uint64_t detail);
static const EventType policy_acts = {"cassandra.disk-policy", on_policy};

/* --- limits -------------------------------------------------------------------------------------
 */

int64_t storage_heap_size(const Cassandra *node)
{
    int64_t memory = host_memory_size(node->component.host), mib = 1 << 20;

    if (node->storage_settings.heap_size > 0) {
        return node->storage_settings.heap_size;
    }
    return MAX(MIN(memory / 2, 1024 * mib), MIN(memory / 4, 8192 * mib));
}

static void set_memory(Storage *storage)
{
    const Cassandra *node = storage->node;
    const StorageSettings *settings = &node->storage_settings;
    int64_t quarter = (int64_t)(HEAP_SEEN * (double)storage_heap_size(node)) / 4;
    double share = settings->memtable_cleanup_threshold > 0
                       ? settings->memtable_cleanup_threshold
                       : 1.0 / (1 + (double)settings->memtable_flush_writers);

    storage->heap_limit =
        settings->memtable_heap_space > 0 ? settings->memtable_heap_space : quarter;
    storage->offheap_limit =
        settings->memtable_offheap_space > 0 ? settings->memtable_offheap_space : quarter;
    storage->heap_threshold = (int64_t)(share * (double)storage->heap_limit);
    storage->offheap_threshold = (int64_t)(share * (double)storage->offheap_limit);
    storage->write_heap_bytes =
        (int64_t)(settings->memtable_overhead * (double)node->mutation_size);
    if (settings->memtable_allocation_type == MEMTABLE_OFFHEAP_BUFFERS) {
        storage->write_offheap_bytes = node->mutation_size;
        storage->write_heap_bytes -= node->mutation_size;
    }
}

static void set_disk(Storage *storage)
{
    const Cassandra *node = storage->node;
    const StorageSettings *settings = &node->storage_settings;
    const Host *host = node->component.host;
    int64_t quarter = host_disk_size(host) / 4;

    storage->options = settings->options;
    storage->total_space_bytes = settings->commitlog_total_space > 0
                                     ? settings->commitlog_total_space
                                     : MIN(COMMITLOG_MOST, quarter);
    storage->compactors = settings->concurrent_compactors > 0
                              ? (guint)settings->concurrent_compactors
                              : MIN(8, MAX(2, MIN(host_count_vcpus(host), 1)));
    storage->page_cache_bytes = settings->page_cache > 0
                                    ? settings->page_cache
                                    : MAX(0, host_memory_size(host) - storage_heap_size(node) -
                                                 BESIDE_HEAP_BYTES - SYSTEM_BYTES);
}

/* --- set-up -------------------------------------------------------------------------------------
 */

static void check(const Cassandra *node, DiagList *diags)
{
    const StorageSettings *settings = &node->storage_settings;

    if (settings->options.min_threshold > settings->options.max_threshold) {
        diag_add(diags, DIAG_ERROR, node->component.settings, DIAG_VALUE,
                 "'min_threshold' is %" G_GINT64_FORMAT
                 " and 'max_threshold' only %" G_GINT64_FORMAT,
                 settings->options.min_threshold, settings->options.max_threshold);
    }
}

static int64_t flushed_size(const Storage *storage)
{
    const StorageSettings *settings = &storage->node->storage_settings;

    return MAX(1, (int64_t)((double)storage->heap_threshold / settings->memtable_overhead *
                            settings->compression_ratio));
}

static void lay_out(Storage *storage, DiagList *diags)
{
    Cassandra *node = storage->node;
    Host *host = node->component.host;
    double owns = node->is_outsider ? 0 : ring_owns(node->cluster->ring, node->rank);
    int64_t needed;

    sstables_fill(&storage->tables, &storage->options, storage_share_bytes(node, owns),
                  flushed_size(storage));
    storage->other_bytes = node->storage_settings.other_space;
    needed = storage->other_bytes + storage->tables.size_bytes;
    if (host_free_space(host) < needed + node->storage_settings.commitlog_segment_size ||
        !host_take_space(host, needed)) {
        diag_add(diags, DIAG_ERROR, node->component.settings, DIAG_VALUE,
                 "'%s' has a disk of %.1f GB, but its copies of the data and the system take %.1f "
                 "GB",
                 component_place(&node->component), (double)host_free_space(host) / 1e9,
                 (double)needed / 1e9);
        storage->other_bytes = 0;
    }
}

void storage_make(Cassandra *node, DiagList *diags)
{
    Storage *storage;
    g_autofree char *stream = g_strconcat(node->component.name, "/storage", NULL);

    if (!node->storage_settings.modelled) {
        return;
    }
    check(node, diags);
    storage = g_new0(Storage, 1);
    storage->node = node;
    storage->segments = g_array_new(FALSE, FALSE, sizeof(Segment));
    storage->parked = g_array_new(FALSE, FALSE, sizeof(ParkedWrite));
    storage->waiting = g_ptr_array_new();
    storage->flushing = g_ptr_array_new();
    storage->compactions = g_ptr_array_new();
    sstables_init(&storage->tables);
    engine_open_stream(node->engine, &storage->rng, stream);
    set_memory(storage);
    set_disk(storage);
    lay_out(storage, diags);
    node->storage = storage;
    storage->cached_bytes = MIN(storage->page_cache_bytes, storage->tables.size_bytes);
    storage_changed(storage);
}

int64_t storage_share_bytes(const Cassandra *node, double share)
{
    return (int64_t)(share * (double)node->data_size);
}

void storage_free(Cassandra *node)
{
    Storage *storage = node->storage;

    if (storage == NULL) {
        return;
    }
    for (guint i = 0; i < LOG_LINES; i++) {
        g_free(storage->lines[i].text);
    }
    sstables_clear(&storage->tables);
    g_array_unref(storage->segments);
    g_array_unref(storage->parked);
    g_ptr_array_unref(storage->waiting);
    g_ptr_array_unref(storage->flushing);
    g_ptr_array_unref(storage->compactions);
    g_clear_pointer(&node->storage, g_free);
}

/* --- what there is ------------------------------------------------------------------------------
 */

bool storage_has_room(const Storage *storage, int64_t size_bytes)
{
    return host_free_space(storage->node->component.host) - MIN_FREE_BYTES > size_bytes;
}

/* Hot data: what reads touch. */
static void set_hot(Storage *storage)
{
    int64_t hot = storage->node->storage_settings.hot_data;

    storage->hot_bytes =
        hot > 0 ? MIN(hot, storage->tables.size_bytes) : storage->tables.size_bytes;
    storage->cached_bytes = MIN(storage->cached_bytes, storage->hot_bytes);
}

void storage_changed(Storage *storage)
{
    Cassandra *node = storage->node;
    SimTime now = node_now(node);
    guint count = sstables_count_for_read(&storage->tables, &storage->options);

    storage->tables_per_read = count == 0 ? 0 : 1 + node->storage_settings.row_spread * (count - 1);
    storage->read_extra_cpu = count == 0 ? 0
                                         : (SimSpan)((storage->tables_per_read - 1) *
                                                     (double)node->storage_settings.table_read_cpu);
    set_hot(storage);
    gauge_set(&node->data_on_disk, now, (double)storage->tables.size_bytes);
    gauge_set(&node->sstables, now, storage->tables.tables->len);
    gauge_set(&node->sstables_per_read, now, storage->tables_per_read);
    gauge_set(&node->pending_compactions, now,
              sstables_pending(&storage->tables, &storage->options) + storage->compactions->len);
}

void storage_pollute(Storage *storage, int64_t size_bytes)
{
    double share;

    if (storage->tables.size_bytes <= storage->page_cache_bytes || storage->page_cache_bytes == 0) {
        return;
    }
    share = MIN(1, (double)size_bytes / (double)storage->page_cache_bytes);
    storage->cached_bytes -= (int64_t)(share * (double)storage->cached_bytes);
}

guint storage_draw_misses(Storage *storage)
{
    double tables = storage->tables_per_read, missed;
    guint count, misses = 0;

    if (!storage_reads_disk(storage)) {
        return 0;
    }
    missed = 1 - (double)storage->cached_bytes / (double)storage->hot_bytes;
    count = (guint)tables + (rng_chance(&storage->rng, tables - (guint)tables) ? 1 : 0);
    for (guint i = 0; i < MIN(count, MISSES_MOST); i++) {
        misses += rng_chance(&storage->rng, missed) ? 1 : 0;
    }
    return misses;
}

void storage_loaded_chunk(Storage *storage)
{
    storage->node->disk_chunk_reads++;
    storage->cached_bytes = MIN(storage->cached_bytes + CHUNK_BYTES,
                                MIN(storage->hot_bytes, storage->page_cache_bytes));
}

/* --- hints and streams --------------------------------------------------------------------------
 */

void storage_keep_hints(Storage *storage, int64_t size_bytes)
{
    Host *host = storage->node->component.host;

    if (size_bytes <= storage->hints_bytes) {
        host_give_space(host, storage->hints_bytes - size_bytes);
        storage->hints_bytes = size_bytes;
    } else if (host_take_space(host, size_bytes - storage->hints_bytes)) {
        storage->hints_bytes = size_bytes;
    } else {
        storage_disk_failed(storage);
    }
}

static bool take_stream(Storage *storage, int64_t size_bytes)
{
    if (storage->is_unwritable || !storage_has_room(storage, size_bytes) ||
        !host_take_space(storage->node->component.host, size_bytes)) {
        storage->node->streams_refused++;
        storage_log(storage, "ERROR", "Insufficient disk space to store %" G_GINT64_FORMAT " bytes",
                    size_bytes);
        return false;
    }
    return true;
}

bool storage_receive(Storage *storage, int64_t size_bytes)
{
    if (!take_stream(storage, size_bytes)) {
        return false;
    }
    storage->received_bytes += size_bytes;
    return true;
}

bool storage_take_table(Storage *storage, int64_t size_bytes)
{
    if (!take_stream(storage, size_bytes)) {
        return false;
    }
    sstables_add(&storage->tables, size_bytes, 0);
    storage_pollute(storage, size_bytes);
    compaction_consider(storage);
    return true;
}

void storage_received(Storage *storage, bool is_whole)
{
    int64_t bytes = storage->received_bytes;

    storage->received_bytes = 0;
    if (bytes == 0) {
        return;
    }
    if (is_whole) {
        sstables_add(&storage->tables, bytes, 0);
        storage_pollute(storage, bytes);
        compaction_consider(storage);
    } else {
        host_give_space(storage->node->component.host, bytes);
    }
}

/* --- policies -----------------------------------------------------------------------------------
 */

static void plan_policy(Storage *storage, bool is_end)
{
    if (!storage->is_failing && !storage->is_stopped) {
        storage->is_failing = true;
        engine_after(storage->node->engine, 0, &storage->node->component.owner, &policy_acts,
                     storage, is_end ? 1 : 0);
    }
}

static void on_policy(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Storage *storage = subject;

    storage->is_failing = false;
    history_note(world_history(node->component.world), "cassandra.disk-failure", &node->component,
                 "policy", detail == 1 ? "die" : "stop", NULL, NULL);
    if (detail == 1) {
        component_stop(&node->component, NULL);
        return;
    }
    storage->is_stopped = true;
    storage_log(storage, "ERROR", "Stopping gossiper");
    storage_log(storage, "ERROR", "Stopping native transport");
    shutdown_transports(node);
}

void storage_disk_failed(Storage *storage)
{
    int policy = storage->node->storage_settings.disk_failure_policy;

    storage_log(storage, "ERROR", "FSWriteError: No space left on device; disk failure policy %s",
                disk_policy_names[policy]);
    if (policy == DISK_BEST_EFFORT) {
        storage->is_unwritable = true;
    } else if (policy != DISK_IGNORE) {
        plan_policy(storage, policy == DISK_DIE);
    }
}

void storage_log_failed(Storage *storage)
{
    int policy = storage->node->storage_settings.commit_failure_policy;

    storage->node->segments_refused++;
    storage_log(storage, "ERROR",
                "Failed managing commit log segments. Commit disk failure policy is %s",
                commit_policy_names[policy]);
    if (policy == COMMIT_STOP || policy == COMMIT_DIE) {
        plan_policy(storage, policy == COMMIT_DIE);
    }
}

/* --- life ---------------------------------------------------------------------------------------
 */

static void warn_of_space(Storage *storage)
{
    double gib = (double)host_free_space(storage->node->component.host) / (1 << 30);

    if (gib >= 64) {
        return;
    }
    storage_log(storage, "WARN",
                "Only %.3f%s free across all data volumes. Consider adding more capacity to your "
                "cluster or removing obsolete snapshots",
                gib >= 1 ? gib : gib * 1024, gib >= 1 ? "GiB" : "MiB");
}

void storage_boot(Cassandra *node)
{
    Storage *storage = node->storage;

    if (host_is_cold(node->component.host)) {
        storage->cached_bytes = 0;
    }
    storage->flushes_before = node->flushes;
    storage->compactions_before = node->compactions;
    storage->dropped_at = storage->compacted_at = node_now(node);
    storage->load_at = node_now(node) == 0 ? 0 : node_now(node) + LOAD_FIRST;
    warn_of_space(storage);
}

SimSpan storage_replay_span(const Cassandra *node)
{
    return (SimSpan)((double)node->storage->unflushed_bytes * (double)SIM_S /
                     node->storage_settings.commitlog_replay_rate);
}

/* All that was replayed is flushed, and a new segment begun. */
bool storage_replayed(Cassandra *node)
{
    Storage *storage = node->storage;
    Host *host = node->component.host;
    int64_t table =
        (int64_t)((double)storage->unflushed_bytes * node->storage_settings.compression_ratio);

    if (table > 0) {
        if (!storage_has_room(storage, table) || !host_take_space(host, table)) {
            storage_log(storage, "ERROR",
                        "Exiting forcefully due to file system exception on startup, disk failure "
                        "policy \"%s\"",
                        disk_policy_names[node->storage_settings.disk_failure_policy]);
            return false;
        }
        sstables_add(&storage->tables, table, 0);
    }
    storage->unflushed_bytes = 0;
    host_give_space(host, storage->segments->len * node->storage_settings.commitlog_segment_size);
    g_array_set_size(storage->segments, 0);
    if (!memtable_open_segment(storage)) {
        storage_log(storage, "ERROR", "No room for a commit log segment: the node exits");
        return false;
    }
    memtable_begin(storage);
    compaction_consider(storage);
    return true;
}

static int64_t unflushed(const Storage *storage)
{
    int64_t bytes = storage->memtable != NULL ? storage->memtable->rows_bytes : 0;

    for (guint i = 0; i < storage->waiting->len; i++) {
        bytes += ((const Memtable *)storage->waiting->pdata[i])->rows_bytes;
    }
    for (guint i = 0; i < storage->flushing->len; i++) {
        bytes += ((const Memtable *)storage->flushing->pdata[i])->rows_bytes;
    }
    return bytes;
}

void storage_stop(Cassandra *node)
{
    Storage *storage = node->storage;

    if (storage == NULL) {
        return;
    }
    storage->unflushed_bytes += unflushed(storage);
    memtable_forget_all(storage);
    compaction_forget_all(storage);
    storage_received(storage, false);
    storage->is_log_stopped = storage->is_unwritable = false;
    storage->is_stopped = storage->is_failing = false;
    storage_changed(storage);
}

/* --- each second --------------------------------------------------------------------------------
 */

static void tell_load(Storage *storage)
{
    const Peer *own = &storage->node->gossip.peers[storage->node->rank];

    storage->told[1] = storage->told[0];
    storage->told[0] = (ToldLoad){.size_bytes = storage->tables.size_bytes,
                                  .generation = own->generation,
                                  .version = own->version + 1};
}

bool storage_told_load(const Cassandra *asked, const Cassandra *node, int64_t *size_bytes)
{
    const Peer *peer = &asked->gossip.peers[node->rank];

    for (guint i = 0; node->storage != NULL && i < G_N_ELEMENTS(node->storage->told); i++) {
        const ToldLoad *told = &node->storage->told[i];

        if (told->version > 0 && told->generation == peer->generation &&
            told->version <= peer->version + (asked == node ? 1 : 0)) {
            *size_bytes = told->size_bytes;
            return true;
        }
    }
    return false;
}

void storage_sweep(Cassandra *node)
{
    Storage *storage = node->storage;
    SimTime now = node_now(node);

    if (storage == NULL) {
        return;
    }
    storage_log_drops(storage);
    if (now >= storage->load_at) {
        storage->load_at = now + LOAD_PERIOD;
        tell_load(storage);
    }
    if (now - storage->compacted_at >= LOAD_PERIOD) {
        storage->compacted_at = now;
        compaction_consider(storage);
    }
}

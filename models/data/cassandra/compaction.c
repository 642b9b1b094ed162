/* compaction.c - compactions as work of disk and CPU: chunk by chunk past one limiter for all of a
 * node. Its output grows as it is written, and the input is deleted at the end. */
#include "models/data/cassandra/storage.h"

#define CHUNK_BYTES (4 << 20)

static void on_read_due(void *self, void *subject, uint64_t detail);
static void on_read(void *self, void *subject, uint64_t detail);
static void on_merged(void *self, void *subject, uint64_t detail);
static void on_written(void *self, void *subject, uint64_t detail);
static void on_ended(void *self, void *subject, uint64_t detail);
static const EventType read_due = {"cassandra.compaction-due", on_read_due};
static const EventType chunk_read = {"cassandra.compaction-read", on_read};
static const EventType chunk_merged = {"cassandra.compaction-merged", on_merged};
static const EventType chunk_written = {"cassandra.compaction-written", on_written};
static const EventType ended = {"cassandra.compaction-ended", on_ended};

static uint32_t number_at(const Compaction *compaction, guint i)
{
    return g_array_index(compaction->numbers, uint32_t, i);
}

static void set_compacting(Compaction *compaction, bool is_compacting)
{
    for (guint i = 0; i < compaction->numbers->len; i++) {
        sstables_find(&compaction->storage->tables, number_at(compaction, i))->is_compacting =
            is_compacting;
    }
}

static void drop(Compaction *compaction)
{
    g_ptr_array_remove(compaction->storage->compactions, compaction);
    g_array_unref(compaction->numbers);
    g_free(compaction);
}

/* --- begin --------------------------------------------------------------------------------------
 */

static int64_t input_of(const Compaction *compaction)
{
    int64_t bytes = 0;

    for (guint i = 0; i < compaction->numbers->len; i++) {
        bytes += sstables_find(&compaction->storage->tables, number_at(compaction, i))->size_bytes;
    }
    return bytes;
}

static void remove_largest(Compaction *compaction)
{
    const SsTables *tables = &compaction->storage->tables;
    guint largest = 0;

    for (guint i = 1; i < compaction->numbers->len; i++) {
        if (sstables_find(tables, number_at(compaction, i))->size_bytes >
            sstables_find(tables, number_at(compaction, largest))->size_bytes) {
            largest = i;
        }
    }
    g_array_remove_index(compaction->numbers, largest);
}

/* CompactionTask.checkAvailableDiskSpace: as many bytes as the input has must be free, or it does
 * without the largest table, and so on. */
static bool fits(Compaction *compaction)
{
    Storage *storage = compaction->storage;
    bool is_reduced = false;

    while (!storage_has_room(storage, compaction->input_bytes)) {
        storage_log(storage, "WARN",
                    "Not enough space for compaction, %.2fMB estimated.  Reducing scope.",
                    (double)compaction->input_bytes / 1024 / 1024);
        if (compaction->numbers->len <= 2) {
            storage_log(storage, "ERROR",
                        "Not enough space for compaction, estimated sstables = 1, expected write "
                        "size = %" G_GINT64_FORMAT,
                        compaction->input_bytes);
            storage->node->compactions_refused++;
            return false;
        }
        remove_largest(compaction);
        compaction->input_bytes = input_of(compaction);
        is_reduced = true;
    }
    storage->node->compactions_reduced += is_reduced ? 1 : 0;
    return true;
}

/* The limiter lets bytes through one chunk after another, whoever asks. */
static void plan_chunk(Compaction *compaction)
{
    Storage *storage = compaction->storage;
    Cassandra *node = storage->node;
    double rate = node->storage_settings.compaction_throughput;
    SimTime at = MAX(node_now(node), storage->compaction_at);

    compaction->chunk_bytes = MIN(CHUNK_BYTES, compaction->input_bytes - compaction->read_bytes);
    if (rate > 0) {
        storage->compaction_at =
            at + (SimSpan)((double)compaction->chunk_bytes * (double)SIM_S / rate);
    }
    engine_at(node->engine, at, &node->component.owner, &read_due, compaction, 0);
}

static bool begin(Storage *storage)
{
    Compaction *compaction = g_new0(Compaction, 1);

    compaction->storage = storage;
    compaction->numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_ptr_array_add(storage->compactions, compaction);
    if (!sstables_choose(&storage->tables, &storage->options, compaction->numbers,
                         &compaction->level)) {
        drop(compaction);
        return false;
    }
    compaction->input_bytes = input_of(compaction);
    if (!fits(compaction)) {
        drop(compaction);
        return false;
    }
    set_compacting(compaction, true);
    plan_chunk(compaction);
    return true;
}

void compaction_consider(Storage *storage)
{
    while (!storage->is_unwritable && storage->compactions->len < storage->compactors &&
           begin(storage)) {
    }
    storage_changed(storage);
}

/* --- chunk by chunk -----------------------------------------------------------------------------
 */

static void on_read_due(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Compaction *compaction = subject;

    (void)detail;
    storage_pollute(node->storage, compaction->chunk_bytes);
    host_disk(node->component.host, &node->component.owner, DISK_READ, compaction->chunk_bytes,
              &chunk_read, compaction, 0);
}

static void on_read(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    const Compaction *compaction = subject;

    (void)detail;
    node_work(node,
              (SimSpan)((double)compaction->chunk_bytes * (double)SIM_S /
                        node->storage_settings.compaction_cpu_rate) +
                  1,
              &chunk_merged, subject, 0);
}

/* The file cannot grow: what was written of it is deleted. */
static void give_up(Compaction *compaction)
{
    Storage *storage = compaction->storage;

    host_give_space(storage->node->component.host, compaction->written_bytes);
    set_compacting(compaction, false);
    drop(compaction);
    storage_changed(storage);
    storage_disk_failed(storage);
}

static void on_merged(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Compaction *compaction = subject;
    int64_t kept =
        MAX(1, (int64_t)((double)compaction->chunk_bytes * node->storage_settings.compaction_kept));

    (void)detail;
    if (!host_take_space(node->component.host, kept)) {
        give_up(compaction);
        return;
    }
    compaction->written_bytes += kept;
    storage_pollute(node->storage, kept);
    host_disk(node->component.host, &node->component.owner, DISK_WRITE, kept, &chunk_written,
              compaction, 0);
}

static void on_written(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Compaction *compaction = subject;

    (void)detail;
    compaction->read_bytes += compaction->chunk_bytes;
    if (compaction->read_bytes < compaction->input_bytes) {
        plan_chunk(compaction);
        return;
    }
    host_disk(node->component.host, &node->component.owner, DISK_FSYNC, 0, &ended, compaction, 0);
}

/* Levelled tables are cut to their size. */
static void add_output(Storage *storage, const Compaction *compaction)
{
    int64_t left = compaction->written_bytes;
    int64_t most = storage->options.strategy == COMPACTION_LEVELED && compaction->level > 0
                       ? storage->options.sstable_size
                       : left;

    for (; left > 0; left -= MIN(left, most)) {
        sstables_add(&storage->tables, MIN(left, most), compaction->level);
    }
}

static void on_ended(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Compaction *compaction = subject;
    Storage *storage = node->storage;

    (void)detail;
    for (guint i = 0; i < compaction->numbers->len; i++) {
        sstables_remove(&storage->tables, number_at(compaction, i));
    }
    host_give_space(node->component.host, compaction->input_bytes);
    add_output(storage, compaction);
    node->compactions++;
    node->bytes_compacted += (uint64_t)compaction->written_bytes;
    drop(compaction);
    compaction_consider(storage);
}

void compaction_forget_all(Storage *storage)
{
    while (storage->compactions->len > 0) {
        Compaction *compaction = storage->compactions->pdata[0];

        host_give_space(storage->node->component.host, compaction->written_bytes);
        set_compacting(compaction, false);
        drop(compaction);
    }
    storage->compaction_at = 0;
}

/* hints.c - writes kept for replicas that missed them, and their replay.
 * Source: Cassandra 3.11 StorageProxy.shouldHint, hints/HintsDispatchTrigger,
 * HintsDispatchExecutor, HintsDispatcher. The reader is paced hint by hint by a rate limiter; here
 * ten times a second by as many hints as the limiter lets through in a tenth of a second. */
#include "models/data/cassandra/counter.h"
#include "models/data/cassandra/hint_limits.h"
#include "models/data/cassandra/node.h"
#include "models/data/cassandra/schema.h"
#include "models/data/cassandra/storage.h"
#include "models/data/cassandra/witness.h"

#define TRIGGER_PERIOD (10 * SIM_S)
#define SLICE (100 * SIM_MS)
#define PAGE_BYTES (512 * 1024)
#define HINT_OVERHEAD_BYTES 100 /* descriptor, checksums, times and ids of one hint on disk */
#define BUFFER_BYTES ((uint64_t)32 << 20) /* at least (HintsService: two mutations, or 32 MB) */
#define BATCH_MOST 0xffff                 /* as many fit into an event's detail */

static uint64_t hint_bytes(const Cassandra *node)
{
    return (uint64_t)node->mutation_size + HINT_OVERHEAD_BYTES;
}

static void show_pending(Cassandra *node, double change)
{
    gauge_add(&node->hints_pending, node_now(node), change);
    gauge_set(&node->hints_size, node_now(node),
              node->hints_pending.value * (double)hint_bytes(node));
}

/* --- keeping ------------------------------------------------------------------------------------
 */

bool hints_are_kept_for(const Cassandra *node, guint target)
{
    const Peer *peer = &node->gossip.peers[target];
    SimSpan downtime = peer->is_alive ? 0 : node_now(node) - peer->down_since;

    return node->hinted_handoff_enabled && downtime <= node->max_hint_window &&
           (node->hintless_sites >> node->cluster->nodes[target]->site & 1) == 0;
}

/* Gives back the room of hints that are done. */
static void trim(HintQueue *queue)
{
    uint64_t done = queue->page - queue->base;

    if (done > 0 && (done >= queue->capacity / 2 || queue->page == queue->end)) {
        memmove(queue->items, queue->items + done,
                (queue->end - queue->page) * sizeof *queue->items);
        queue->base = queue->page;
    }
}

static uint32_t wall_seconds(const Cassandra *node)
{
    return (uint32_t)MAX(0, component_wall_clock(&node->component) / SIM_S);
}

bool hints_is_expired(const Cassandra *node, const Hint *hint)
{
    return hint->kept_s + node->gc_grace_seconds / SIM_S < wall_seconds(node);
}

static void write_buffers(Cassandra *node);

void hints_store(Cassandra *node, guint target, uint32_t slot, int64_t version)
{
    HintQueue *queue = &node->hints[target];

    trim(queue);
    if (queue->end - queue->base == queue->capacity) {
        queue->capacity = MAX(1024, queue->capacity * 2);
        queue->items = g_renew(Hint, queue->items, queue->capacity);
    }
    queue->items[queue->end++ - queue->base] =
        (Hint){.version = version, .slot = slot, .kept_s = wall_seconds(node)};
    node->hints_stored++;
    node->hint_cpu_owed += node->hint_limits == NULL ? node->hint_cpu : 0; /* charged before */
    show_pending(node, 1);
    if (++node->hints_buffered * hint_bytes(node) >=
        MAX(BUFFER_BYTES, 2 * (uint64_t)node->mutation_size)) {
        write_buffers(node);
    }
}

/* --- replay -------------------------------------------------------------------------------------
 */

static void on_slice(void *self, void *subject, uint64_t detail);
static const EventType slice = {"cassandra.hints-slice", on_slice};

static void plan_slice(HintQueue *queue)
{
    engine_after(queue->node->engine, SLICE, &queue->node->component.owner, &slice, queue, 0);
}

/* Targets that wait for one of the delivery threads get it, in order of rank. */
static void start_queued(Cassandra *node)
{
    for (guint i = 0; i < node->cluster->node_count; i++) {
        HintQueue *queue = &node->hints[i];

        if (node->hints_dispatching >= node->max_hints_delivery_threads) {
            return;
        }
        if (queue->is_queued) {
            queue->is_queued = false;
            queue->is_dispatching = true;
            queue->sent = queue->page;
            queue->acked = 0;
            queue->allowance = 0;
            node->hints_dispatching++;
            plan_slice(queue);
        }
    }
}

static void stop_dispatch(HintQueue *queue)
{
    queue->is_dispatching = false;
    queue->sent = queue->page;
    queue->acked = 0;
    queue->node->hints_dispatching--;
    start_queued(queue->node);
}

void hints_acked(HintQueue *queue, uint64_t first, guint count)
{
    if (queue->is_dispatching && first >= queue->page && first + count <= queue->sent) {
        queue->acked += count;
    }
}

static uint64_t page_end(const HintQueue *queue)
{
    uint64_t page = MAX(1, PAGE_BYTES / hint_bytes(queue->node));

    return MIN(queue->page + page, queue->closed);
}

static void send_slice(HintQueue *queue)
{
    Cassandra *node = queue->node;
    Cassandra *target = node->cluster->nodes[queue->target];
    guint others = MAX(1, node->cluster->node_count - 1);
    uint64_t bytes = hint_bytes(node), count;

    queue->allowance += node->hinted_handoff_throttle / others * ((double)SLICE / (double)SIM_S);
    count = MIN((uint64_t)(queue->allowance / (double)bytes), page_end(queue) - queue->sent);
    count = MIN(count, BATCH_MOST);
    if (count == 0) {
        return;
    }
    queue->allowance -= (double)(count * bytes);
    node->hint_cpu_owed += (SimSpan)count * node->hint_cpu;
    queue->sent_at = node_now(node);
    node_send(node, target, (int64_t)(count * bytes), &replica_hints_arrived, queue,
              queue->sent << 16 | count);
    queue->sent += count;
}

/* The page was sent: done when all of it is acknowledged, given up when that takes too long. True
 * when the dispatch goes on. */
static bool end_page(HintQueue *queue)
{
    Cassandra *node = queue->node;
    uint64_t count = queue->sent - queue->page;

    if (queue->acked < count) {
        if (node_now(node) - queue->sent_at > node->write_request_timeout) {
            stop_dispatch(queue);
            return false;
        }
        return true;
    }
    node->hints_replayed += count;
    show_pending(node, -(double)count);
    queue->page = queue->sent;
    queue->acked = 0;
    trim(queue);
    if (queue->page == queue->closed) {
        stop_dispatch(queue);
        return false;
    }
    return true;
}

static void on_slice(void *self, void *subject, uint64_t detail)
{
    HintQueue *queue = subject;

    (void)detail;
    if (!node_sees(self, queue->target)) {
        stop_dispatch(queue);
        return;
    }
    if (queue->sent == page_end(queue) && !end_page(queue)) {
        return;
    }
    if (queue->sent < page_end(queue)) {
        send_slice(queue);
    }
    plan_slice(queue);
}

/* --- triggers -----------------------------------------------------------------------------------
 */

static void on_trigger(void *self, void *subject, uint64_t detail);
static const EventType trigger = {"cassandra.hints-trigger", on_trigger};

static void on_trigger(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    (void)detail;
    for (guint i = 0; i < node->cluster->node_count; i++) {
        HintQueue *queue = &node->hints[i];

        if (queue->is_dispatching || queue->is_queued || !node_sees(node, i) ||
            schema_differs(node, i)) {
            continue;
        }
        queue->is_queued = queue->closed > queue->page;
        queue->closed = queue->flushed; /* the file being written goes at the next trigger */
    }
    start_queued(node);
    engine_after(node->engine, TRIGGER_PERIOD, &node->component.owner, &trigger, NULL, 0);
}

/* What the files take on the disk. */
static void keep_files(Cassandra *node)
{
    uint64_t count = 0;

    for (guint i = 0; i < node->cluster->node_count; i++) {
        count += node->hints[i].flushed - MIN(node->hints[i].page, node->hints[i].flushed);
    }
    storage_keep_hints(node->storage, (int64_t)(count * hint_bytes(node)));
}

/* From memory to files: when the period is over, or a buffer is full. */
static void write_buffers(Cassandra *node)
{
    uint64_t file = (uint64_t)node->max_hints_file_size / hint_bytes(node);

    node->hints_buffered = 0;
    for (guint i = 0; i < node->cluster->node_count; i++) {
        HintQueue *queue = &node->hints[i];

        queue->flushed = queue->end;
        while (file > 0 && !queue->is_dispatching && queue->flushed - queue->closed >= file) {
            queue->closed += file;
        }
    }
    if (node->storage != NULL) {
        keep_files(node);
    }
}

static void on_flush(void *self, void *subject, uint64_t detail);
static const EventType flush = {"cassandra.hints-flush", on_flush};

static void on_flush(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    (void)detail;
    write_buffers(node);
    engine_after(node->engine, node->hints_flush_period, &node->component.owner, &flush, NULL, 0);
}

/* --- life ---------------------------------------------------------------------------------------
 */

void hints_start(Cassandra *node)
{
    SimSpan phase = (SimSpan)rng_below(&node->life_rng, TRIGGER_PERIOD) + 1;

    engine_after(node->engine, phase, &node->component.owner, &trigger, NULL, 0);
    engine_after(node->engine, node->hints_flush_period, &node->component.owner, &flush, NULL, 0);
}

/* Hints are too many to be told one by one: as many as came since the last time. */
static void note_stored(Cassandra *node, guint target)
{
    HintQueue *queue = &node->hints[target];

    if (queue->noted < queue->end) {
        history_note_many(world_history(node->component.world), "cassandra.hint-stored",
                          &node->component, queue->end - queue->noted, "to",
                          node->cluster->nodes[target]->component.site->name, NULL, NULL);
        queue->noted = queue->end;
    }
}

/* All buffers go to files: a node that ends in good order loses no hint. */
void hints_flush(Cassandra *node)
{
    for (guint i = 0; i < node->cluster->node_count; i++) {
        node->hints[i].flushed = node->hints[i].end;
    }
}

/* Those from place `kept` on were in buffers only. */
static void tell_lost(const HintQueue *queue, uint64_t kept)
{
    for (uint64_t place = kept; place < queue->end; place++) {
        const Hint *hint = &queue->items[place - queue->base];

        witness_hint_dropped(queue->node->cluster, queue->target, hint->slot, hint->version);
    }
}

void hints_stop(Cassandra *node)
{
    for (guint i = 0; i < node->cluster->node_count; i++) {
        HintQueue *queue = &node->hints[i];
        uint64_t kept = MAX(queue->flushed, queue->page);
        uint64_t lost = queue->end - kept;

        note_stored(node, i);
        queue->is_queued = queue->is_dispatching = false;
        queue->sent = queue->page;
        queue->acked = 0;
        tell_lost(queue, kept);
        queue->end = queue->flushed = kept;
        queue->noted = kept;
        node->hints_lost += lost;
        show_pending(node, -(double)lost);
    }
    node->hints_dispatching = 0;
    node->hints_buffered = 0;
    node->hint_cpu_owed = 0;
}

void hints_forget(HintQueue *queue)
{
    uint64_t count = queue->end - queue->page;

    note_stored(queue->node, queue->target);
    queue->is_queued = false;
    queue->page = queue->sent = queue->closed = queue->flushed = queue->end;
    queue->noted = queue->end;
    queue->acked = 0; /* a dispatch under way finds its page done, or its target gone */
    show_pending(queue->node, -(double)count);
}

static void on_hints_written(void *self, void *subject, uint64_t detail)
{
    (void)self;
    (void)subject;
    (void)detail;
}

static const EventType hints_written = {"cassandra.hints-written", on_hints_written};

void hints_sweep(Cassandra *node)
{
    if (node->hints_swept != node->hints_stored) { /* or else there is nothing to be noted */
        node->hints_swept = node->hints_stored;
        for (guint i = 0; i < node->cluster->node_count; i++) {
            note_stored(node, i);
        }
    }
    if (node->hint_cpu_owed > 0) {
        node_work(node, node->hint_cpu_owed, &hints_written, NULL, 0);
        node->hint_cpu_owed = 0;
    }
}

bool hints_store_write(const Write *write, guint index)
{
    Cassandra *node = write->node;
    uint32_t slot = write->slot + index;
    guint target = write->range->replicas[index];
    int64_t version = write->version;

    if (!hints_are_kept_for(node, target)) {
        if (!write->is_counter) {
            witness_hint_dropped(node->cluster, target, slot, version);
        }
        return false;
    }
    if (write->is_counter) {
        slot |= COUNTER_SLOT;
        version = counter_packed(write->version, write->leader);
    }
    if (!hint_limits_take(node, target, slot, version)) {
        hints_store(node, target, slot, version);
    }
    return true;
}

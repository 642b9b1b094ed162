/* replica_read.c - a replica's part in reads: the READ stage, the disk, the row.
 * Source: Cassandra 3.11 MessageDeliveryTask, ReadCommandVerbHandler, StageManager. */
#include "models/data/cassandra/node.h"
#include "models/data/cassandra/scan.h"
#include "models/data/cassandra/schema.h"
#include "models/data/cassandra/storage.h"

/* Whether the row must come from the disk: its first read since the page cache was lost. */
static bool is_cold(Cassandra *node, uint32_t key)
{
    guint word = key / 64;
    uint64_t bit = UINT64_C(1) << (key % 64);

    if (node->warm == NULL) {
        return false;
    }
    if (word >= node->warm_words) {
        guint words = MAX(word + 1, node->warm_words * 2);

        node->warm = g_renew(uint64_t, node->warm, words);
        memset(node->warm + node->warm_words, 0, (words - node->warm_words) * sizeof *node->warm);
        node->warm_words = words;
    }
    if ((node->warm[word] & bit) != 0) {
        return false;
    }
    node->warm[word] |= bit;
    return true;
}

/* In the detail of its events: the read met too many tombstones. */
#define IS_REFUSED (UINT64_C(1) << 15)

static void start_read(Cassandra *node, Read *read, uint64_t detail);

/* By the clocks of both where cross_node_timeout says so; `arrived` may lie ahead. */
static bool is_late(const Cassandra *node, const Read *read, uint64_t detail, SimTime arrived)
{
    return node_age_of(node, read->node, read->asked_at[detail & 0xff], arrived) >
           node->read_request_timeout;
}

static void drop_read(Cassandra *node, Read *read, uint64_t detail, SimTime arrived)
{
    stage_leave(&node->read_stage, node_now(node));
    node->reads_dropped++;
    if (node->storage != NULL) {
        storage_note_drop(node->storage, DROPPED_READ, read->node != node,
                          node_now(node) - arrived);
    }
    read_dropped(read, detail);
}

static void on_read_loaded(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Task task;

    stage_leave(&node->read_stage, node_now(node));
    node->replica_reads++;
    if ((detail & IS_REFUSED) != 0) {
        read_failed(subject, node, detail & ~IS_REFUSED);
    } else {
        read_served(subject, node, detail, 0);
    }
    while (stage_next(&node->read_stage, node_now(node), &task)) {
        if (is_late(node, task.subject, task.detail, task.arrived)) {
            drop_read(node, task.subject, task.detail, task.arrived);
        } else {
            start_read(node, task.subject, task.detail);
        }
    }
}

static const EventType read_loaded = {"cassandra.read-loaded", on_read_loaded};

/* A chunk has come from the disk; detail >> 16: how many are still to come, with this one. */
static void on_chunk_loaded(void *self, void *subject, uint64_t detail);
static const EventType chunk_loaded = {"cassandra.chunk-loaded", on_chunk_loaded};

static void load_chunk(Cassandra *node, Read *read, uint64_t detail)
{
    host_disk(node->component.host, &node->component.owner, DISK_READ, node->cold_read_size,
              &chunk_loaded, read, detail);
}

static void on_chunk_loaded(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    storage_loaded_chunk(node->storage);
    if (detail >> 16 > 1) {
        load_chunk(node, subject, detail - (1 << 16));
    } else {
        on_read_loaded(node, subject, detail & 0xffff);
    }
}

static void on_read_done(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    uint64_t misses = node->storage != NULL ? storage_draw_misses(node->storage) : 0;

    if (misses > 0) {
        load_chunk(node, subject, misses << 16 | detail);
        return;
    }
    if (is_cold(node, ((Read *)subject)->slot / node->cluster->slots_per_key)) {
        host_disk(node->component.host, &node->component.owner, DISK_READ, node->cold_read_size,
                  &read_loaded, subject, detail);
        return;
    }
    on_read_loaded(self, subject, detail);
}

static const EventType read_done = {"cassandra.read-done", on_read_done};

static SimSpan draw_read_cpu(Cassandra *node)
{
    SimSpan cpu = service_time_draw(node->read_service, &node->service_rng);

    return node->storage != NULL ? cpu + node->storage->read_extra_cpu : cpu;
}

static void start_read(Cassandra *node, Read *read, uint64_t detail)
{
    SimSpan cpu = draw_read_cpu(node);
    bool is_refused = false;

    if (scan_is_on(node)) {
        cpu += scan_begin(node, read, detail & 0xff, &is_refused);
    }
    node_work(node, cpu, &read_done, read, is_refused ? detail | IS_REFUSED : detail);
}

bool replica_read_quietly(Cassandra *node, Read *read, uint64_t detail, SimSpan later)
{
    SimSpan cpu;

    if (node->read_stage.count > 0 || node->warm != NULL ||
        !replica_can_be_quiet(node, later, true) ||
        (node->storage != NULL && storage_reads_disk(node->storage)) ||
        schema_may_lose(node, read->node, read->column, later) || scan_is_on(node) ||
        (node->cross_node_timeout && is_late(node, read, detail, node_now(node)))) {
        return false;
    }
    cpu = draw_read_cpu(node);
    host_spend(node->component.host, &node->component.owner, cpu);
    node->replica_reads++;
    read_served(read, node, detail, later + cpu);
    return true;
}

void replica_take_read(Cassandra *node, Read *read, uint64_t detail)
{
    Task task = {.subject = read, .detail = detail, .arrived = node_now(node)};

    if (!stage_enter(&node->read_stage, task)) {
        return;
    }
    if (is_late(node, read, detail, task.arrived)) {
        drop_read(node, read, detail, task.arrived);
    } else {
        start_read(node, read, detail);
    }
}

static void on_read_arrived(void *self, void *subject, uint64_t detail)
{
    const Read *read = subject;

    if (!node_serves_peers(self) || !schema_reads(self, read->node, read->column)) {
        read_dropped(subject, detail);
        return;
    }
    if (((Cassandra *)self)->cluster->legs != NULL &&
        replica_read_quietly(self, subject, detail, 0)) {
        return;
    }
    replica_take_read(self, subject, detail);
}

const EventType replica_read_arrived = {"cassandra.read-arrived", on_read_arrived};

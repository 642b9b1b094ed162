/* counter.c - counters. Left out: decrements and other steps than one, the lock of the cell (an
 * increment is one event), and the counter cache. */
#include "models/data/cassandra/counter.h"

/* One increment at its coordinator. */
struct CounterOp {
    CounterOp *previous, *next;
    CallTicket ticket;
    uint64_t number, key, request;
    uint32_t index; /* of the key */
    const RingRange *range;
    Consistency consistency;
    SimTime began;
    EventId timer;
};

/* What one replica holds: a shard for each replica that has led. `durable`: before changed_at. */
typedef struct CounterCell {
    uint32_t slot;
    SimTime changed_at;
    int64_t now[RING_REPLICAS_MOST], durable[RING_REPLICAS_MOST];
} CounterCell;

struct Counters {
    CounterOp *first;
    GHashTable *by_number, *by_slot; /* only looked up; by_slot: place in `cells` plus 1 */
    GArray *cells;                   /* of CounterCell */
    Pool *pool;
    uint64_t next_number;
};

static void on_counter_ready(void *self, void *subject, uint64_t detail);
static void on_counter_arrived(void *self, void *subject, uint64_t detail);
static void on_counter_read(void *self, void *subject, uint64_t detail);
static void on_counter_answered(void *self, void *subject, uint64_t detail);
static void on_counter_deadline(void *self, void *subject, uint64_t detail);
static const EventType counter_ready = {"cassandra.counter-ready", on_counter_ready};
static const EventType counter_arrived = {"cassandra.counter-arrived", on_counter_arrived};
static const EventType counter_read = {"cassandra.counter-read", on_counter_read};
static const EventType counter_answered = {"cassandra.counter-answered", on_counter_answered};
static const EventType counter_deadline = {"cassandra.counter-deadline", on_counter_deadline};

/* --- what a replica holds -----------------------------------------------------------------------
 */

static CounterCell *cell_of(Cassandra *node, uint32_t slot)
{
    Counters *counters = node->counters;
    gpointer key = GSIZE_TO_POINTER((gsize)slot);
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(counters->by_slot, key));

    if (place == 0) {
        CounterCell fresh = {.slot = slot};

        g_array_append_val(counters->cells, fresh);
        place = counters->cells->len;
        g_hash_table_insert(counters->by_slot, key, GUINT_TO_POINTER(place));
    }
    return &g_array_index(counters->cells, CounterCell, place - 1);
}

void counter_merge(Cassandra *node, uint32_t slot, guint leader, int64_t value)
{
    CounterCell *cell = cell_of(node, slot);

    node->mutations++;
    if (value <= cell->now[leader]) {
        return;
    }
    if (cell->changed_at <= node->log.synced_at) {
        memcpy(cell->durable, cell->now, sizeof cell->durable);
    }
    cell->now[leader] = value;
    cell->changed_at = node_now(node);
}

int64_t counter_value(const Cassandra *node, uint32_t slot)
{
    guint place = GPOINTER_TO_UINT(
        g_hash_table_lookup(node->counters->by_slot, GSIZE_TO_POINTER((gsize)slot)));
    int64_t sum = 0;

    for (guint i = 0; place != 0 && i < RING_REPLICAS_MOST; i++) {
        sum += g_array_index(node->counters->cells, CounterCell, place - 1).now[i];
    }
    return sum;
}

/* --- the leader ---------------------------------------------------------------------------------
 */

/* The coordinator hears of it under its own number. */
static void answer(Cassandra *leader, uint64_t operation, uint32_t code)
{
    Cassandra *coordinator = leader->cluster->nodes[operation >> 48];

    if (coordinator->component.is_up) {
        node_send(leader, coordinator, MESSAGE_HEAD_BYTES, &counter_answered, NULL,
                  (operation & ((UINT64_C(1) << 48) - 1)) << 8 | code);
    }
}

static void start_increment(Cassandra *leader, const Task *task)
{
    node_work(leader,
              service_time_draw(leader->read_service, &leader->service_rng) +
                  service_time_draw(leader->write_service, &leader->service_rng),
              &counter_read, task->subject, task->detail);
}

/* When the coordinator took it; as it arrived when that waits for it no more. */
static SimTime made_at(const Cassandra *coordinator, const Task *task)
{
    const CounterOp *op = g_hash_table_lookup(coordinator->counters->by_number, task->subject);

    return op != NULL ? op->began : task->arrived;
}

/* It has a thread; what is too old gives it back, and nobody is told. */
static void take(Cassandra *leader, const Task *task)
{
    const Cassandra *coordinator = leader->cluster->nodes[task->detail >> 8 & 0xff];

    if (node_age_of(leader, coordinator, made_at(coordinator, task), task->arrived) >
        leader->counter_write_request_timeout) {
        stage_leave(&leader->counter_stage, node_now(leader));
        leader->counters_dropped++;
        return;
    }
    start_increment(leader, task);
}

static void replicated(Cassandra *leader, uint64_t operation, uint32_t code)
{
    answer(leader, operation, code);
}

/* An event about an increment: its number, and whose it is. */
static uint64_t detail_of(uint32_t index, guint coordinator, Consistency level)
{
    return (uint64_t)index << 16 | coordinator << 8 | (uint64_t)level;
}

static void on_counter_arrived(void *self, void *subject, uint64_t detail)
{
    Cassandra *leader = self;
    Task task = {.subject = subject, .detail = detail, .arrived = node_now(leader)};

    if (node_serves_peers(leader) && stage_enter(&leader->counter_stage, task)) {
        take(leader, &task);
    }
}

static guint index_in(const RingRange *range, guint rank)
{
    guint index = 0;

    while (index < range->count && range->replicas[index] != rank) {
        index++;
    }
    return index;
}

/* The own shard is read, raised by one and sent to all replicas. */
static void on_counter_read(void *self, void *subject, uint64_t detail)
{
    Cassandra *leader = self;
    const Cluster *cluster = leader->cluster;
    uint32_t key = (uint32_t)(detail >> 16);
    uint64_t name = cluster->keys.keys[key];
    const RingRange *range = ring_range(cluster->ring, key_table_find(&cluster->keys, name)->range);
    guint index = index_in(range, leader->rank);
    InnerWrite what = {.ended = replicated,
                       .operation = (detail >> 8 & 0xff) << 48 | GPOINTER_TO_SIZE(subject),
                       .key = name,
                       .consistency = (Consistency)(detail & 0xff),
                       .leaves_hints = true,
                       .is_counter = true,
                       .leader = (uint8_t)index};
    Task task;

    if (index < range->count) {
        what.version = cell_of(leader, key * cluster->slots_per_key + index)->now[index] + 1;
        counter_merge(leader, key * cluster->slots_per_key + index, index, what.version);
        leader->increments_led++;
        write_inner(leader, &what);
    }
    stage_leave(&leader->counter_stage, node_now(leader));
    while (stage_next(&leader->counter_stage, node_now(leader), &task)) {
        take(leader, &task);
    }
}

/* --- the coordinator ----------------------------------------------------------------------------
 */

static void finish(Cassandra *node, CounterOp *op, uint32_t code)
{
    Counters *counters = node->counters;
    Message reply = {.op = MESSAGE_WRITE,
                     .size_bytes = MESSAGE_HEAD_BYTES,
                     .code = code,
                     .request = op->request,
                     .key = op->key};

    engine_cancel(node->engine, op->timer);
    node->counters_acked += code == STORE_OK ? 1 : 0;
    node->increments_unsure += code == STORE_TIMEOUT ? 1 : 0;
    node->unavailables += code == STORE_UNAVAILABLE ? 1 : 0;
    node_answer(node, &op->ticket, &reply);
    if (op->previous != NULL) {
        op->previous->next = op->next;
    } else {
        counters->first = op->next;
    }
    if (op->next != NULL) {
        op->next->previous = op->previous;
    }
    g_hash_table_remove(counters->by_number, GSIZE_TO_POINTER((gsize)op->number));
    pool_give(counters->pool, op);
    node_request_done(node);
}

/* A live replica of the own site, drawn; of any site the nearest; -1: none that the level allows.
 */
static int choose_leader(Cassandra *node, const CounterOp *op, uint32_t live)
{
    const Cluster *cluster = node->cluster;
    uint32_t local = live & op->range->site_mask[node->site];
    guint range = (guint)(op->range - ring_range(cluster->ring, 0));
    const uint8_t *nearest = cluster_nearest(cluster, node->site, range);

    if (local != 0) {
        guint skip = (guint)rng_below(&node->counter_rng, (guint)__builtin_popcount(local));

        for (; skip > 0; skip--) {
            local &= local - 1;
        }
        return __builtin_ctz(local);
    }
    for (guint i = 0; !level_is_local(op->consistency) && i < op->range->count; i++) {
        if ((live >> nearest[i] & 1) != 0) {
            return nearest[i];
        }
    }
    return -1;
}

static void on_counter_ready(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    CounterOp *op = subject;
    uint32_t live = node_live_replicas(node, op->range);
    int leader = choose_leader(node, op, live);
    Cassandra *to;

    (void)detail;
    if (leader < 0 ||
        !level_write_is_available(
            op->consistency, node->cluster->ring, op->range, op->range->pending, node->site,
            node_live_of(node, op->range, op->range->mask | op->range->pending))) {
        finish(node, op, STORE_UNAVAILABLE);
        return;
    }
    op->timer = engine_at(node->engine, op->began + node->counter_write_request_timeout,
                          &node->component.owner, &counter_deadline, op, 0);
    to = node->cluster->nodes[op->range->replicas[leader]];
    if (to->component.is_up) {
        node_send(node, to, MESSAGE_HEAD_BYTES + node->mutation_size, &counter_arrived,
                  GSIZE_TO_POINTER((gsize)op->number),
                  detail_of(op->index, node->rank, op->consistency));
    }
}

static void on_counter_answered(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    CounterOp *op =
        g_hash_table_lookup(node->counters->by_number, GSIZE_TO_POINTER((gsize)(detail >> 8)));

    (void)subject;
    if (op != NULL) {
        finish(node, op, detail & 0xff);
    }
}

static void on_counter_deadline(void *self, void *subject, uint64_t detail)
{
    CounterOp *op = subject;

    (void)detail;
    op->timer = EVENT_NONE;
    finish(self, op, STORE_TIMEOUT);
}

void counter_begin(Cassandra *node, CounterOp *op)
{
    op->began = node_now(node);
    node_work(node, service_time_draw(node->coordinator_service, &node->service_rng),
              &counter_ready, op, 0);
}

void counter_receive(Cassandra *node, const Message *message)
{
    const KeyEntry *entry = key_table_add(&node->cluster->keys, message->key);
    Counters *counters = node->counters;
    CounterOp *op = pool_take(counters->pool);

    op->ticket = message->ticket;
    op->number = ++counters->next_number;
    op->key = message->key;
    op->request = message->request;
    op->index = entry->index;
    op->range = ring_range(node->cluster->ring, entry->range);
    op->consistency =
        (Consistency)(message->consistency != CONSISTENCY_DEFAULT ? message->consistency
                                                                  : node->consistency.write + 1);
    op->timer = EVENT_NONE;
    op->next = counters->first;
    if (op->next != NULL) {
        op->next->previous = op;
    }
    counters->first = op;
    g_hash_table_insert(counters->by_number, GSIZE_TO_POINTER((gsize)op->number), op);
    node->coordinated_counters++;
    node_request_enter(node, op, NODE_REQUEST_COUNTER);
}

/* --- life ---------------------------------------------------------------------------------------
 */

void counter_make(Cassandra *node)
{
    node->counters = g_new0(Counters, 1);
    node->counters->by_number = g_hash_table_new(NULL, NULL);
    node->counters->by_slot = g_hash_table_new(NULL, NULL);
    node->counters->cells = g_array_new(FALSE, FALSE, sizeof(CounterCell));
    node->counters->pool = pool_new("cassandra counters", sizeof(CounterOp));
}

void counter_break(Cassandra *node)
{
    for (CounterOp *op = node->counters->first; op != NULL; op = op->next) {
        node_break(node, &op->ticket);
    }
}

void counter_stop(Cassandra *node, bool power_lost)
{
    Counters *counters = node->counters;

    while (counters->first != NULL) {
        CounterOp *op = counters->first;

        counters->first = op->next;
        pool_give(counters->pool, op);
    }
    g_hash_table_remove_all(counters->by_number);
    for (guint i = 0; power_lost && i < counters->cells->len; i++) {
        CounterCell *cell = &g_array_index(counters->cells, CounterCell, i);

        if (cell->changed_at > node->log.synced_at) {
            memcpy(cell->now, cell->durable, sizeof cell->now);
        }
    }
}

void counter_free(Cassandra *node)
{
    if (node->counters != NULL) {
        g_hash_table_destroy(node->counters->by_number);
        g_hash_table_destroy(node->counters->by_slot);
        g_array_free(node->counters->cells, TRUE);
        pool_free(node->counters->pool);
        g_clear_pointer(&node->counters, g_free);
    }
}

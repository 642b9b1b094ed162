/* batch.c - logged batches. Left out: racks in the choice of the two neighbours (any two are
 * drawn), and the disk that the batch log takes. */
#include "models/data/cassandra/batch.h"

#define REPLAY_PERIOD (10 * SIM_S)
#define REPLAY_FIRST (30 * SIM_S) /* after a start */

/* What a batch writes; kept as long as the run, so that what is under way can name it. */
typedef struct BatchRecord {
    uint64_t key; /* of the first datum; the others follow */
    int64_t version;
    uint32_t count;
    uint32_t coordinator; /* rank */
} BatchRecord;

/* In the batch log of a neighbour. */
typedef struct BatchEntry {
    SimTime stored;
    uint32_t record;
} BatchEntry;

/* At its coordinator. */
struct BatchOp {
    BatchOp *previous, *next;
    CallTicket ticket;
    uint64_t request;
    uint32_t record;
    Consistency consistency;
    SimTime began;
    EventId timer;
    Cassandra *holders[2];
    guint holder_count, stored, written;
};

struct Batches {
    BatchOp *first;
    GHashTable *by_record; /* only looked up */
    GArray *log;           /* of BatchEntry, in order of coming */
    SimTime started;
    bool is_planned; /* the next look at the log, while there is something in it */
    Pool *pool;
};

static void on_batch_ready(void *self, void *subject, uint64_t detail);
static void on_store_arrived(void *self, void *subject, uint64_t detail);
static void on_store_done(void *self, void *subject, uint64_t detail);
static void on_stored(void *self, void *subject, uint64_t detail);
static void on_remove_arrived(void *self, void *subject, uint64_t detail);
static void on_batch_deadline(void *self, void *subject, uint64_t detail);
static void on_replay(void *self, void *subject, uint64_t detail);
static const EventType batch_ready = {"cassandra.batch-ready", on_batch_ready};
static const EventType store_arrived = {"cassandra.batch-store-arrived", on_store_arrived};
static const EventType store_done = {"cassandra.batch-store-done", on_store_done};
static const EventType stored = {"cassandra.batch-stored", on_stored};
static const EventType remove_arrived = {"cassandra.batch-remove-arrived", on_remove_arrived};
static const EventType batch_deadline = {"cassandra.batch-deadline", on_batch_deadline};
static const EventType replay_due = {"cassandra.batch-replay", on_replay};

static BatchRecord *record_at(const Cluster *cluster, uint64_t record)
{
    return &g_array_index(cluster->batch_records, BatchRecord, record);
}

static int64_t bytes_of(const Cassandra *node, const BatchRecord *record)
{
    return (int64_t)record->count * node->mutation_size;
}

/* --- the end ------------------------------------------------------------------------------------
 */

static void finish(Cassandra *node, BatchOp *op, uint32_t code)
{
    const BatchRecord *record = record_at(node->cluster, op->record);
    Message reply = {.op = MESSAGE_WRITE,
                     .size_bytes = MESSAGE_HEAD_BYTES,
                     .code = code,
                     .flags =
                         code == STORE_TIMEOUT && op->stored < op->holder_count ? STORE_NO_LOG : 0U,
                     .request = op->request,
                     .key = record->key,
                     .version = record->version};

    engine_cancel(node->engine, op->timer);
    node->batch_timeouts += code == STORE_TIMEOUT ? 1 : 0;
    node->unavailables += code == STORE_UNAVAILABLE ? 1 : 0;
    node_answer(node, &op->ticket, &reply);
    if (op->previous != NULL) {
        op->previous->next = op->next;
    } else {
        node->batches->first = op->next;
    }
    if (op->next != NULL) {
        op->next->previous = op->previous;
    }
    g_hash_table_remove(node->batches->by_record, GSIZE_TO_POINTER((gsize)op->record));
    pool_give(node->batches->pool, op);
    node_request_done(node);
}

static BatchOp *find(const Cassandra *node, uint64_t record)
{
    return g_hash_table_lookup(node->batches->by_record, GSIZE_TO_POINTER((gsize)record));
}

static void on_batch_deadline(void *self, void *subject, uint64_t detail)
{
    BatchOp *op = subject;

    (void)detail;
    op->timer = EVENT_NONE;
    finish(self, op, STORE_TIMEOUT);
}

/* --- the writes ---------------------------------------------------------------------------------
 */

static void tell(Cassandra *node, Cassandra *to, int64_t size_bytes, const EventType *type,
                 uint64_t record)
{
    if (to->component.is_up) {
        node_send(node, to, size_bytes, type, NULL, record);
    }
}

/* When all are written the batch is taken out of the log; otherwise the log brings what is
 * missing. */
static void written(Cassandra *node, uint64_t record, uint32_t code)
{
    BatchOp *op = find(node, record);

    if (op == NULL) {
        return;
    }
    if (code != STORE_OK) {
        finish(node, op, STORE_TIMEOUT);
        return;
    }
    if (++op->written == record_at(node->cluster, record)->count) {
        for (guint i = 0; i < op->holder_count; i++) {
            tell(node, op->holders[i], MESSAGE_HEAD_BYTES, &remove_arrived, record);
        }
        finish(node, op, STORE_OK);
    }
}

static void write_all(Cassandra *node, uint64_t record, Consistency level, WriteEnded *ended)
{
    BatchRecord what = *record_at(node->cluster, record);

    for (uint32_t i = 0; i < what.count; i++) {
        write_inner(node, &(InnerWrite){.ended = ended,
                                        .operation = record,
                                        .key = what.key + i,
                                        .version = what.version,
                                        .consistency = level,
                                        .leaves_hints = true});
    }
}

static void on_stored(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    BatchOp *op = find(node, detail);

    (void)subject;
    if (op != NULL && ++op->stored == op->holder_count) {
        write_all(node, detail, op->consistency, written);
    }
}

/* --- the batch log of a neighbour ---------------------------------------------------------------
 */

static void on_store_arrived(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    if (node_serves_peers(node)) {
        node_work(node, service_time_draw(node->write_service, &node->service_rng), &store_done,
                  NULL, detail);
    }
}

/* Every ten seconds from half a minute after the start on; an empty log is not looked at. */
static void plan_replay(Cassandra *node)
{
    Batches *batches = node->batches;
    SimTime next = batches->started + REPLAY_FIRST;

    if (batches->is_planned || batches->log->len == 0) {
        return;
    }
    if (next <= node_now(node)) {
        next += ((node_now(node) - next) / REPLAY_PERIOD + 1) * REPLAY_PERIOD;
    }
    batches->is_planned = true;
    engine_at(node->engine, next, &node->component.owner, &replay_due, NULL, 0);
}

static void on_store_done(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    BatchEntry entry = {.stored = node_now(node), .record = (uint32_t)detail};

    (void)subject;
    g_array_append_val(node->batches->log, entry);
    plan_replay(node);
    tell(node, node->cluster->nodes[record_at(node->cluster, detail)->coordinator],
         MESSAGE_HEAD_BYTES, &stored, detail);
}

static void on_remove_arrived(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    GArray *log = node->batches->log;

    (void)subject;
    for (guint i = 0; i < log->len; i++) {
        if (g_array_index(log, BatchEntry, i).record == detail) {
            g_array_remove_index(log, i);
            return;
        }
    }
}

static void nobody_waits(Cassandra *node, uint64_t operation, uint32_t code)
{
    (void)node;
    (void)operation;
    (void)code;
}

/* Batches older than twice the timeout of writes are written to all replicas, within the throttle.
 */
static void on_replay(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    GArray *log = node->batches->log;
    double budget = node->batchlog_replay_throttle * ((double)REPLAY_PERIOD / (double)SIM_S) /
                    node->cluster->node_count;
    guint done = 0;

    (void)subject;
    (void)detail;
    while (done < log->len && budget > 0) {
        BatchEntry entry = g_array_index(log, BatchEntry, done);

        if (entry.stored + 2 * node->write_request_timeout > node_now(node)) {
            break;
        }
        budget -= (double)bytes_of(node, record_at(node->cluster, entry.record));
        node->batches_replayed++;
        write_all(node, entry.record, CONSISTENCY_ANY, nobody_waits);
        done++;
    }
    if (done > 0) {
        g_array_remove_range(log, 0, done);
    }
    node->batches->is_planned = false;
    plan_replay(node);
}

/* --- begin --------------------------------------------------------------------------------------
 */

static bool is_available(const Cassandra *node, const BatchOp *op)
{
    const Cluster *cluster = node->cluster;
    const BatchRecord *record = record_at(cluster, op->record);

    for (uint32_t i = 0; i < record->count; i++) {
        const RingRange *range =
            ring_range(cluster->ring, key_table_find(&cluster->keys, record->key + i)->range);

        if (!level_write_is_available(op->consistency, cluster->ring, range, range->pending,
                                      node->site,
                                      node_live_of(node, range, range->mask | range->pending))) {
            return false;
        }
    }
    return true;
}

/* Two live neighbours of the site, drawn; itself when there is none. */
static void choose_holders(Cassandra *node, BatchOp *op)
{
    const Cluster *cluster = node->cluster;
    guint seen = 0;

    for (guint i = 0; i < cluster->node_count; i++) {
        guint place;

        if (cluster->nodes[i]->site != node->site || i == node->rank || !node_sees(node, i)) {
            continue;
        }
        place = seen < 2 ? seen : (guint)rng_below(&node->batch_rng, seen + 1);
        seen++;
        if (place < 2) {
            op->holders[place] = cluster->nodes[i];
        }
    }
    op->holder_count = MIN(seen, 2);
    if (op->holder_count == 0) {
        op->holders[0] = node;
        op->holder_count = 1;
    }
}

static void on_batch_ready(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    BatchOp *op = subject;
    BatchRecord *record = record_at(node->cluster, op->record);

    (void)detail;
    if (bytes_of(node, record) > node->batch_size_fail_threshold) {
        finish(node, op, STORE_FAILURE);
        return;
    }
    if (!is_available(node, op)) {
        finish(node, op, STORE_UNAVAILABLE);
        return;
    }
    record->version = record->version != 0 ? record->version : node_timestamp(node);
    op->timer = engine_at(node->engine, op->began + node->write_request_timeout,
                          &node->component.owner, &batch_deadline, op, 0);
    choose_holders(node, op);
    for (guint i = 0; i < op->holder_count; i++) {
        tell(node, op->holders[i], MESSAGE_HEAD_BYTES + bytes_of(node, record), &store_arrived,
             op->record);
    }
}

void batch_begin(Cassandra *node, BatchOp *op)
{
    op->began = node_now(node);
    node_work(node, service_time_draw(node->coordinator_service, &node->service_rng), &batch_ready,
              op, 0);
}

void batch_receive(Cassandra *node, const Message *message)
{
    Cluster *cluster = node->cluster;
    Batches *batches = node->batches;
    BatchOp *op = pool_take(batches->pool);
    BatchRecord record = {.key = message->key,
                          .version = message->version,
                          .count = MAX(1, message->count),
                          .coordinator = node->rank};

    for (uint32_t i = 0; i < record.count; i++) {
        key_table_add(&cluster->keys, record.key + i);
    }
    if (cluster->batch_records == NULL) {
        cluster->batch_records = g_array_new(FALSE, FALSE, sizeof(BatchRecord));
        g_array_append_val(cluster->batch_records, record); /* number 0 is nobody's */
    }
    op->ticket = message->ticket;
    op->request = message->request;
    op->record = cluster->batch_records->len;
    op->consistency =
        (Consistency)(message->consistency != CONSISTENCY_DEFAULT ? message->consistency
                                                                  : node->consistency.write + 1);
    op->timer = EVENT_NONE;
    g_array_append_val(cluster->batch_records, record);
    op->next = batches->first;
    if (op->next != NULL) {
        op->next->previous = op;
    }
    batches->first = op;
    g_hash_table_insert(batches->by_record, GSIZE_TO_POINTER((gsize)op->record), op);
    node->coordinated_batches++;
    node_request_enter(node, op, NODE_REQUEST_BATCH);
}

/* --- life ---------------------------------------------------------------------------------------
 */

void batch_make(Cassandra *node)
{
    node->batches = g_new0(Batches, 1);
    node->batches->by_record = g_hash_table_new(NULL, NULL);
    node->batches->log = g_array_new(FALSE, FALSE, sizeof(BatchEntry));
    node->batches->pool = pool_new("cassandra batches", sizeof(BatchOp));
}

void batch_start(Cassandra *node)
{
    node->batches->started = node_now(node);
    node->batches->is_planned = false;
    plan_replay(node);
}

void batch_break(Cassandra *node)
{
    for (BatchOp *op = node->batches->first; op != NULL; op = op->next) {
        node_break(node, &op->ticket);
    }
}

void batch_stop(Cassandra *node, bool power_lost)
{
    Batches *batches = node->batches;

    while (batches->first != NULL) {
        BatchOp *op = batches->first;

        batches->first = op->next;
        pool_give(batches->pool, op);
    }
    g_hash_table_remove_all(batches->by_record);
    while (power_lost && batches->log->len > 0 &&
           g_array_index(batches->log, BatchEntry, batches->log->len - 1).stored >
               node->log.synced_at) {
        g_array_set_size(batches->log, batches->log->len - 1);
    }
}

void batch_free(Cassandra *node)
{
    if (node->batches != NULL) {
        g_hash_table_destroy(node->batches->by_record);
        g_array_free(node->batches->log, TRUE);
        pool_free(node->batches->pool);
        g_clear_pointer(&node->batches, g_free);
    }
}

void batch_free_shared(Cluster *cluster)
{
    g_clear_pointer(&cluster->batch_records, g_array_unref);
}

/* coordinate_read.c - a coordinator's reads: data and digests, comparison, repair, speculation.
 * Source: Cassandra 3.11 AbstractReadExecutor, ReadCallback, DigestResolver, DataResolver,
 * StorageProxy.SinglePartitionReadLifecycle. */
#include "models/data/cassandra/background_repair.h"
#include "models/data/cassandra/coordinate_legs.h"
#include "models/data/cassandra/node.h"
#include "models/data/cassandra/paxos.h"
#include "models/data/cassandra/read_list.h"
#include "models/data/cassandra/responses.h"
#include "models/data/cassandra/schema.h"
#include "models/data/cassandra/snitch.h"
#include "models/data/cassandra/tombstones.h"

static Cassandra *replica_of(const Read *read, guint index)
{
    return read->node->cluster->nodes[read->range->replicas[index]];
}

/* --- the answer ---------------------------------------------------------------------------------
 */

/* One that nobody waits for has sent its repairs. */
static void end_background(Read *read)
{
    Cassandra *node = read->node;

    read->is_done = true;
    if (read->decision != EVENT_NONE) {
        engine_cancel(node->engine, read->decision);
        read->decision = EVENT_NONE;
    }
    read_list_remove(&node->reads, read);
    read_list_add(&node->lingering_reads, read);
    read_settle(read);
}

static void finish(Read *read, uint32_t code, int64_t version)
{
    Cassandra *node = read->node;
    Message reply = {.op = MESSAGE_READ,
                     .size_bytes = MESSAGE_HEAD_BYTES + (uint32_t)node->row_size,
                     .code = code,
                     .request = read->request,
                     .key = read->key,
                     .version = version,
                     .detail = read->missing_for == NULL
                                   ? 0
                                   : (uint64_t)legs_read_missing(read, read_answers_here(read))};

    if (code == STORE_TIMEOUT) {
        read_tell_what_came(read, &reply);
    }
    read->is_done = true;
    if (read->decision != EVENT_NONE) {
        engine_cancel(node->engine, read->decision);
        read->decision = EVENT_NONE;
    }
    if (read->checks_rest && code == STORE_OK && read->round == READ_DIGESTS) {
        background_check(read);
    }
    if (code == STORE_OK) {
        histogram_add(node->read_latency, node_now(node) - read->began);
    }
    latency_reservoir_add(&node->latencies, node_now(node) - read->began);
    read_list_remove(&node->reads, read);
    read_list_add(&node->lingering_reads, read);
    if (read->operation != 0) {
        uint64_t operation = read->operation;

        read_settle(read);
        paxos_read_ended(node, operation, code, version);
        return;
    }
    node_answer(node, &read->ticket, &reply);
    read_settle(read);
    node_request_done(node);
}

void read_end(Read *read, uint32_t code)
{
    if (read->is_background) {
        end_background(read);
    } else {
        finish(read, code, 0);
    }
}

static void time_out(Read *read)
{
    read->node->read_timeouts += read->is_background ? 0 : 1;
    read_end(read, STORE_TIMEOUT);
}

/* --- asking -------------------------------------------------------------------------------------
 */

static void ask(Read *read, guint index)
{
    Cassandra *node = read->node, *to = replica_of(read, index);
    uint64_t detail = (uint64_t)read->round << 8 | index;
    SimTime now = node_now(node), arrival = now;

    read->lives[index] = to->component.owner.incarnation;
    read->asked_at[index] = now;
    if (node->cluster->legs != NULL) {
        legs_ask(read, index);
        return;
    }
    if (to != node) {
        arrival = connections_arrival(node, to, 2 * MESSAGE_HEAD_BYTES, CONNECTION_SMALL);
    }
    if (arrival == SIM_NEVER) {
        snitch_missed(node, to->rank, now);
        return;
    }
    if (replica_read_quietly(to, read, detail, arrival - now)) {
        return;
    }
    read->pending[read->round] |= 1u << index;
    if (to == node) {
        replica_take_read(node, read, detail);
    } else {
        engine_at(node->engine, arrival, &to->component.owner, &replica_read_arrived, read, detail);
    }
}

/* Answers that come of themselves are looked at together, by the caller. */
static void ask_all(Read *read, uint32_t mask)
{
    read->is_asking = true;
    for (; mask != 0; mask &= mask - 1) {
        ask(read, (guint)__builtin_ctz(mask));
    }
    read->is_asking = false;
}

static void begin_round(Read *read, ReadRound round)
{
    read->round = (uint8_t)round;
    read->answered = read->failed = 0;
    for (guint i = 0; i < read->range->count; i++) {
        read->answered_at[i] = SIM_NEVER;
    }
}

static void send_repairs(Read *read)
{
    Cassandra *node = read->node;

    begin_round(read, READ_REPAIR);
    for (uint32_t left = read->stale; left != 0; left &= left - 1) {
        guint index = (guint)__builtin_ctz(left);
        Cassandra *to = replica_of(read, index);

        node->repairs_sent++;
        read->asked_at[index] = node_now(node);
        read->lives[index] = to->component.owner.incarnation;
        if (node_send(node, to, MESSAGE_HEAD_BYTES + node->mutation_size, &replica_repair_arrived,
                      read, index)) {
            read->pending[READ_REPAIR] |= 1u << index;
        }
    }
}

/* --- deciding -----------------------------------------------------------------------------------
 */

static void on_repair_expired(void *self, void *subject, uint64_t detail)
{
    Read *read = subject;

    (void)self;
    (void)detail;
    read->decision = EVENT_NONE;
    time_out(read);
}

static const EventType repair_expired = {"cassandra.repair-expired", on_repair_expired};

static bool reconsider(Read *read);

/* All were asked: the newest of the first answers. */
static void take_newest(Read *read, uint32_t here)
{
    int64_t newest = 0;

    for (uint32_t left = here; left != 0; left &= left - 1) {
        newest = MAX(newest, read->versions[__builtin_ctz(left)]);
    }
    finish(read, STORE_OK, newest);
}

static void compare_digests(Read *read, uint32_t here)
{
    uint32_t data = here & read->data;
    guint first = (guint)__builtin_ctz(data);

    if (read->node->read_fanout == READ_FANOUT_ALL) {
        take_newest(read, here);
        return;
    }
    for (uint32_t left = here; left != 0; left &= left - 1) {
        if (read->block_for > 1 && read->versions[__builtin_ctz(left)] != read->versions[first]) {
            read->node->digest_mismatches++;
            begin_round(read, READ_FULL);
            ask_all(read, read->contacted);
            reconsider(read);
            return;
        }
    }
    for (uint32_t left = data; left != 0; left &= left - 1) {
        guint index = (guint)__builtin_ctz(left);

        first = read->answered_at[index] < read->answered_at[first] ? index : first;
    }
    finish(read, STORE_OK, read->versions[first]);
}

static void merge(Read *read)
{
    Cassandra *node = read->node;

    read->newest = 0;
    read->stale = 0;
    for (uint32_t left = read->contacted; left != 0; left &= left - 1) {
        read->newest = MAX(read->newest, read->versions[__builtin_ctz(left)]);
    }
    for (uint32_t left = read->contacted; left != 0; left &= left - 1) {
        guint index = (guint)__builtin_ctz(left);

        read->stale |= read->versions[index] < read->newest ? 1u << index : 0;
    }
    if (read->is_background) {
        send_repairs(read);
        end_background(read);
        return;
    }
    if (read->stale == 0) {
        finish(read, STORE_OK, read->newest);
        return;
    }
    send_repairs(read);
    read->decision = engine_after(node->engine, node->write_request_timeout, &node->component.owner,
                                  &repair_expired, read, 0);
}

static void on_background_due(void *self, void *subject, uint64_t detail)
{
    Read *read = subject;

    (void)self;
    (void)detail;
    read->decision = EVENT_NONE;
    begin_round(read, READ_FULL);
    ask_all(read, read->contacted);
    reconsider(read);
}

const EventType background_due = {"cassandra.background-repair", on_background_due};

static void on_read_decided(void *self, void *subject, uint64_t detail)
{
    Read *read = subject;

    (void)self;
    (void)detail;
    read->decision = EVENT_NONE;
    switch ((ReadRound)read->round) {
    case READ_DIGESTS:
        compare_digests(read, read_answers_here(read));
        break;
    case READ_FULL:
        merge(read);
        break;
    case READ_REPAIR:
    case READ_ROUNDS:
        finish(read, STORE_OK, read->newest);
        break;
    }
}

static const EventType read_decided = {"cassandra.read-decided", on_read_decided};

/* One more answer is known: is this round complete, and when? False when it was, and went on. */
static bool reconsider(Read *read)
{
    Cassandra *node = read->node;
    SimTime at;

    if (read->round == READ_DIGESTS) {
        if ((guint)__builtin_popcount(read->answered) < read->block_for) {
            return true;
        }
        at = MAX(read_decided_at(read), read_earliest_data(read));
    } else {
        at = read_last_of(read, read->round == READ_FULL ? read->contacted : read->stale);
    }
    if (at == SIM_NEVER) {
        return true;
    }
    if (read->round == READ_REPAIR) { /* in place of the expiry */
        engine_cancel(node->engine, read->decision);
        read->decision = EVENT_NONE;
    }
    if (at <= node_now(node)) {
        if (read->decision != EVENT_NONE) {
            engine_cancel(node->engine, read->decision);
        }
        on_read_decided(node, read, 0);
        return false;
    }
    if (read->decision == EVENT_NONE) {
        read->decision =
            engine_at(node->engine, at, &node->component.owner, &read_decided, read, 0);
    } else if (at < engine_time_of(node->engine, read->decision)) {
        engine_move(node->engine, read->decision, at);
    }
    return true;
}

/* An answer is known to come, or to have come, or never to (`arrival` SIM_NEVER). */
static void take_answer(Read *read, guint index, ReadRound round, SimTime arrival, SimSpan later)
{
    if (round != READ_REPAIR) {
        snitch_tell(read, index, arrival, later);
    }
    if (read->is_done && read->checks_rest && round == READ_DIGESTS) {
        background_answer(read, index, arrival, later);
        return;
    }
    if (read->is_done || read->round != round) {
        read_settle(read);
        return;
    }
    if (arrival == SIM_NEVER) {
        return;
    }
    read->answered |= 1u << index;
    read->answered_at[index] = arrival + later;
    if (!read->is_asking) {
        reconsider(read);
    }
}

void read_answered(Read *read, guint index, ReadRound round)
{
    read->answering[round] &= ~(1u << index);
    take_answer(read, index, round, node_now(read->node), 0);
}

static void answer_arrives(Read *read, Cassandra *replica, guint index, ReadRound round,
                           int64_t size_bytes, SimSpan later)
{
    Cassandra *node = read->node;
    bool is_of_use = !read->is_done && read->round == round;
    bool is_compared = read->is_done && read->checks_rest && round == READ_DIGESTS;
    SimTime arrival = node_now(node);

    read->pending[round] &= ~(1u << index);
    if (read->is_orphan ||
        (!is_of_use && !is_compared && (node->snitch == NULL || round == READ_REPAIR))) {
        read_settle(read);
        return;
    }
    if (node->cluster->legs != NULL && is_of_use) {
        arrival = legs_answer_arrives(read, index);
    } else if (replica != node) {
        arrival = connections_arrival(replica, node, (uint32_t)size_bytes, CONNECTION_SMALL);
    }
    if (arrival != SIM_NEVER && node->request_response_stage && replica != node) {
        responses_to_read(read, index, round, arrival + later);
    } else {
        take_answer(read, index, round, arrival, later);
    }
}

void read_served(Read *read, Cassandra *replica, uint64_t detail, SimSpan later)
{
    guint index = detail & 0xff;
    ReadRound round = (ReadRound)(detail >> 8);
    bool has_data = round == READ_FULL || (read->data >> index & 1) != 0;

    if (read->round == round) {
        read->versions[index] =
            tombstones_seen(replica, store_get(&read->node->cluster->store, read->slot + index));
        legs_note_missing(read, index);
    }
    answer_arrives(read, replica, index, round,
                   MESSAGE_HEAD_BYTES + (has_data ? replica->row_size : 16), later);
}

void read_repaired(Read *read, Cassandra *replica, guint index)
{
    answer_arrives(read, replica, index, READ_REPAIR, MESSAGE_HEAD_BYTES, 0);
}

void read_dropped(Read *read, uint64_t detail)
{
    guint index = detail & 0xff;

    if (detail >> 8 != READ_REPAIR) { /* mutations are no samples */
        snitch_missed(read->node, read->range->replicas[index], read->asked_at[index]);
    }
    read->pending[detail >> 8] &= ~(1u << (detail & 0xff));
    read_settle(read);
}

/* --- timers -------------------------------------------------------------------------------------
 */

static void on_read_timer(void *self, void *subject, uint64_t detail);
static const EventType read_timer = {"cassandra.read-timer", on_read_timer};

static void arm_timer(Cassandra *node, SimTime due)
{
    if (node->read_timer == EVENT_NONE) {
        node->read_timer =
            engine_at(node->engine, due, &node->component.owner, &read_timer, NULL, 0);
    }
}

static void on_read_timer(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Read *next;

    (void)subject;
    (void)detail;
    node->read_timer = EVENT_NONE;
    for (Read *read = node->reads.first; read != NULL && read->is_begun; read = next) {
        SimTime due = read->began + node->read_request_timeout;

        next = read->next;
        if (read->round == READ_REPAIR) { /* that has its own time, of writes */
            continue;
        }
        if (due > node_now(node)) {
            arm_timer(node, due);
            return;
        }
        time_out(read);
    }
}

static void on_speculation_timer(void *self, void *subject, uint64_t detail);
static const EventType speculation_timer = {"cassandra.speculation-timer", on_speculation_timer};

static void arm_speculation(Cassandra *node, const Read *read)
{
    SimTime due = read->began + node->speculation_after;

    if (node->speculation_timer == EVENT_NONE) {
        node->speculation_timer = engine_at(node->engine, MAX(due, node_now(node)),
                                            &node->component.owner, &speculation_timer, NULL, 0);
    }
}

static void speculate(Read *read)
{
    guint index = (guint)read->spare;

    read->spare = -1;
    read->node->speculations++;
    read->contacted |= 1u << index;
    if ((read_answers_here(read) & read->data) == 0) { /* else its digest will do */
        read->data |= 1u << index;
    }
    ask_all(read, 1u << index);
    reconsider(read);
}

static void on_speculation_timer(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    (void)detail;
    node->speculation_timer = EVENT_NONE;
    if (node->speculation_after > node->read_request_timeout) {
        return;
    }
    for (Read *next, *read = node->reads.first; read != NULL && read->is_begun; read = next) {
        next = read->next; /* the read may end here */
        if (read->spare < 0 || !read->is_sent || read->round != READ_DIGESTS) {
            continue;
        }
        if (read->began + node->speculation_after > node_now(node)) {
            arm_speculation(node, read);
            return;
        }
        speculate(read);
    }
}

/* --- a read's begin -----------------------------------------------------------------------------
 */

static void on_read_ready(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Read *read = subject;
    uint32_t targets;

    (void)detail;
    read->is_sent = true;
    if (read->is_done) { /* it has timed out while it waited for the CPU */
        read_settle(read);
        return;
    }
    if (node->cluster->legs != NULL) {
        legs_begin_read(read);
    }
    targets = read_choose(read);
    if (!level_is_available(read->consistency, node->cluster->ring, read->range, node->site,
                            targets)) {
        node->unavailables++;
        finish(read, STORE_UNAVAILABLE, 0);
        return;
    }
    begin_round(read, READ_DIGESTS);
    read->contacted = targets;
    read->checks_rest = (guint)__builtin_popcount(targets) > read->block_for &&
                        node->read_fanout == READ_FANOUT_TARGETS && node->cluster->legs == NULL;
    ask_all(read, targets);
    if (read->spare >= 0 && node->speculates_always) {
        speculate(read);
    } else if (reconsider(read) && read->spare >= 0 &&
               node->speculation_after <= node->read_request_timeout &&
               engine_time_of(node->engine, read->decision) >
                   read->began + node->speculation_after) {
        arm_speculation(node, read);
    }
}

static const EventType read_ready = {"cassandra.read-ready", on_read_ready};

void read_begin(Cassandra *node, Read *read)
{
    SimSpan cpu = service_time_draw(node->coordinator_service, &node->service_rng);

    read->is_begun = true;
    read->began = node_now(node);
    if (node->request_response_stage) { /* its own law includes two answers */
        cpu -= MIN(cpu, 2 * node->answer_cpu);
    } else if (read->block_for > 2) {
        cpu += (read->block_for - 2) * node->answer_cpu;
    }
    arm_timer(node, read->began + node->read_request_timeout);
    node_work(node, cpu, &read_ready, read, 0);
}

static Read *make_read(Cassandra *node, const Message *message)
{
    Cluster *cluster = node->cluster;
    const KeyEntry *entry;
    Read *read;

    key_table_expect(&cluster->keys, message->key);
    read = pool_take(node->read_pool);
    read_list_add(&node->reads, read);
    read->node = node;
    read->ticket = message->ticket;
    read->key = message->key;
    read->request = message->request;
    read->spare = -1;
    read->consistency =
        (Consistency)(message->consistency != CONSISTENCY_DEFAULT ? message->consistency
                                                                  : node->consistency.read + 1);
    if (read->consistency == CONSISTENCY_ANY) {
        read->consistency = CONSISTENCY_ONE; /* ANY is for writes only */
    }
    read->block_for = cluster->block_for[node->site][read->consistency];
    entry = key_table_add(&cluster->keys, message->key);
    read->slot = entry->index * cluster->slots_per_key;
    store_prefetch(&cluster->store, read->slot, cluster->slots_per_key);
    read->column = schema_number(cluster, message->subject);
    read->range = ring_range(cluster->ring, entry->range);
    return read;
}

void read_receive(Cassandra *node, const Message *message)
{
    Read *read = make_read(node, message);

    node->coordinated_reads++;
    node_request_enter(node, read, NODE_REQUEST_READ);
}

/* Its timeout is the transaction's. */
void read_for_paxos(Cassandra *node, uint64_t operation, uint64_t key, Consistency level)
{
    Message message = {.key = key, .consistency = (int)level};
    Read *read = make_read(node, &message);

    read->operation = operation;
    read->is_begun = true;
    read->began = node_now(node);
    arm_timer(node, read->began + node->read_request_timeout);
    on_read_ready(node, read, 0);
}

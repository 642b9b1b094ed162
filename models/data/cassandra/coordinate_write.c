/* coordinate_write.c - a coordinator's writes, from the statement to the last acknowledgement.
 * A replica plans the arrival of its acknowledgement itself, and the coordinator has one event: at
 * the acknowledgement that decides. Source: Cassandra 3.11 StorageProxy.performWrite,
 * sendToHintedEndpoints, sendMessagesToNonlocalDC. */
#include "models/data/cassandra/coordinate_legs.h"
#include "models/data/cassandra/hint_limits.h"
#include "models/data/cassandra/kept_writes.h"
#include "models/data/cassandra/node.h"
#include "models/data/cassandra/paxos.h"
#include "models/data/cassandra/responses.h"
#include "models/data/cassandra/schema.h"
#include "models/data/cassandra/tombstones.h"
#include "models/data/cassandra/witness.h"
#include "sim/world/history_store.h"
#include "sim/world/version.h"

#define FORWARD_BYTES 32       /* addresses and callback ids for the relay of a site */
#define SENDING (1u << 31)     /* in `pending`: no replica's bit */
#define TOGETHER (20 * SIM_US) /* arrivals this near each other are one event */

static Cassandra *replica_of(const Write *write, guint index)
{
    return write->node->cluster->nodes[write->range->replicas[index]];
}

/* --- the list of writes under way ---------------------------------------------------------------
 */

static void link_last(WriteList *list, Write *write)
{
    write->previous = list->last;
    if (list->last != NULL) {
        list->last->next = write;
    } else {
        list->first = write;
    }
    list->last = write;
}

static void drop(Write *write)
{
    WriteList *list = &write->node->writes;

    if (write->previous != NULL) {
        write->previous->next = write->next;
    } else {
        list->first = write->next;
    }
    if (write->next != NULL) {
        write->next->previous = write->previous;
    } else {
        list->last = write->previous;
    }
    pool_give(write->node->write_pool, write);
}

void write_settle(Write *write)
{
    if ((write->pending | write->answering) != 0) {
        return;
    }
    if (write->is_orphan) {
        drop(write);
    } else if (write->is_sent && write->is_decided) {
        bool is_everywhere = witness_is_everywhere(write);

        if (write->is_swept || is_everywhere) {
            witness_spread(write, is_everywhere);
            drop(write);
        }
    }
}

/* --- the answer ---------------------------------------------------------------------------------
 */

static void decide(Write *write, uint32_t code)
{
    Cassandra *node = write->node;
    Message reply = {.op = MESSAGE_WRITE,
                     .size_bytes = MESSAGE_HEAD_BYTES,
                     .code = code,
                     .request = write->request,
                     .key = write->key,
                     .version = write->version};

    write->is_decided = true;
    if (write->decision != EVENT_NONE) {
        engine_cancel(node->engine, write->decision);
        write->decision = EVENT_NONE;
    }
    if (write->ended != NULL) {
        WriteEnded *ended = write->ended;
        uint64_t operation = write->operation;

        write_settle(write);
        ended(node, operation, code);
        return;
    }
    if (code == STORE_OK) {
        histogram_add(node->write_latency, node_now(node) - write->began);
        if (write->consistency == CONSISTENCY_ALL) {
            witness_assert_all(write);
        }
    }
    witness_ended(write, code);
    node_answer(node, &write->ticket, &reply);
    write_settle(write);
    node_request_done(node);
}

static void on_decided(void *self, void *subject, uint64_t detail)
{
    Write *write = subject;

    (void)self;
    (void)detail;
    write->decision = EVENT_NONE;
    decide(write, STORE_OK);
}

static const EventType decided = {"cassandra.write-decided", on_decided};

/* One more acknowledgement is known: is the level met, and when? */
static void reconsider(Write *write)
{
    Cassandra *node = write->node;
    const RingRange *range = write->range;
    uint32_t counted = write->acked & level_write_counts(write->consistency, node->cluster->ring,
                                                         range, write->joining, node->site);
    SimTime at;

    if ((guint)__builtin_popcount(counted) < write->block_for) {
        return;
    }
    if (write->joining == 0 && write->consistency != CONSISTENCY_EACH_QUORUM) {
        at = level_kth_answer(counted, write->acked_at, write->block_for);
    } else {
        at = level_write_decided_at(write->consistency, node->cluster->ring, range, write->joining,
                                    node->site, write->acked_at);
    }
    if (at == SIM_NEVER) {
        return;
    }
    if (at <= node_now(node)) {
        decide(write, STORE_OK);
    } else if (write->decision == EVENT_NONE) {
        write->decision = engine_at(node->engine, at, &node->component.owner, &decided, write, 0);
    } else if (at < engine_time_of(node->engine, write->decision)) {
        engine_move(node->engine, write->decision, at);
    }
}

bool write_waits_for(const Write *write, guint index)
{
    return !write->is_decided &&
           (level_write_counts(write->consistency, write->node->cluster->ring, write->range,
                               write->joining, write->node->site) >>
                index &
            1) != 0;
}

static void note_ack(Write *write, guint index, SimTime at)
{
    write->acked |= 1u << index;
    write->acked_at[index] = at;
    if (write->node->back_pressure != NULL) {
        back_pressure_heard(write, index, at);
    }
    if (write_waits_for(write, index)) {
        reconsider(write); /* settles when it decides */
    } else {
        write_settle(write);
    }
}

void write_answered(Write *write, guint index)
{
    write->answering &= ~(1u << index);
    note_ack(write, index, node_now(write->node));
}

void write_applied(Write *write, guint index, SimSpan later)
{
    Cassandra *node = write->node, *replica = replica_of(write, index);
    const Legs *legs = node->cluster->legs;
    SimTime arrival;

    write->pending &= ~(1u << index);
    if (write->is_orphan) {
        write_settle(write);
        return;
    }
    arrival = legs != NULL ? legs_acknowledgement_arrives(write, index)
              : replica == node
                  ? node_now(node)
                  : connections_arrival(replica, node, MESSAGE_HEAD_BYTES, CONNECTION_SMALL);
    if (arrival == SIM_NEVER) {
        kept_ack(write, index, replica);
        write_settle(write);
        return;
    }
    if (replica != node) {
        spread_law_note(write, WAY_BACK, replica, node, arrival);
    }
    if (node->request_response_stage && replica != node) {
        responses_to_write(write, index, arrival + later);
    } else {
        note_ack(write, index, arrival + later);
    }
}

void write_dropped(Write *write, guint index)
{
    write->pending &= ~(1u << index);
    write->dropped |= 1u << index;
    write_settle(write);
}

/* --- sending ------------------------------------------------------------------------------------
 */

/* To the one relay of a remote site. */
static void send_to_relay(Write *write, guint index)
{
    Cassandra *node = write->node, *to = replica_of(write, index);
    uint32_t size = (uint32_t)(MESSAGE_HEAD_BYTES + FORWARD_BYTES + node->mutation_size);
    SimTime arrival;

    write->relays |= 1u << index;
    write->lives[index] = to->component.owner.incarnation;
    arrival = connections_arrival(node, to, size, CONNECTION_SMALL);
    if (arrival == SIM_NEVER) {
        kept_copy(write, node, index, size);
    } else {
        spread_law_note(write, WAY_OUT, node, to, arrival);
        write->pending |= 1u << index;
        engine_at(node->engine, arrival, &to->component.owner, &replica_mutation_arrived, write,
                  index);
    }
}

/* To others of the sender's site. Copies that arrive at about the same time do so in one event. */
static void send_to_neighbours(Write *write, Cassandra *from, uint32_t mask)
{
    Engine *engine = from->engine;
    SimTime together_at = 0, now = node_now(from);
    uint32_t together = 0;

    for (; mask != 0; mask &= mask - 1) {
        guint index = (guint)__builtin_ctz(mask);
        Cassandra *to = replica_of(write, index);
        uint32_t size = (uint32_t)(MESSAGE_HEAD_BYTES + from->mutation_size);
        SimTime arrival = connections_arrival(from, to, size, CONNECTION_SMALL);

        write->lives[index] = to->component.owner.incarnation;
        if (arrival == SIM_NEVER) {
            kept_copy(write, from, index, size);
            continue;
        }
        spread_law_note(write, from == write->node ? WAY_OUT : WAY_FORWARD, from, to, arrival);
        if (replica_write_quietly(to, write, index, arrival - now)) {
            continue;
        }
        write->pending |= 1u << index;
        if (together == 0 || ABS(arrival - together_at) <= TOGETHER) {
            together |= 1u << index;
            together_at = MAX(together_at, arrival);
        } else {
            engine_at(engine, arrival, &to->component.owner, &replica_mutation_arrived, write,
                      index);
        }
    }
    if (together != 0) {
        engine_at(engine, together_at, &write->node->cluster->owner, &replica_group_arrived, write,
                  together);
    }
}

void write_forward(Cassandra *relay, Write *write, guint index)
{
    send_to_neighbours(write, relay,
                       write->targets & write_site_mask(write, relay->site) & ~(1u << index));
}

static guint choose_relay(Cassandra *node, uint32_t mask)
{
    if (node->relay == RELAY_RANDOM) {
        guint skip = (guint)rng_below(&node->coordinator_rng, (guint)__builtin_popcount(mask));

        for (; skip > 0; skip--) {
            mask &= mask - 1;
        }
    }
    return (guint)__builtin_ctz(mask);
}

static void send_to_site(Write *write, guint site)
{
    Cassandra *node = write->node;
    uint32_t mask = write->targets & write_site_mask(write, site);
    uint32_t own = 0;

    if (mask == 0) {
        return;
    }
    if (site != node->site && !write->is_commit) {
        send_to_relay(write, choose_relay(node, mask));
        return;
    }
    for (uint32_t left = mask; left != 0; left &= left - 1) {
        own |= replica_of(write, (guint)__builtin_ctz(left)) == node ? left & -left : 0;
    }
    send_to_neighbours(write, node, mask & ~own);
    if (own != 0) {
        guint index = (guint)__builtin_ctz(own);

        write->lives[index] = node->component.owner.incarnation;
        if (!replica_write_quietly(node, write, index, 0)) {
            write->pending |= own;
            replica_take_mutation(node, write, index);
        }
    }
}

static void send_to_sites(Write *write)
{
    for (guint site = 0; site < write->node->cluster->site_count; site++) {
        send_to_site(write, site);
    }
}

/* Hints at once for replicas that are known to be down; true when one was kept. */
static bool hint_the_dead(Write *write, uint32_t dead)
{
    bool kept = false;

    for (; dead != 0; dead &= dead - 1) {
        kept |= hints_store_write(write, (guint)__builtin_ctz(dead));
    }
    return kept;
}

/* Too few replicas are believed to live, or too many hints are being kept: nothing is written. */
static void refuse(Write *write, uint32_t code)
{
    write->is_sent = write->is_swept = true;
    if (write->is_decided) { /* it has timed out while it waited for the CPU */
        write_settle(write);
        return;
    }
    decide(write, code);
}

/* With the client's stamp or one of its own. */
static void stamp(Write *write)
{
    int64_t own = write->is_commit ? 0 : node_timestamp(write->node);

    write->version = write->version != 0 ? write->version : own;
    if (write->is_delete) {
        write->version = version_as_delete(write->version);
        tombstones_made(write->node, write->version);
    }
    if (write->told != 0) {
        history_attempt(world_history(write->node->component.world), write->told, 0,
                        write->is_delete ? 0 : write->version);
    }
}

/* Hints for who is dead, copies for the others. */
static void send(Write *write)
{
    Cassandra *node = write->node;
    const RingRange *range = write->range;
    bool hinted;

    write->is_sent = true;
    write->way.sent = node_now(node);
    write->pending = SENDING; /* nobody forgets it before all are sent */
    hinted = write->leaves_hints &&
             hint_the_dead(write, (range->mask | write->joining) & ~write->targets);
    if (node->cluster->legs != NULL) {
        legs_send(write);
    } else {
        send_to_sites(write);
    }
    write->pending &= ~SENDING;
    if (hinted && write->consistency == CONSISTENCY_ANY && !write->is_decided) {
        decide(write, STORE_OK);
    } else {
        write_settle(write);
    }
}

static void on_write_paced(void *self, void *subject, uint64_t detail)
{
    (void)self;
    (void)detail;
    send(subject);
}

static const EventType write_paced = {"cassandra.write-paced", on_write_paced};

static void on_write_ready(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Write *write = subject;
    const RingRange *range = write->range;
    uint32_t all = range->mask | range->pending, live = node_live_of(node, range, all);
    SimSpan wait;

    (void)detail;
    write->joining = range->pending;
    if (!level_write_is_available(write->consistency, node->cluster->ring, range, range->pending,
                                  node->site, live)) {
        node->unavailables++;
        refuse(write, STORE_UNAVAILABLE);
        return;
    }
    if (hint_limits_refuse(node, range, all)) {
        node->hints_overloaded++;
        refuse(write, STORE_OVERLOADED);
        return;
    }
    stamp(write);
    write->targets = live;
    wait = back_pressure_wait(write);
    if (wait == 0) {
        send(write);
        return;
    }
    node->writes_paced++;
    histogram_add(node->pacing, wait);
    engine_after(node->engine, wait, &node->component.owner, &write_paced, write, 0);
}

static const EventType write_ready = {"cassandra.write-ready", on_write_ready};

/* --- begin and timeout --------------------------------------------------------------------------
 */

static void time_out(Write *write)
{
    Cassandra *node = write->node;

    /* At ANY the hints that the sweep is about to keep count as success. */
    if (write->consistency == CONSISTENCY_ANY && node->hinted_handoff_enabled) {
        decide(write, STORE_OK);
        return;
    }
    node->write_timeouts++;
    decide(write, STORE_TIMEOUT);
}

static void on_write_timer(void *self, void *subject, uint64_t detail);
static const EventType write_timer = {"cassandra.write-timer", on_write_timer};

static void arm_timer(Cassandra *node, SimTime due)
{
    if (node->write_timer == EVENT_NONE) {
        node->write_timer =
            engine_at(node->engine, due, &node->component.owner, &write_timer, NULL, 0);
    }
}

/* A leader of counters waits longer for its replicas. */
static SimTime deadline_of(const Write *write)
{
    const Cassandra *node = write->node;

    return write->began +
           (write->is_counter ? node->counter_write_request_timeout : node->write_request_timeout);
}

static void on_write_timer(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    SimTime first = SIM_NEVER;
    Write *next;

    (void)subject;
    (void)detail;
    node->write_timer = EVENT_NONE;
    for (Write *write = node->writes.first; write != NULL; write = next) {
        SimTime due = deadline_of(write);

        next = write->next;
        if (write->is_orphan || write->is_decided) {
            continue;
        }
        if (!write->is_begun) {
            break;
        }
        if (due <= node_now(node)) {
            time_out(write);
            continue;
        }
        first = MIN(first, due);
        if (!write->is_counter) { /* all behind it are due later */
            break;
        }
    }
    if (first != SIM_NEVER) {
        arm_timer(node, first);
    }
}

void write_begin(Cassandra *node, Write *write)
{
    SimSpan cpu = service_time_draw(node->coordinator_service, &node->service_rng);

    write->is_begun = true;
    write->began = node_now(node);
    if (node->request_response_stage) { /* its own law includes two answers */
        cpu -= MIN(cpu, 2 * node->answer_cpu);
    } else if (write->range->count > 2) {
        cpu += (write->range->count - 2) * node->answer_cpu;
    }
    arm_timer(node, write->began + node->write_request_timeout);
    node_work(node, cpu, &write_ready, write, 0);
}

static Write *make_write(Cassandra *node, const Message *message)
{
    Cluster *cluster = node->cluster;
    const KeyEntry *entry;
    Write *write;

    key_table_expect(&cluster->keys, message->key);
    write = pool_take(node->write_pool);
    write->node = node;
    write->ticket = message->ticket;
    write->key = message->key;
    write->request = message->request;
    write->version = message->version;
    write->is_delete = (message->flags & STORE_DELETE) != 0;
    write->leaves_hints = true;
    write->consistency =
        (Consistency)(message->consistency != CONSISTENCY_DEFAULT ? message->consistency
                                                                  : node->consistency.write + 1);
    write->block_for = cluster->block_for[node->site][write->consistency];
    entry = key_table_add(&cluster->keys, message->key);
    write->slot = entry->index * cluster->slots_per_key;
    store_prefetch(&cluster->store, write->slot, cluster->slots_per_key);
    write->column = schema_number(cluster, message->subject);
    if (write->column != 0) {
        schema_note_key(cluster, entry->index, write->column);
    }
    write->range = ring_range(cluster->ring, entry->range);
    for (guint i = 0; i < write->range->count; i++) {
        write->acked_at[i] = SIM_NEVER;
    }
    return write;
}

void write_receive(Cassandra *node, const Message *message)
{
    Write *write = make_write(node, message);

    link_last(&node->writes, write);
    node->coordinated_writes++;
    witness_invoked(write);
    node_request_enter(node, write, NODE_REQUEST_WRITE);
}

void write_inner(Cassandra *node, const InnerWrite *what)
{
    Message message = {.key = what->key,
                       .request = what->request,
                       .version = what->version,
                       .consistency = (int)what->consistency};
    Write *write = make_write(node, &message);

    write->ended = what->ended;
    write->operation = what->operation;
    write->is_commit = what->is_commit;
    write->is_counter = what->is_counter;
    write->leader = what->leader;
    write->leaves_hints = what->leaves_hints;
    write->value = what->value;
    write->is_begun = true;
    write->began = node_now(node);
    link_last(&node->writes, write);
    arm_timer(node, write->began + node->write_request_timeout);
    on_write_ready(node, write, 0);
}

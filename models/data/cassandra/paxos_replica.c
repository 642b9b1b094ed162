/* paxos_replica.c - a replica's part in lightweight transactions: what it has promised, accepted
 * and committed, kept in a system table and as durable as the commit log makes it. None of these
 * messages is dropped for its age. Left out: the thread of the MUTATION stage that each step
 * takes (its CPU is charged), and the lock of the key (steps are done one after another anyway).
 * Source: Cassandra 3.11 service/paxos/PaxosState, db/SystemKeyspace (system.paxos). */
#include "models/data/cassandra/paxos.h"

#include "models/data/cassandra/tombstones.h"
#include "sim/world/version.h"

#define TTL_LEAST (3 * SIM_HOUR) /* SystemKeyspace.paxosTtlSec: at least 3 h */

/* What one replica knows of one key, and what of it survives a loss of power. */
typedef struct PaxosState {
    uint32_t slot;
    PaxosKnown now, durable; /* durable: before changed_at, unless a sync has covered that */
    SimTime changed_at;
} PaxosState;

struct PaxosReplica {
    GHashTable *states; /* slot -> index + 1 in `list`; only looked up */
    GArray *list;       /* of PaxosState */
    PaxosMessage *inbox;
    Pool *messages;
};

/* --- names of data ------------------------------------------------------------------------------
 */

int64_t paxos_value_of(const Cluster *cluster, int64_t version)
{
    gpointer value = NULL;

    if (version == 0 || version_is_delete(version)) {
        return 0;
    }
    if (cluster->paxos_names != NULL) {
        value = g_hash_table_lookup(cluster->paxos_names, GSIZE_TO_POINTER((gsize)version));
    }
    return value == NULL ? version : (int64_t)GPOINTER_TO_SIZE(value);
}

void paxos_name(Cluster *cluster, int64_t version, int64_t value)
{
    if (version == value) {
        return;
    }
    if (cluster->paxos_names == NULL) {
        cluster->paxos_names = g_hash_table_new(NULL, NULL);
    }
    g_hash_table_insert(cluster->paxos_names, GSIZE_TO_POINTER((gsize)version),
                        GSIZE_TO_POINTER((gsize)value));
}

void paxos_free_shared(Cluster *cluster)
{
    g_clear_pointer(&cluster->paxos_names, g_hash_table_destroy);
}

/* --- what is known ------------------------------------------------------------------------------
 */

static PaxosReplica *replica_of(Cassandra *node)
{
    if (node->paxos_replica == NULL) {
        node->paxos_replica = g_new0(PaxosReplica, 1);
        node->paxos_replica->states = g_hash_table_new(NULL, NULL);
        node->paxos_replica->list = g_array_new(FALSE, TRUE, sizeof(PaxosState));
        node->paxos_replica->messages = pool_new("cassandra paxos messages", sizeof(PaxosMessage));
    }
    return node->paxos_replica;
}

static bool is_expired(const Cassandra *node, int64_t ballot)
{
    SimSpan ttl = MAX(TTL_LEAST, node->gc_grace_seconds);

    return version_clock_us(ballot) * SIM_US + ttl < component_wall_clock(&node->component);
}

static PaxosState *state_of(Cassandra *node, uint32_t slot)
{
    PaxosReplica *replica = replica_of(node);
    gpointer key = GSIZE_TO_POINTER((gsize)slot);
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(replica->states, key));
    PaxosState *state;

    if (place == 0) {
        PaxosState fresh = {.slot = slot};

        g_array_append_val(replica->list, fresh);
        place = replica->list->len;
        g_hash_table_insert(replica->states, key, GUINT_TO_POINTER(place));
    }
    state = &g_array_index(replica->list, PaxosState, place - 1);
    state->now.promised = is_expired(node, state->now.promised) ? 0 : state->now.promised;
    if (is_expired(node, state->now.accepted.ballot)) {
        state->now.accepted = (PaxosUpdate){0};
    }
    if (is_expired(node, state->now.committed.ballot)) {
        state->now.committed = (PaxosUpdate){0};
    }
    return state;
}

static void change(Cassandra *node, PaxosState *state)
{
    if (state->changed_at <= node->log.synced_at) {
        state->durable = state->now;
    }
    state->changed_at = node_now(node);
}

static bool prepare(Cassandra *node, PaxosState *state, int64_t ballot)
{
    if (ballot <= state->now.promised) {
        return false;
    }
    change(node, state);
    state->now.promised = ballot;
    return true;
}

static bool propose(Cassandra *node, PaxosState *state, PaxosUpdate update)
{
    if (update.ballot < state->now.promised) {
        return false;
    }
    change(node, state);
    state->now.accepted = update;
    return true;
}

void paxos_learn(Cassandra *node, uint32_t slot, PaxosUpdate update)
{
    PaxosState *state = state_of(node, slot);

    change(node, state);
    if (update.ballot > state->now.committed.ballot) {
        state->now.committed = update;
    }
    if (state->now.accepted.ballot <= update.ballot) {
        state->now.accepted = (PaxosUpdate){0};
    }
}

/* --- messages -----------------------------------------------------------------------------------
 */

static void take_out(PaxosMessage *message)
{
    PaxosReplica *replica = replica_of(message->to);

    if (message->previous != NULL) {
        message->previous->next = message->next;
    } else {
        replica->inbox = message->next;
    }
    if (message->next != NULL) {
        message->next->previous = message->previous;
    }
    pool_give(replica->messages, message);
}

/* Left out of the answer's way: the replica's own time between both. */
void paxos_answer(Cassandra *node, PaxosMessage *message)
{
    PaxosMessage answer = *message;

    answer.from = node;
    answer.to = message->from;
    answer.is_answer = true;
    take_out(message);
    paxos_send(&answer);
}

static void on_paxos_done(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    PaxosMessage *message = subject;
    PaxosState *state = state_of(node, message->slot);

    (void)detail;
    message->known = state->now;
    switch (message->verb) {
    case PAXOS_PREPARE:
        message->is_yes = prepare(node, state, message->update.ballot);
        break;
    case PAXOS_PROPOSE:
        message->is_yes = propose(node, state, message->update);
        break;
    case PAXOS_LEARN:
        replica_apply(node, message->slot, message->update.ballot);
        paxos_learn(node, message->slot, message->update);
        take_out(message);
        return;
    }
    if (message->is_yes) {
        replica_answer_paxos(node, message);
    } else {
        paxos_answer(node, message);
    }
}

static const EventType paxos_done = {"cassandra.paxos-done", on_paxos_done};

static void on_paxos_arrived(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    PaxosMessage *message = subject;

    (void)detail;
    if (!node_serves_peers(node)) {
        take_out(message);
    } else if (message->is_answer) {
        PaxosMessage heard = *message;

        take_out(message);
        paxos_heard(node, &heard);
    } else {
        node_work(node, draw_span(node->paxos_cpu, &node->paxos_rng), &paxos_done, message, 0);
    }
}

static const EventType paxos_arrived = {"cassandra.paxos-arrived", on_paxos_arrived};

bool paxos_send(const PaxosMessage *message)
{
    Cassandra *from = message->from, *to = message->to;
    PaxosReplica *replica = replica_of(to);
    SimTime arrival = node_now(from);
    PaxosMessage *copy;

    if (from != to) {
        int64_t size = MESSAGE_HEAD_BYTES + (message->update.value != 0 ? from->mutation_size : 0);

        arrival = connections_arrival(from, to, (uint32_t)size, CONNECTION_SMALL);
    }
    if (arrival == SIM_NEVER || !to->component.is_up) {
        return false;
    }
    copy = pool_take(replica->messages);
    *copy = *message;
    copy->previous = NULL;
    copy->next = replica->inbox;
    if (copy->next != NULL) {
        copy->next->previous = copy;
    }
    replica->inbox = copy;
    engine_at(from->engine, arrival, &to->component.owner, &paxos_arrived, copy, 0);
    return true;
}

/* --- life ---------------------------------------------------------------------------------------
 */

void paxos_replica_stop(Cassandra *node, bool power_lost)
{
    PaxosReplica *replica = node->paxos_replica;

    while (replica != NULL && replica->inbox != NULL) {
        take_out(replica->inbox);
    }
    for (guint i = 0; power_lost && replica != NULL && i < replica->list->len; i++) {
        PaxosState *state = &g_array_index(replica->list, PaxosState, i);

        if (state->changed_at > node->log.synced_at) {
            state->now = state->durable;
        }
    }
}

void paxos_replica_free(Cassandra *node)
{
    PaxosReplica *replica = node->paxos_replica;

    if (replica != NULL) {
        g_hash_table_destroy(replica->states);
        g_array_free(replica->list, TRUE);
        pool_free(replica->messages);
        g_clear_pointer(&node->paxos_replica, g_free);
    }
}

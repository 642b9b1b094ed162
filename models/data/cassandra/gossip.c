/* gossip.c - heartbeats that spread by rumour, and each node's own belief of who lives.
 * Source: Cassandra 3.11 Gossiper (rounds, echo), FailureDetector (phi as coded, local pause). What
 * a message carries is read from its sender when it arrives: up to one way's delay fresher than in
 * reality, against heartbeats one second apart. */
#include "models/data/cassandra/listeners.h"
#include "models/data/cassandra/node.h"
#include "models/data/cassandra/schema.h"

#define ROUND (1 * SIM_S)
#define INTERVAL_FIRST (2 * SIM_S) /* pushed at the first report; also the longest that counts */
#define PAUSE (5 * SIM_S)          /* a longer gap between judgements was a pause of our own */
#define PHI_FACTOR 0.43429448190325176 /* 1 / ln 10 */
#define CONNECTIONS 3                  /* to each peer: small messages, large ones, gossip */
#define GOSSIP_BYTES 1500              /* digests or states of a few dozen endpoints */

static void on_syn(void *self, void *subject, uint64_t detail);
static void on_ack(void *self, void *subject, uint64_t detail);
static void on_ack2(void *self, void *subject, uint64_t detail);
static void on_echo(void *self, void *subject, uint64_t detail);
static void on_echo_back(void *self, void *subject, uint64_t detail);
static void on_round(void *self, void *subject, uint64_t detail);
static void on_shutdown(void *self, void *subject, uint64_t detail);

static const EventType syn = {"cassandra.gossip-syn", on_syn};
static const EventType ack = {"cassandra.gossip-ack", on_ack};
static const EventType ack2 = {"cassandra.gossip-ack2", on_ack2};
static const EventType echo = {"cassandra.gossip-echo", on_echo};
static const EventType echo_back = {"cassandra.gossip-echo-back", on_echo_back};
static const EventType shutdown_said = {"cassandra.gossip-shutdown", on_shutdown};
static const EventType round_due = {"cassandra.gossip-round", on_round};

/* --- beliefs ------------------------------------------------------------------------------------
 */

static void set_alive(Cassandra *node, guint rank, bool is_alive)
{
    Peer *peer = &node->gossip.peers[rank];

    if (peer->is_alive == is_alive) {
        return;
    }
    peer->is_alive = is_alive;
    peer->down_since = node_now(node);
    if (!is_alive) {
        connections_reset(node, rank);
    }
    node->gossip.dead_count += is_alive ? -1u : 1u;
    gauge_set(&node->nodes_down, node_now(node), node->gossip.dead_count);
}

static void clear_intervals(Peer *peer)
{
    peer->interval_count = peer->interval_next = 0;
    peer->interval_sum = 0;
    peer->reported_at = 0;
}

/* A thousand of each of n nodes for each other one would be 4 KB n^2 from the first second on. */
static void grow_intervals(Peer *peer)
{
    peer->interval_room = MIN(MAX(2 * peer->interval_room, 16), PEER_INTERVALS);
    peer->intervals = g_renew(uint32_t, peer->intervals, peer->interval_room);
}

static void push_interval(Peer *peer, SimSpan interval)
{
    if (peer->interval_count == PEER_INTERVALS) {
        peer->interval_sum -= peer->intervals[peer->interval_next];
    } else if (++peer->interval_count > peer->interval_room) {
        grow_intervals(peer);
    }
    peer->intervals[peer->interval_next] = (uint32_t)interval;
    peer->interval_sum += interval;
    peer->interval_next = (peer->interval_next + 1) % PEER_INTERVALS;
}

/* The peer's heartbeat rose (FailureDetector.report). */
static void report(Cassandra *node, Peer *peer)
{
    SimTime now = node_now(node);

    if (peer->interval_count == 0) {
        push_interval(peer, INTERVAL_FIRST);
    } else if (now - peer->reported_at <= INTERVAL_FIRST) {
        push_interval(peer, now - peer->reported_at);
    }
    peer->reported_at = now;
}

/* Its connections are closed (OutboundTcpConnectionPool.reset). What was written to them and is on
 * its way arrives if it can. */
static void convict(Cassandra *node, guint rank)
{
    Cassandra *peer = node->cluster->nodes[rank];

    node->convictions++;
    node->connections_reset += CONNECTIONS;
    set_alive(node, rank, false);
    history_note(world_history(node->component.world), "cassandra.node-down", &peer->component,
                 "observer", node->component.site->name, NULL, NULL);
}

/* FailureDetector.interpret, for all peers. */
static void judge(Cassandra *node)
{
    Gossip *gossip = &node->gossip;
    SimTime now = node_now(node);

    if (now - gossip->judged_at > PAUSE) {
        gossip->paused_at = now;
    }
    gossip->judged_at = now;
    if (gossip->paused_at != 0 && now - gossip->paused_at < PAUSE) {
        return;
    }
    for (guint i = 0; i < node->cluster->node_count; i++) {
        const Peer *peer = &gossip->peers[i];

        if (i != node->rank && peer->is_alive && peer->interval_count > 0 &&
            (double)(now - peer->reported_at) * peer->interval_count * PHI_FACTOR >
                node->phi_convict_threshold * (double)peer->interval_sum) {
            convict(node, i);
        }
    }
}

/* --- messages -----------------------------------------------------------------------------------
 */

/* An answer to an ECHO is a message like any other; all else is the GOSSIP stage's. */
static void say(Cassandra *node, guint rank, const EventType *type)
{
    Cassandra *to = node->cluster->nodes[rank];
    ConnectionUse use = type == &echo_back ? CONNECTION_SMALL : CONNECTION_GOSSIP;
    SimTime arrival = connections_arrival(node, to, GOSSIP_BYTES, use);

    if (arrival != SIM_NEVER) {
        engine_at(node->engine, arrival, &to->component.owner, type, NULL, node->rank);
    } else {
        connections_keep(
            node, to,
            &(KeptMessage){.type = type, .detail = node->rank, .size_bytes = GOSSIP_BYTES}, use);
    }
}

static bool is_newer(const Peer *theirs, const Peer *mine)
{
    return theirs->generation > mine->generation ||
           (theirs->generation == mine->generation && theirs->version > mine->version);
}

/* It ends, as it said itself or somebody who heard it: down at once, and no later word of this life
 * brings it back (Gossiper.markAsShutdown). */
static void believe_shutdown(Cassandra *node, guint rank)
{
    Peer *peer = &node->gossip.peers[rank];

    peer->is_shut_down = true;
    peer->is_echoing = false;
    peer->version = UINT32_MAX;
    set_alive(node, rank, false);
}

static void on_shutdown(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    if (node_gossips(node)) {
        believe_shutdown(node, (guint)detail);
    }
}

static bool is_outside(const Cassandra *node, guint rank)
{
    return ring_member(node->cluster->ring, rank) == RING_OUTSIDE;
}

/* Takes over what `from` knows newer (Gossiper.applyStateLocally). */
static void learn(Cassandra *node, const Cassandra *from)
{
    for (guint i = 0; i < node->cluster->node_count; i++) {
        const Peer *theirs = &from->gossip.peers[i];
        Peer *mine = &node->gossip.peers[i];

        if (i == node->rank || !is_newer(theirs, mine) || is_outside(node, i)) {
            continue;
        }
        if (theirs->generation > mine->generation) { /* it has another life */
            clear_intervals(mine);
            set_alive(node, i, false);
            mine->is_echoing = false;
            mine->is_shut_down = false;
        }
        mine->generation = theirs->generation;
        if (theirs->is_shut_down) {
            believe_shutdown(node, i);
            continue;
        }
        mine->version = theirs->version;
        report(node, mine);
        if (node->schema != NULL) {
            schema_heard(node, from, i);
        }
        if (!mine->is_alive && !mine->is_echoing) {
            mine->is_echoing = true;
            say(node, i, &echo);
        }
    }
}

/* SYN: the receiver asks for what the sender has newer and gives what it has newer itself. */
static void on_syn(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    if (node_gossips(node)) {
        say(node, (guint)detail, &ack);
    }
}

static void on_ack(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    if (node_gossips(node)) {
        learn(node, node->cluster->nodes[detail]);
        say(node, (guint)detail, &ack2);
    }
}

static void on_ack2(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    if (node_gossips(node)) {
        learn(node, node->cluster->nodes[detail]);
    }
}

/* A node counts as alive once it has answered an ECHO (Gossiper.markAlive). */
static void on_echo(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    if (node_gossips(node)) {
        say(node, (guint)detail, &echo_back);
    }
}

static void on_echo_back(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    node->gossip.peers[detail].is_echoing = false;
    if (node_gossips(node) && !node->gossip.peers[detail].is_shut_down &&
        !is_outside(node, (guint)detail)) {
        set_alive(node, (guint)detail, true);
    }
}

/* --- rounds -------------------------------------------------------------------------------------
 */

/* The first node of each site is a seed. */
static bool is_seed(const Cassandra *node, guint rank)
{
    return rank == 0 || node->cluster->nodes[rank - 1]->site != node->cluster->nodes[rank]->site;
}

typedef bool PeerTest(const Cassandra *node, guint rank);

static bool is_live(const Cassandra *node, guint rank)
{
    return node->gossip.peers[rank].is_alive;
}

static bool is_dead(const Cassandra *node, guint rank)
{
    return !node->gossip.peers[rank].is_alive;
}

/* The others that pass the test, put into gossip.order. */
static guint gather(Cassandra *node, PeerTest *passes)
{
    guint count = 0;

    for (guint i = 0; i < node->cluster->node_count; i++) {
        if (i != node->rank && passes(node, i) && !is_outside(node, i)) {
            node->gossip.order[count++] = i;
        }
    }
    return count;
}

static guint say_to_one(Cassandra *node, guint count)
{
    guint rank = node->gossip.order[rng_below(&node->gossip_rng, count)];

    say(node, rank, &syn);
    return rank;
}

/* Gossiper.GossipTask: a live node, perhaps a dead one, perhaps a seed. */
static void spread(Cassandra *node)
{
    guint live = gather(node, is_live), dead, seeds;
    bool to_seed = live > 0 && is_seed(node, say_to_one(node, live));

    dead = gather(node, is_dead);
    if (rng_uniform(&node->gossip_rng) < (double)dead / (live + 1) && dead > 0) {
        say_to_one(node, dead);
    }
    seeds = gather(node, is_seed);
    if (seeds > 0 && (!to_seed || live < seeds) &&
        (live == 0 || rng_uniform(&node->gossip_rng) <= (double)seeds / (live + dead))) {
        say_to_one(node, seeds);
    }
}

static void on_round(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    (void)detail;
    if (!node_gossips(node)) {
        return;
    }
    node->gossip.peers[node->rank].version++;
    for (guint i = 0; i < node->cluster->node_count; i++) {
        node->gossip.peers[i].is_echoing = false; /* an answer lost on the way is asked for anew */
    }
    spread(node);
    judge(node);
    if (node->listeners != NULL) {
        listeners_tell(node);
    }
    engine_after(node->engine, ROUND, &node->component.owner, &round_due, NULL, 0);
}

/* --- life ---------------------------------------------------------------------------------------
 */

void gossip_make(Cassandra *node)
{
    guint count = node->cluster->node_count;

    node->gossip.peers = g_new0(Peer, count);
    node->gossip.order = g_new0(uint32_t, count);
    for (guint i = 0; i < count; i++) {
        bool is_outsider = node->cluster->nodes[i]->is_outsider;

        node->gossip.peers[i].is_alive = i == node->rank || !is_outsider;
        node->gossip.peers[i].generation = is_outsider ? 0 : 1;
    }
}

void gossip_free(Cassandra *node)
{
    for (guint i = 0; node->gossip.peers != NULL && i < node->cluster->node_count; i++) {
        g_free(node->gossip.peers[i].intervals);
    }
    g_clear_pointer(&node->gossip.peers, g_free);
    g_clear_pointer(&node->gossip.order, g_free);
}

void gossip_start(Cassandra *node, bool is_first)
{
    Gossip *gossip = &node->gossip;
    Peer *own = &gossip->peers[node->rank];

    gossip->judged_at = node_now(node);
    gossip->paused_at = 0;
    for (guint i = 0; i < node->cluster->node_count; i++) {
        Peer *peer = &gossip->peers[i];

        clear_intervals(peer);
        peer->is_echoing = peer->is_shut_down = false;
        if (is_first) {
            report(node, peer);
        } else if (i != node->rank) {
            peer->generation = peer->version = 0;
            set_alive(node, i, false);
            peer->down_since = node_now(node);
        }
    }
    if (!is_first) { /* the start in seconds, but never the same twice */
        own->generation = MAX(own->generation + 1, (uint32_t)(node_now(node) / SIM_S));
        own->version = 0;
    }
    engine_after(node->engine, is_first ? (SimSpan)rng_below(&node->gossip_rng, ROUND) + 1 : 1,
                 &node->component.owner, &round_due, NULL, 0);
}

void gossip_announce_shutdown(Cassandra *node)
{
    Peer *own = &node->gossip.peers[node->rank];

    for (guint i = 0; i < node->cluster->node_count; i++) {
        if (i != node->rank && node_sees(node, i)) {
            say(node, i, &shutdown_said);
        }
    }
    own->is_shut_down = true;
    own->version = UINT32_MAX;
    history_note(world_history(node->component.world), "cassandra.shutdown", &node->component, NULL,
                 NULL, NULL, NULL);
}

void gossip_welcome(Cassandra *node)
{
    for (guint i = 0; i < node->cluster->node_count; i++) {
        Cassandra *other = node->cluster->nodes[i];

        if (other != node) {
            other->gossip.dead_count++;
            gauge_set(&other->nodes_down, node_now(node), other->gossip.dead_count);
        }
    }
}

void gossip_forget(Cassandra *node)
{
    for (guint i = 0; i < node->cluster->node_count; i++) {
        Cassandra *other = node->cluster->nodes[i];
        Peer *peer = &other->gossip.peers[node->rank];

        if (other == node) {
            continue;
        }
        other->gossip.dead_count -= peer->is_alive ? 0 : 1;
        peer->is_alive = peer->is_echoing = false;
        gauge_set(&other->nodes_down, node_now(node), other->gossip.dead_count);
    }
}

/* peers.h - what a node knows of others: whether they live, and the hints it keeps for them.
 * Private to this folder. */
#pragma once

#include <glib.h>

#include "models/data/cassandra/connections.h"
#include "sim/base/sim_time.h"

/* What one node believes of another (gms/EndpointState, FailureDetector). */
typedef struct Peer {
    uint32_t generation, version;
    bool is_alive;
    bool is_shut_down;   /* it said so itself: nothing of this life of its counts any more */
    bool is_echoing;     /* its heartbeat came back, its answer to an ECHO has not yet */
    SimTime reported_at; /* when its version last rose here; 0: never */
    SimTime down_since;
    uint32_t *intervals; /* ns between rises, the last PEER_INTERVALS */
    uint32_t interval_count, interval_next, interval_room;
    int64_t interval_sum;
} Peer;

typedef struct Gossip {
    Peer *peers; /* by rank; the own entry holds the own heartbeat */
    SimTime judged_at, paused_at;
    guint dead_count;
    uint32_t *order; /* scratch: ranks to choose from */
} Gossip;

typedef struct Hint {
    int64_t version;
    uint32_t slot;
    uint32_t kept_s; /* when, by the clock of the node that keeps it */
} Hint;

/* The hints that one node keeps for another. Places are counted since the node's first hint for
 * it: items[0] is `base`, then base <= begin <= page <= sent <= closed <= flushed <= end. */
typedef struct HintQueue {
    Cassandra *node; /* that keeps them */
    guint target;
    Hint *items;
    size_t capacity;
    uint64_t base;
    uint64_t page;    /* first hint of the page under way: all before it are done */
    uint64_t sent;    /* next to send */
    uint64_t closed;  /* end of the complete files */
    uint64_t flushed; /* end of what the buffers have written to files */
    uint64_t end;
    uint64_t acked;   /* of the page under way */
    double allowance; /* bytes that the throttle lets through now */
    SimTime sent_at;
    bool is_queued, is_dispatching;
    uint64_t noted; /* `end` when history was last told */
} HintQueue;

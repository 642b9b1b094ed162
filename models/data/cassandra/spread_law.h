/* spread_law.h - the law that every write without a fault is on all its replicas within one maximal
 * round trip: out to the farthest site, one hop from its relay, and back. What chance adds to the
 * means of links (jitter, lost packets, the bytes themselves) and what CPU the copies take is added
 * as it was drawn; copies that waited for a thread or for the commit log excuse their write, and so
 * does any fault on the way there. Private to this folder. */
#pragma once

#include "sim/base/sim_time.h"

typedef struct Cassandra Cassandra;
typedef struct Cluster Cluster;
typedef struct Write Write;

typedef enum WayPart { WAY_OUT, WAY_FORWARD, WAY_BACK, WAY_PARTS } WayPart;

/* What a write met. */
typedef struct WriteWay {
    SimTime sent;
    SimSpan late[WAY_PARTS]; /* beyond the link's mean, the most of all messages of that part */
    SimSpan work;            /* CPU of a copy, the most */
    bool is_excused;
} WriteWay;

/* What links between sites take on average, once there are links. */
void spread_law_prepare(Cluster *cluster);
void spread_law_free(Cluster *cluster);

/* A message of the write from one node to another arrives at `arrival`, which is not SIM_NEVER. */
void spread_law_note(Write *write, WayPart part, const Cassandra *from, const Cassandra *to,
                     SimTime arrival);

/* All replicas had acknowledged it at `last`: counts it when it is held to the law, and ends the
 * program when the law is broken. */
void spread_law_hold(const Write *write, SimTime last);

/* connections.h - what a cut leaves behind on the TCP connections between nodes. A segment that is
 * not acknowledged is sent again after the round trip and 200 ms, then after twice as long each
 * time, and all that is written later waits behind it (head of line): after a cut has healed
 * nothing flows until the next try. A peer that is marked down has its connections closed with what
 * they carried, and the next message opens a new one, by SYNs at 0, 1, 3, 7, 15, 31 and 63 s
 * (whatever its host's kernel does); the thread that opens it hangs in connect() that long, and
 * drops its queue when the kernel gives up. Source: Cassandra 3.11 OutboundTcpConnectionPool (one
 * connection for gossip, one for small messages), OutboundTcpConnection (closeSocket, connect,
 * handshake of versions); reference network 2 and 3. Left out: what is closed goes on in the kernel
 * for a while (tcp_orphan_retries); a way cut in one direction only, whose acknowledgements stop
 * the other one as soon as a window is full; hosts without power, whose peers would open
 * connections by the same SYNs and find them up to 64 s late. Private to this folder. */
#pragma once

#include "sim/engine/engine.h"

typedef struct Cassandra Cassandra;
typedef struct Connection Connection;

typedef enum ConnectionUse { CONNECTION_SMALL, CONNECTION_GOSSIP, CONNECTION_USES } ConnectionUse;

/* Messages since the process started: that went on their way, and that were lost on it. */
typedef struct MessageCounts {
    uint64_t sent[CONNECTION_USES], lost[CONNECTION_USES];
} MessageCounts;

/* When a message sent now arrives, behind what waits on its connection; SIM_NEVER: nothing gets
 * through now. */
SimTime connections_arrival(Cassandra *from, Cassandra *to, uint32_t size_bytes, ConnectionUse use);

/* A message that waits for its connection: `type` happens at `to` when it arrives, or `lost` is
 * called (NULL: nobody minds) when the connection is closed or one of the two ends. */
typedef void MessageLost(void *subject, uint64_t detail);
typedef struct KeptMessage {
    const EventType *type;
    void *subject;
    uint64_t detail;
    uint32_t size_bytes;
    MessageLost *lost;
} KeptMessage;

/* Keeps what connections_arrival has just called SIM_NEVER. False when there is no room: the socket
 * buffer is full, or there is no connection yet. */
bool connections_keep(Cassandra *from, Cassandra *to, const KeptMessage *message,
                      ConnectionUse use);

/* How many wait at all connections of the node. */
guint connections_count_kept(const Cassandra *node, ConnectionUse use);

/* The peer was marked down: its connections are closed. */
void connections_reset(Cassandra *node, guint rank);

/* The process ends: its connections, and those of others to it. */
void connections_stop(Cassandra *node);
void connections_free(Cassandra *node);

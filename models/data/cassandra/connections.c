/* connections.c - see connections.h. */
#include "models/data/cassandra/connections.h"

#include "models/data/cassandra/node.h"

#define GIVES_UP_AFTER (924600 * SIM_MS) /* Linux tcp_retries2 = 15 */
#define HANDSHAKES 2                     /* round trips: SYN, and the versions of both */
/* Assumption: a connection that was never full, as Linux sizes its buffer at the begin. */
#define SOCKET_BUFFER_BYTES 87040
#define GOSSIP_BUFFER_BYTES 1500 /* one message: the later ones say no more */

typedef enum ConnectionPhase {
    CONNECTION_OPEN,    /* or closed, with a way that was never found cut since */
    CONNECTION_CLOSED,  /* the next message opens it */
    CONNECTION_STALLED, /* something is not acknowledged */
    CONNECTION_OPENING, /* SYNs are not answered */
    CONNECTION_FAILING, /* none is sent any more, and connect() still waits */
} ConnectionPhase;

struct Connection {
    Cassandra *from, *to;
    ConnectionUse use;
    ConnectionPhase phase;
    uint32_t tries;      /* since `began` */
    uint32_t size_bytes; /* of what is sent again */
    SimTime began, next_at;
    EventId event;
    GArray *kept; /* of KeptMessage; NULL: none yet */
    uint32_t kept_bytes;
};

static void on_try(void *self, void *subject, uint64_t detail);
static const EventType try_due = {"cassandra.connection-try", on_try};

static Connection *connection_of(Cassandra *from, const Cassandra *to, ConnectionUse use)
{
    guint count = from->cluster->node_count;

    if (from->connections == NULL) {
        from->connections = g_new0(Connection, count * CONNECTION_USES);
        for (guint i = 0; i < count * CONNECTION_USES; i++) {
            from->connections[i].from = from;
            from->connections[i].to = from->cluster->nodes[i / CONNECTION_USES];
            from->connections[i].use = (ConnectionUse)(i % CONNECTION_USES);
        }
    }
    return &from->connections[to->rank * CONNECTION_USES + use];
}

/* SIM_NEVER: there is no way between the two, cut or not. */
static SimSpan round_trip(const Connection *connection)
{
    const Component *from = &connection->from->component, *to = &connection->to->component;
    SimSpan there = network_base_delay(from->world, from->site, to->site);
    SimSpan back = network_base_delay(from->world, to->site, from->site);

    return there == SIM_NEVER || back == SIM_NEVER ? SIM_NEVER : there + back;
}

static bool is_waiting(const Connection *connection)
{
    return connection->phase >= CONNECTION_STALLED;
}

/* --- what waits ---------------------------------------------------------------------------------
 */

static void lose_kept(Connection *connection)
{
    GArray *kept = g_steal_pointer(&connection->kept);

    connection->kept_bytes = 0;
    for (guint i = 0; kept != NULL && i < kept->len; i++) {
        const KeptMessage *message = &g_array_index(kept, KeptMessage, i);

        connection->from->messages.lost[connection->use]++;
        if (message->lost != NULL) {
            message->lost(message->subject, message->detail);
        }
    }
    if (kept != NULL) {
        g_array_free(kept, TRUE);
    }
}

static void deliver_kept(Connection *connection, SimTime arrival)
{
    for (guint i = 0; connection->kept != NULL && i < connection->kept->len; i++) {
        const KeptMessage *message = &g_array_index(connection->kept, KeptMessage, i);

        engine_at(connection->from->engine, arrival, &connection->to->component.owner,
                  message->type, message->subject, message->detail);
        connection->from->messages.sent[connection->use]++;
    }
    g_clear_pointer(&connection->kept, g_array_unref);
    connection->kept_bytes = 0;
}

bool connections_keep(Cassandra *from, Cassandra *to, const KeptMessage *message, ConnectionUse use)
{
    Connection *connection = connection_of(from, to, use);
    uint32_t room = use == CONNECTION_GOSSIP ? GOSSIP_BUFFER_BYTES : SOCKET_BUFFER_BYTES;

    if (!is_waiting(connection) || connection->kept_bytes + message->size_bytes > room ||
        (connection->phase != CONNECTION_STALLED && use == CONNECTION_SMALL)) {
        return false;
    }
    if (connection->kept == NULL) {
        connection->kept = g_array_new(FALSE, FALSE, sizeof(KeptMessage));
    }
    g_array_append_val(connection->kept, *message);
    connection->kept_bytes += message->size_bytes;
    from->messages.lost[use]--;
    return true;
}

/* --- tries --------------------------------------------------------------------------------------
 */

static void become(Connection *connection, ConnectionPhase phase)
{
    engine_cancel(connection->from->engine, connection->event);
    connection->event = EVENT_NONE;
    connection->phase = phase;
}

static void close_connection(Connection *connection)
{
    become(connection, CONNECTION_CLOSED);
    lose_kept(connection);
}

/* A process that was frozen finds the tries of its kernel behind it. */
static void plan_next_syn(Connection *connection)
{
    TcpStack stack = host_tcp_stack(connection->from->component.host);
    SimTime now = node_now(connection->from);
    SimSpan syn;

    do {
        syn = tcp_syn_time(stack, ++connection->tries);
    } while (syn != SIM_NEVER && connection->began + syn <= now);
    if (syn == SIM_NEVER) {
        connection->phase = CONNECTION_FAILING;
        syn = tcp_syn_end(stack);
    }
    connection->next_at = MAX(connection->began + syn, now);
}

static void plan_next_segment(Connection *connection)
{
    do {
        connection->next_at += tcp_retransmit_wait(round_trip(connection), connection->size_bytes,
                                                   connection->tries++);
    } while (connection->next_at <= node_now(connection->from));
}

static void plan_try(Connection *connection)
{
    if (connection->phase == CONNECTION_OPENING) {
        plan_next_syn(connection);
    } else {
        plan_next_segment(connection);
    }
    if (connection->next_at > connection->began + GIVES_UP_AFTER) { /* ETIMEDOUT */
        close_connection(connection);
        return;
    }
    connection->event = engine_at(connection->from->engine, connection->next_at,
                                  &connection->from->component.owner, &try_due, connection, 0);
}

static void begin_waiting(Connection *connection, uint32_t size_bytes)
{
    become(connection,
           connection->phase == CONNECTION_CLOSED ? CONNECTION_OPENING : CONNECTION_STALLED);
    connection->began = connection->next_at = node_now(connection->from);
    connection->tries = 0;
    connection->size_bytes = size_bytes;
    connection->from->connections_stalled += connection->phase == CONNECTION_STALLED ? 1 : 0;
    plan_try(connection);
}

/* What comes after the SYN before a message may follow. */
static SimSpan opening_takes(const Connection *connection)
{
    return connection->phase == CONNECTION_OPENING ? HANDSHAKES * round_trip(connection) : 0;
}

static void on_try(void *self, void *subject, uint64_t detail)
{
    Connection *connection = subject;
    Cassandra *from = connection->from, *to = connection->to;
    SimTime arrival;

    (void)self;
    (void)detail;
    connection->event = EVENT_NONE;
    if (connection->phase == CONNECTION_FAILING) {
        close_connection(connection);
        return;
    }
    arrival = network_arrival(&from->component, &to->component, connection->size_bytes);
    if (arrival == SIM_NEVER) {
        plan_try(connection);
        return;
    }
    arrival += opening_takes(connection);
    become(connection, CONNECTION_OPEN);
    deliver_kept(connection, arrival);
}

/* Of a connection that some message has found cut before. */
static SimTime arrival_behind(Connection *connection, uint32_t size_bytes, SimTime arrival)
{
    SimTime now = node_now(connection->from);

    if (!is_waiting(connection)) {
        if (arrival == SIM_NEVER && round_trip(connection) != SIM_NEVER) {
            begin_waiting(connection, size_bytes);
        } else if (arrival != SIM_NEVER) {
            connection->phase = CONNECTION_OPEN;
        }
        return arrival;
    }
    if (arrival == SIM_NEVER || connection->phase == CONNECTION_FAILING) {
        return SIM_NEVER;
    }
    return MAX(connection->next_at, now) + opening_takes(connection) + arrival - now;
}

SimTime connections_arrival(Cassandra *from, Cassandra *to, uint32_t size_bytes, ConnectionUse use)
{
    SimTime arrival = network_arrival(&from->component, &to->component, size_bytes);

    if (G_UNLIKELY(arrival == SIM_NEVER || from->connections != NULL)) {
        arrival = arrival_behind(connection_of(from, to, use), size_bytes, arrival);
    }
    if (G_LIKELY(arrival != SIM_NEVER)) {
        from->messages.sent[use]++;
    } else {
        from->messages.lost[use]++; /* unless it is kept now */
    }
    return arrival;
}

guint connections_count_kept(const Cassandra *node, ConnectionUse use)
{
    guint count = 0;

    for (guint i = use;
         node->connections != NULL && i < node->cluster->node_count * CONNECTION_USES;
         i += CONNECTION_USES) {
        count += node->connections[i].kept != NULL ? node->connections[i].kept->len : 0;
    }
    return count;
}

/* --- ends ---------------------------------------------------------------------------------------
 */

void connections_reset(Cassandra *node, guint rank)
{
    for (guint use = 0; node->connections != NULL && use < CONNECTION_USES; use++) {
        close_connection(&node->connections[rank * CONNECTION_USES + use]);
    }
}

void connections_stop(Cassandra *node)
{
    for (guint i = 0; i < node->cluster->node_count; i++) {
        connections_reset(node, i);
        connections_reset(node->cluster->nodes[i], node->rank);
    }
}

void connections_free(Cassandra *node)
{
    for (guint i = 0; node->connections != NULL && i < node->cluster->node_count * CONNECTION_USES;
         i++) {
        g_clear_pointer(&node->connections[i].kept, g_array_unref);
    }
    g_clear_pointer(&node->connections, g_free);
}

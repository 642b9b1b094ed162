/* network_connect.c - opening a TCP connection: SYN, SYN again, RST or silence. Source: reference
 * network 2 (tcp.h says when each kernel sends again). Left out: the listener's own retransmission
 * of its SYN-ACK, which comes at the same instants as the client's next SYN, and errors by ICMP,
 * which firewalls drop. */
#include "sim/world/host.h"
#include "sim/world/inside.h"

#define SYN_BYTES 0

/* One connection under way. One event of it is pending at any time. */
typedef struct Connect {
    Component *self, *peer; /* peer: who accepted, or the one that was meant */
    uint32_t life;          /* of self */
    uint32_t tries;         /* SYNs sent */
    uint32_t connection;    /* the listener's number of it, once it accepted */
    uint32_t accepted_by;   /* life of the listener that did */
    TcpStack stack;
    bool is_unreachable; /* its own LAN says so at the deadline */
    bool is_accepted;    /* another SYN is only answered again */
    uint16_t port;
    uint32_t address;
    Host *host; /* NULL: straight to the peer */
    SimTime begun, deadline;
    SimSpan access_delay;
    double access_loss;
    uint64_t luck; /* as in ConnectManner */
    ConnectOutcome outcome;
    ConnectDone *done;
    void *context;
} Connect;

static void connect_on_syn(void *self, void *subject, uint64_t detail);
static void connect_on_try(void *self, void *subject, uint64_t detail);
static void connect_on_end(void *self, void *subject, uint64_t detail);

static const EventType connect_tries = {"connect.syn-again", connect_on_try};
static const EventType connect_arrives = {"connect.syn-arrives", connect_on_syn};
static const EventType connect_ends = {"connect.end", connect_on_end};

Pool *connect_pool_new(void)
{
    return pool_new("connections being opened", sizeof(Connect));
}

static Network *connect_network(const Connect *connect)
{
    return world_head_network(connect->self->world);
}

/* The last event, at the client's own door, so that a frozen client hears when it thaws. */
static void connect_finish(Connect *connect, SimTime time, ConnectOutcome outcome)
{
    connect->outcome = outcome;
    engine_at(connect_network(connect)->engine, time, &connect->self->door, &connect_ends, connect,
              0);
}

static void connect_on_end(void *self, void *subject, uint64_t detail)
{
    Connect connect = *(Connect *)subject;

    (void)self;
    (void)detail;
    bool is_connected = connect.outcome == CONNECTED;

    pool_give(connect_network(&connect)->connects, subject);
    if (!connect.self->is_up || connect.self->owner.incarnation != connect.life) {
        return;
    }
    if (!is_connected && connect.is_accepted) { /* too late: RST to the SYN-ACK */
        network_close(connect.self, connect.peer, connect.connection, connect.access_delay,
                      connect.access_loss);
    }
    connect.done(connect.self, connect.context, connect.outcome, is_connected ? connect.peer : NULL,
                 is_connected ? connect.connection : 0);
}

/* No answer to this SYN: the next one in its time, unless the limit comes first. */
static void connect_wait(Connect *connect)
{
    Network *network = connect_network(connect);
    SimSpan wait = tcp_syn_time(connect->stack, connect->tries);
    SimTime next = wait == SIM_NEVER ? SIM_NEVER : connect->begun + wait;

    if (next >= connect->deadline) {
        connect_finish(connect, MAX(connect->deadline, engine_now(network->engine)),
                       connect->is_unreachable ? CONNECT_UNREACHABLE : CONNECT_TIMEOUT);
        return;
    }
    next = MAX(next, engine_now(network->engine));
    engine_at(network->engine, next, &network->owner, &connect_tries, connect, 0);
}

static const Component *connect_end(const Connect *connect)
{
    return connect->host != NULL ? host_component(connect->host) : connect->peer;
}

/* One packet there or back: when it arrives, or SIM_NEVER. */
static SimTime connect_packet(const Connect *connect, const Component *from, const Component *to)
{
    Network *network = connect_network(connect);
    uint64_t luck = connect->luck != 0 ? connect->luck ^ connect->tries << 1 : 0;
    Train train = {.size_bytes = SYN_BYTES,
                   .access_loss = connect->access_loss,
                   .luck = luck != 0 && from != connect->self ? ~luck : luck,
                   .client = connect->self,
                   .server = connect->peer,
                   .connection = from != connect->self ? connect->connection : 0};
    SimSpan delay = network_pass(network, from, to, &train);

    return delay == SIM_NEVER ? SIM_NEVER
                              : engine_now(network->engine) + delay + connect->access_delay;
}

/* On a LAN of one's own nobody answers for a host that is off: the kernel knows it after its
 * questions for the neighbour's address. */
static void connect_ask_neighbour(Connect *connect)
{
    const Component *self = connect->self, *end = connect_end(connect);
    const Component *lan = self->site != NULL && self->site == end->site
                               ? network_link(self->world, self->site, self->site)
                               : NULL;
    SimSpan limit = lan != NULL ? ((const Link *)lan)->neighbour_timeout : 0;

    bool is_mute = network_is_dark(end) || end->condition.loss_ratio >= 1; /* its card is down */

    if (limit > 0 && is_mute && connect->begun + limit < connect->deadline) {
        connect->deadline = connect->begun + limit;
        connect->is_unreachable = true;
    }
}

static void connect_try(Connect *connect)
{
    SimTime arrival = connect_packet(connect, connect->self, connect_end(connect));
    Network *network = connect_network(connect);

    connect->tries++;
    if (arrival == SIM_NEVER) {
        connect_ask_neighbour(connect);
        connect_wait(connect);
    } else if (arrival >= connect->deadline) {
        connect_finish(connect, connect->deadline, CONNECT_TIMEOUT);
    } else {
        engine_at(network->engine, arrival, &network->owner, &connect_arrives, connect, 0);
    }
}

static void connect_on_try(void *self, void *subject, uint64_t detail)
{
    Connect *connect = subject;

    (void)self;
    (void)detail;
    if (connect->self->owner.incarnation == connect->life) {
        if (connect->host != NULL) { /* the address may have wandered */
            connect->host = host_find_address(connect->self->world, connect->address);
        }
        connect_try(connect);
    } else {
        pool_give(connect_network(connect)->connects, connect);
    }
}

/* What the kernel at the other end says; sets who accepts. */
static ConnectAnswer connect_ask(Connect *connect)
{
    Component *peer =
        connect->host != NULL ? host_listener(connect->host, connect->port) : connect->peer;

    if (connect->host != NULL && !host_is_up(connect->host)) {
        return CONNECT_DROP;
    }
    if (connect->host == NULL && !peer->is_up && network_is_dark(peer)) {
        return CONNECT_DROP;
    }
    if (peer == NULL || !peer->is_up) {
        return CONNECT_REFUSE;
    }
    if (connect->is_accepted && connect->accepted_by == peer->owner.incarnation) {
        return CONNECT_ACCEPT;
    }
    connect->connection = 0;
    connect->peer = peer;
    connect->accepted_by = peer->owner.incarnation;
    if (G_UNLIKELY(peer->is_impaired)) {
        ConnectAnswer fate = network_fault_on_syn(connect_network(connect), peer, CONNECT_ACCEPT);

        if (fate != CONNECT_ACCEPT) {
            return fate;
        }
    }
    ConnectAnswer answer = peer->kind->on_connect != NULL
                               ? peer->kind->on_connect(peer, &connect->connection)
                               : CONNECT_ACCEPT;

    connect->is_accepted = answer == CONNECT_ACCEPT;
    return answer;
}

static void connect_on_syn(void *self, void *subject, uint64_t detail)
{
    Connect *connect = subject;
    ConnectAnswer answer = connect_ask(connect);
    SimTime back;

    (void)self;
    (void)detail;
    if (answer == CONNECT_DROP) {
        connect_ask_neighbour(connect);
        connect_wait(connect);
        return;
    }
    if (network_loses_connection(connect_network(connect), connect->self, connect_end(connect),
                                 &(Train){.client = connect->self,
                                          .server = connect->peer,
                                          .connection = connect->connection})) {
        connect_wait(connect); /* which path it takes is known only now */
        return;
    }
    back = connect_packet(connect, connect_end(connect), connect->self);
    if (back == SIM_NEVER) {
        connect_wait(connect);
        return;
    }
    if (answer == CONNECT_ACCEPT) {
        back += connect->peer->condition.spans[SPAN_TCP_HANDSHAKE];
    }
    if (back >= connect->deadline) {
        connect_finish(connect, connect->deadline, CONNECT_TIMEOUT);
    } else {
        connect_finish(connect, back, answer == CONNECT_ACCEPT ? CONNECTED : CONNECT_REFUSED);
    }
}

static Connect *connect_new(Component *self, TcpStack stack, SimSpan timeout, ConnectDone *done,
                            void *context)
{
    Network *network = world_head_network(self->world);
    Connect *connect = pool_take(network->connects);

    g_assert_true(self->is_up);
    connect->self = self;
    connect->life = self->owner.incarnation;
    connect->begun = engine_now(network->engine);
    connect->stack = stack;
    connect->deadline = connect->begun + MIN(timeout, tcp_syn_end(stack));
    connect->done = done;
    connect->context = context;
    return connect;
}

static void connect_begin(Connect *connect)
{
    Network *network = connect_network(connect);

    if (network_has_way(network, connect->self, connect_end(connect))) {
        connect_try(connect);
    } else {
        connect_finish(connect, engine_now(network->engine), CONNECT_UNREACHABLE);
    }
}

void network_connect_as(Component *self, const ConnectManner *manner, uint32_t address,
                        uint16_t port, SimSpan timeout, ConnectDone *done, void *context)
{
    Connect *connect = connect_new(self, manner->stack, timeout, done, context);

    connect->address = address;
    connect->host = host_find_address(self->world, address);
    connect->port = port;
    connect->access_delay = manner->access_delay;
    connect->access_loss = manner->access_loss;
    connect->luck = manner->luck;
    if (connect->host != NULL) {
        connect_begin(connect);
    } else {
        connect_finish(connect, connect->begun, CONNECT_UNREACHABLE);
    }
}

/* Of who stands on no host: that of most servers. */
static TcpStack stack_of(const Component *self)
{
    return self->host != NULL ? host_tcp_stack(self->host) : TCP_LINUX;
}

void network_connect(Component *self, uint32_t address, uint16_t port, SimSpan timeout,
                     SimSpan access_delay, double access_loss, ConnectDone *done, void *context)
{
    ConnectManner manner = {stack_of(self), access_delay, access_loss, 0};

    network_connect_as(self, &manner, address, port, timeout, done, context);
}

void network_close(Component *self, Component *peer, uint32_t number, SimSpan access_delay,
                   double access_loss)
{
    Message close = {.op = MESSAGE_CLOSE,
                     .connection = number,
                     .peer_incarnation = component_life(peer),
                     .access_delay = access_delay,
                     .access_loss = access_loss};

    if (number != 0 && peer->kind->on_message != NULL) {
        network_send(self, peer, &close);
    }
}

void network_connect_to(Component *self, Component *peer, SimSpan timeout, ConnectDone *done,
                        void *context)
{
    Connect *connect = connect_new(self, stack_of(self), timeout, done, context);

    connect->peer = peer;
    connect_begin(connect);
}

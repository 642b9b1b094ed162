/* network.c - messages on their way: one event and one pooled copy each; lost TCP packets come
 * again later (tcp.h says when), and the kernel answers for processes that are gone. Sources:
 * reference network 2 and 3 (Linux ip-sysctl: tcp_retries2). */
#include "sim/world/network.h"

#include "sim/world/host.h"
#include "sim/world/link_pass.h"

/* Between two processes of one host. Assumption: 20 us through the loopback's stack. */
#define LOOPBACK_ONE_WAY (20 * SIM_US)
#define PATIENCE_DEFAULT (924600 * SIM_MS) /* Linux tcp_retries2 = 15 */
#define NETWORK_OWNER_ID (UINT32_MAX - 1)  /* no component has it */
#define RST_BYTES 0
#define SILENCE_SHORT (12 * SIM_S) /* no host boots faster than its callers' usual time-outs */

/* A message under way. */
typedef struct Flight {
    Message message; /* first: what is handed to on_message */
    Component *to;
    SimTime gives_up_at; /* last instant at which it may be sent again */
    uint64_t luck;       /* as network_launch has it */
    uint32_t from_life, to_life;
    uint32_t repeats; /* retransmissions, the next one included once it is known to be needed */
    FlightKind kind;
} Flight;

static void flight_arrive(void *self, void *subject, uint64_t detail);
static void flight_retry(void *self, void *subject, uint64_t detail);
static void flight_fail(void *self, void *subject, uint64_t detail);

static const EventType flight_arrives = {"network.arrive", flight_arrive};
static const EventType flight_retries = {"network.retransmit", flight_retry};
static const EventType flight_fails = {"network.give-up", flight_fail};

/* --- ways ------------------------------------------------------------------------------------- */

Network *network_new(World *world)
{
    Network *network = g_new0(Network, 1);

    network->world = world;
    network->engine = world_head_engine(world);
    network->owner.id = NETWORK_OWNER_ID;
    network->flights = pool_new("messages under way", sizeof(Flight));
    network->connects = connect_pool_new();
    network->jitter = jitter_table_new();
    network->calls = call_store_new();
    engine_open_stream(network->engine, &network->packets, "network/packets");
    engine_open_stream(network->engine, &network->access, "network/access");
    engine_open_stream(network->engine, &network->connection_faults, "network/connection-faults");
    return network;
}

const char *network_op_word(MessageOp op)
{
    static const char *const words[] = {
        [MESSAGE_RESOLVE] = "resolve",     [MESSAGE_HTTP] = "http",
        [MESSAGE_READ] = "read",           [MESSAGE_WRITE] = "write",
        [MESSAGE_REPLICA] = "replica",     [MESSAGE_GOSSIP] = "gossip",
        [MESSAGE_PUBLISH] = "publish",     [MESSAGE_DELIVER] = "deliver",
        [MESSAGE_HEARTBEAT] = "heartbeat", [MESSAGE_NOTICE] = "notice",
        [MESSAGE_CLOSE] = "close",
    };

    g_assert_cmpuint(op, <, G_N_ELEMENTS(words));
    return words[op];
}

void network_watch(World *world, NetworkWatch *watch, void *context)
{
    Network *network = world_head_network(world);

    network->watch = watch;
    network->watch_context = context;
}

void network_free(Network *network)
{
    pool_free(network->flights);
    pool_free(network->connects);
    jitter_table_free(network->jitter);
    call_store_free(network->calls);
    g_free(network->links);
    g_free(network);
}

void network_put_link(Network *network, Link *link)
{
    guint sites = world_count_sites(network->world);

    if (sites > network->stride) {
        g_autofree Link **before = network->links;

        network->links = g_new0(Link *, (gsize)sites * sites);
        for (guint from = 0; from < network->stride; from++) {
            for (guint to = 0; to < network->stride; to++) {
                network->links[from * sites + to] = before[from * network->stride + to];
            }
        }
        network->stride = sites;
    }
    network->links[link->component.site->index * network->stride + link->to->index] = link;
}

/* By ranks of sites; NULL when there is none. */
static inline Link *network_find(const Network *network, uint32_t from, uint32_t to)
{
    if (from >= network->stride || to >= network->stride) {
        return NULL;
    }
    return network->links[from * network->stride + to];
}

Component *network_link(const World *world, const Site *from, const Site *to)
{
    Link *link = network_find(world_head_network(world), from->index, to->index);

    return link != NULL ? &link->component : NULL;
}

SimSpan network_base_delay(const World *world, const Site *from, const Site *to)
{
    const Link *link = network_find(world_head_network(world), from->index, to->index);

    if (link != NULL) {
        return link->one_way;
    }
    return from == to ? from->lan_one_way : SIM_NEVER;
}

bool network_has_way(const Network *network, const Component *from, const Component *to)
{
    return from->site == NULL || to->site == NULL || from->site == to->site ||
           network_find(network, from->site_rank, to->site_rank) != NULL;
}

bool network_is_dark(const Component *component)
{
    if (component->host == NULL) {
        return true;
    }
    return !host_component(component->host)->is_up || !host_is_up(component->host);
}

/* A host is a component too, and begins with it. */
static inline bool network_is_same_host(const Component *a, const Component *b)
{
    return (a->host != NULL && (a->host == b->host || (const void *)a->host == (const void *)b)) ||
           (b->host != NULL && (const void *)b->host == (const void *)a);
}

/* What the faults on one end do to a packet; SIM_NEVER when it is lost. */
static SimSpan network_suffer(Network *network, const Component *end)
{
    const Effect *condition = &end->condition;
    SimSpan delay = condition->delay_added;

    if (condition->loss_ratio > 0 && rng_chance(&network->packets, condition->loss_ratio)) {
        return SIM_NEVER;
    }
    if (condition->jitter_added > 0) {
        delay += (SimSpan)rng_below(&network->packets, (uint64_t)condition->jitter_added + 1);
    }
    return delay;
}

/* The same for both ways: of a connection when its number is known, else of all that two components
 * send each other over TCP. */
static uint64_t network_flow(const Component *from, const Component *to, const Train *train)
{
    const Message *message = train->message;
    uint32_t a = from->owner.id, b = to->owner.id, number = train->connection;

    if (train->client != NULL && number == 0) {
        return FLOW_UNKNOWN;
    }
    if (train->client != NULL) {
        a = train->client->owner.id;
        b = train->server->owner.id;
    }
    if (message != NULL && message->transport != TRANSPORT_TCP) {
        return FLOW_OWN;
    }
    if (message != NULL && (message->op == MESSAGE_HTTP || message->op == MESSAGE_CLOSE)) {
        number = message->connection;
    }
    return rng_fold((uint64_t)MIN(a, b) << 32 | MAX(a, b), number) >> 1 | 1;
}

bool network_loses_connection(Network *network, const Component *from, const Component *to,
                              const Train *train)
{
    Link *link = network_find(network, from->site_rank, to->site_rank);

    return link != NULL && link->component.condition.shares[SHARE_LINK_LOSS] > 0 &&
           train->connection != 0 &&
           link_loses_more(link, engine_now(network->engine), network_flow(from, to, train));
}

/* Between the sites, without what faults do to the two ends. */
static inline SimSpan network_cross(Network *network, const Component *from, const Component *to,
                                    const Train *train)
{
    Link *link = network_find(network, from->site_rank, to->site_rank);
    const Site *near, *far;

    if (G_LIKELY(link != NULL)) {
        uint64_t flow =
            G_UNLIKELY(link->component.is_impaired) ? network_flow(from, to, train) : FLOW_OWN;

        return link_cross(link, network->jitter, train->size_bytes, engine_now(network->engine),
                          train->later, flow);
    }
    near = from->site != NULL ? from->site : to->site;
    far = to->site != NULL ? to->site : from->site;
    if (near == NULL) {
        return 0;
    }
    return near == far ? near->lan_one_way : SIM_NEVER;
}

static bool network_loses_access(Network *network, double access_loss, uint64_t luck)
{
    return luck != 0 ? rng_uniform_of(rng_word_of(&network->access, luck)) < access_loss
                     : rng_chance(&network->packets, access_loss);
}

SimSpan network_pass(Network *network, const Component *from, const Component *to,
                     const Train *train)
{
    SimSpan delay, more;

    if (network_is_same_host(from, to)) {
        return LOOPBACK_ONE_WAY;
    }
    delay = network_cross(network, from, to, train);
    if (G_UNLIKELY(train->access_loss > 0) &&
        network_loses_access(network, train->access_loss, train->luck)) {
        return SIM_NEVER;
    }
    if (G_UNLIKELY(from->is_impaired) && delay != SIM_NEVER) {
        more = network_suffer(network, from);
        delay = more == SIM_NEVER ? SIM_NEVER : MAX(delay + more, 0);
    }
    if (G_UNLIKELY(to->is_impaired) && delay != SIM_NEVER) {
        more = network_suffer(network, to);
        delay = more == SIM_NEVER ? SIM_NEVER : MAX(delay + more, 0);
    }
    return delay;
}

/* --- flights ---------------------------------------------------------------------------------- */

/* What the two kernels have measured: there and back, with what faults add on both ways and without
 * access networks; 0 where there is no network between. */
static SimSpan network_round_trip(const Network *network, const Component *from,
                                  const Component *to)
{
    const Link *ways[] = {network_find(network, from->site_rank, to->site_rank),
                          network_find(network, to->site_rank, from->site_rank)};
    SimSpan round_trip = 2 * (from->condition.delay_added + to->condition.delay_added);

    for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
        if (ways[i] != NULL) {
            round_trip += ways[i]->one_way + ways[i]->component.condition.delay_added;
        } else if (from->site != NULL && from->site == to->site) {
            round_trip += from->site->lan_one_way;
        }
    }
    return MAX(round_trip, 0);
}

static bool flight_has_call(const Flight *flight)
{
    return flight->message.ticket.call != NULL;
}

static void flight_drop(Network *network, Flight *flight)
{
    pool_give(network->flights, flight);
}

/* Not acknowledged: sends it again after the timeout, or gives up when patience ends. */
static void flight_wait(Network *network, Flight *flight)
{
    const Message *message = &flight->message;
    SimSpan round_trip =
        network_round_trip(network, message->from, flight->to) + 2 * message->access_delay;
    SimTime next = engine_now(network->engine) +
                   tcp_retransmit_wait(round_trip, message->size_bytes, flight->repeats);

    flight->repeats++;
    if (next <= flight->gives_up_at) {
        engine_at(network->engine, next, &network->owner, &flight_retries, flight, 0);
    } else if (flight->kind == FLIGHT_REQUEST && flight_has_call(flight)) {
        engine_at(network->engine, flight->gives_up_at, &network->owner, &flight_fails, flight, 0);
    } else {
        flight_drop(network, flight);
    }
}

/* Who still waits learns from his kernel that nothing was acknowledged (ETIMEDOUT). */
static void flight_fail(void *self, void *subject, uint64_t detail)
{
    Flight *flight = subject;

    (void)self;
    (void)detail;
    if (call_is_waited_for(&flight->message.ticket)) {
        call_end_soon(&flight->message.ticket, OUTCOME_TIMEOUT);
    }
    flight_drop(world_head_network(flight->to->world), flight);
}

/* What an HTTP message beyond the first window waits for acknowledgements, while the line is not
 * the narrower place. */
static SimSpan flight_slow_start(const Network *network, const Flight *flight)
{
    const Message *message = &flight->message;
    const Component *from = message->from, *to = flight->to;
    const Link *link = network_find(network, from->site_rank, to->site_rank);
    SimSpan way = message->access_delay + (link != NULL ? link->one_way : 0);
    double loss = message->access_loss + (link != NULL ? link->loss : 0);
    SimSpan on_line = link != NULL ? (SimSpan)(link->ns_per_byte * (double)message->size_bytes) : 0;

    return MAX(tcp_slow_start(message->size_bytes, 2 * way, loss) - on_line, 0);
}

static inline void flight_try(Network *network, Flight *flight)
{
    Message *message = &flight->message;
    uint64_t luck = flight->luck != 0 ? flight->luck + flight->repeats : 0;
    Train train = {.size_bytes = message->size_bytes,
                   .access_loss = message->access_loss,
                   .luck = luck,
                   .message = message};
    SimSpan delay = network_pass(network, message->from, flight->to, &train);

    if (G_LIKELY(delay != SIM_NEVER)) {
        if (G_UNLIKELY(message->size_bytes > TCP_FIRST_WINDOW) && message->op == MESSAGE_HTTP &&
            message->transport == TRANSPORT_TCP) {
            delay += flight_slow_start(network, flight);
        }
        engine_after(network->engine, delay + message->access_delay, &flight->to->door,
                     &flight_arrives, flight, 0);
    } else if (message->transport == TRANSPORT_TCP) {
        flight_wait(network, flight);
    } else {
        flight_drop(network, flight);
    }
}

/* Whether anybody still sends it: the sender's process lives, or its kernel for an end, and whoever
 * waits for it still does. */
static bool flight_is_wanted(const Flight *flight)
{
    const Component *from = flight->message.from;

    if (flight_has_call(flight) && !call_is_waited_for(&flight->message.ticket)) {
        return false;
    }
    if (flight->kind == FLIGHT_END) {
        return !network_is_dark(from);
    }
    return from->is_up && from->owner.incarnation == flight->from_life;
}

static void flight_retry(void *self, void *subject, uint64_t detail)
{
    Flight *flight = subject;
    Network *network = world_head_network(flight->to->world);

    (void)self;
    (void)detail;
    if (flight_is_wanted(flight)) {
        flight_try(network, flight);
    } else {
        flight_drop(network, flight);
    }
}

/* The kernel at the other end says that there is nobody: RST goes back. */
static void flight_turn_back(Network *network, Flight *flight)
{
    Component *there = flight->to;
    /* A packet that was sent once only was certainly not received before. */
    Outcome outcome = flight->repeats == 0 ? OUTCOME_REFUSED : OUTCOME_FAILED;

    if (flight->kind != FLIGHT_REQUEST) {
        flight_drop(network, flight);
        return;
    }
    flight->kind = FLIGHT_END;
    flight->to = flight->message.from;
    flight->to_life = flight->from_life;
    flight->message.from = there;
    flight->message.code = (uint32_t)outcome;
    flight->message.size_bytes = RST_BYTES;
    flight->message.transport = TRANSPORT_TCP;
    flight->repeats = 0;
    flight_try(network, flight);
}

/* Nobody gives a sign. Who waits for long goes on sending, until the host is back and answers with
 * a reset or his kernel gives up; within seconds no host is back. */
static void flight_meet_silence(Network *network, Flight *flight)
{
    if (flight->kind == FLIGHT_REQUEST && flight->message.transport == TRANSPORT_TCP &&
        call_waits_beyond(&flight->message.ticket, SILENCE_SHORT)) {
        flight_wait(network, flight);
    } else {
        flight_drop(network, flight);
    }
}

/* Whether the receiver knows the connection that this comes over. */
static inline bool flight_is_fresh(const Flight *flight, const Component *to)
{
    if (flight->message.peer_incarnation != 0 &&
        flight->message.peer_incarnation != component_life(to)) {
        return false;
    }
    return flight->repeats == 0 || flight->to_life == to->owner.incarnation;
}

/* Whether a fault on the process keeps the message from it. */
static bool flight_meets_fault(Network *network, Flight *flight)
{
    switch (network_fault_on_message(network, flight->to, &flight->message)) {
    case FATE_ARRIVES:
        return false;
    case FATE_SWALLOWED: /* sent again and again, until the fault ends or the sender gives up */
        if (flight->kind == FLIGHT_REQUEST && flight->message.transport == TRANSPORT_TCP) {
            flight_wait(network, flight);
        } else {
            flight_drop(network, flight);
        }
        return true;
    case FATE_RESET:
        flight_turn_back(network, flight);
        return true;
    }
    g_assert_not_reached();
}

static void flight_deliver(Network *network, Flight *flight)
{
    Component *to = flight->to;

    if (!to->is_up && network_is_dark(to)) {
        flight_meet_silence(network, flight);
        return;
    }
    if (G_UNLIKELY(to->is_impaired) && to->is_up && flight_meets_fault(network, flight)) {
        return;
    }
    if (!to->is_up || to->kind->on_message == NULL || !flight_is_fresh(flight, to)) {
        flight_turn_back(network, flight);
        return;
    }
    to->messages_in++;
    if (flight->kind == FLIGHT_REQUEST) {
        call_arrived(&flight->message.ticket, to);
    }
    to->kind->on_message(to, &flight->message);
    flight_drop(network, flight);
}

static void flight_arrive(void *self, void *subject, uint64_t detail)
{
    Flight *flight = subject;
    Network *network = world_head_network(flight->to->world);

    (void)self;
    (void)detail;
    if (network->watch != NULL) {
        network->watch(network->watch_context, engine_now(network->engine), flight->to,
                       &flight->message);
    }
    switch (flight->kind) {
    case FLIGHT_ONE_WAY:
    case FLIGHT_REQUEST:
        flight_deliver(network, flight);
        return;
    case FLIGHT_ANSWER:
        flight->to->messages_in++;
        call_answered(&flight->message.ticket, &flight->message);
        break;
    case FLIGHT_END:
        call_ended(&flight->message.ticket, (Outcome)flight->message.code);
        break;
    }
    flight_drop(network, flight);
}

/* An answer that breaks off is the end of its call; a close may come late. */
static void flight_suffer_at_begin(Flight *flight)
{
    Message *message = &flight->message;
    const Component *from = message->from, *to = flight->to;

    if (flight->kind == FLIGHT_ANSWER && network_fault_cuts(from, message)) {
        flight->kind = FLIGHT_END;
        message->code = OUTCOME_FAILED;
    }
    if (message->op == MESSAGE_CLOSE) {
        message->access_delay +=
            MAX(from->condition.spans[SPAN_TCP_CLOSE], to->condition.spans[SPAN_TCP_CLOSE]);
    }
}

void network_launch(Component *from, Component *to, const Message *message,
                    const CallTicket *ticket, FlightKind kind, Transport transport, uint64_t luck)
{
    Network *network = world_head_network(from->world);
    Flight *flight = pool_take_raw(network->flights);
    SimSpan patience = message->patience > 0 ? message->patience : PATIENCE_DEFAULT;

    flight->message = *message;
    flight->message.from = from;
    flight->message.ticket = ticket != NULL ? *ticket : (CallTicket){0};
    flight->message.transport = transport;
    if (kind == FLIGHT_ANSWER || kind == FLIGHT_END) {
        flight->message.access_delay = ticket->access_delay;
        flight->message.access_loss = (double)ticket->access_loss;
    }
    flight->to = to;
    flight->gives_up_at = engine_now(network->engine) + patience;
    flight->repeats = 0;
    flight->luck = luck;
    flight->from_life = from->owner.incarnation;
    flight->to_life = to->owner.incarnation;
    flight->kind = kind;
    from->messages_out++;
    if (G_UNLIKELY(from->is_impaired || to->is_impaired)) {
        flight_suffer_at_begin(flight);
    }
    flight_try(network, flight);
}

void network_send(Component *from, Component *to, const Message *message)
{
    network_launch(from, to, message, NULL, FLIGHT_ONE_WAY, message->transport, 0);
}

/* Tries again until it gets through, as late as a message would be sent again, all drawn now. The
 * tries to come know nothing of the burst that the link is in now, and leave no trace there. */
static SimSpan network_arrive_later(Network *network, const Component *from, const Component *to,
                                    uint32_t size_bytes, Link *link)
{
    SimSpan waited = 0, delay = SIM_NEVER, round_trip = network_round_trip(network, from, to);
    Train train = {.size_bytes = size_bytes};
    LinkTrace trace = link != NULL ? link_trace(link) : (LinkTrace){0};

    if (link != NULL && link->component.condition.down) {
        return SIM_NEVER;
    }
    for (uint32_t i = 0; delay == SIM_NEVER && waited < PATIENCE_DEFAULT; i++) {
        if (link != NULL) {
            link->passed_at = LINK_NOT_PASSED;
        }
        waited += tcp_retransmit_wait(round_trip, size_bytes, i);
        train.later = waited;
        delay = network_pass(network, from, to, &train);
    }
    if (link != NULL) {
        link_untrace(link, &trace);
    }
    return delay == SIM_NEVER ? SIM_NEVER : waited + delay;
}

SimTime network_arrival(Component *from, Component *to, uint32_t size_bytes)
{
    Network *network = world_head_network(from->world);
    SimTime now = engine_now(network->engine);
    Train train = {.size_bytes = size_bytes};
    SimSpan delay = network_pass(network, from, to, &train);
    Link *link = NULL;

    if (G_UNLIKELY(delay == SIM_NEVER)) {
        if (!network_has_way(network, from, to)) {
            return SIM_NEVER;
        }
        link = network_find(network, from->site_rank, to->site_rank);
        delay = network_arrive_later(network, from, to, size_bytes, link);
    }
    return delay == SIM_NEVER ? SIM_NEVER : now + delay;
}

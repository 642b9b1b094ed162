/* driver_nodes.c - what the driver believes of coordinators: who is up, when one that is not is
 * tried again, and what the cluster tells over the control connection.
 * Source: DataStax Java driver 3.x ExponentialReconnectionPolicy, ConstantReconnectionPolicy,
 * ControlConnection, QueryOptions.refreshNodeIntervalMillis 1000 and maxPendingRefreshNodeRequests
 * 20; 4.x advanced.reconnection-policy, advanced.metadata.topology-event-debouncer (1 s, 20). */
#include "models/app/driver_inside.h"

#include <string.h>

#define DEBOUNCE (1 * SIM_S)
#define EVENTS_MOST 20
#define NOTICE_BYTES 80

static void on_reconnect(void *self, void *subject, uint64_t detail);
static void on_heartbeat(void *self, void *subject, uint64_t detail);
static void on_settled(void *self, void *subject, uint64_t detail);
static void on_control(void *self, void *subject, uint64_t detail);
static const EventType reconnect_event = {"driver.reconnect", on_reconnect};
static const EventType heartbeat_event = {"driver.heartbeat", on_heartbeat};
static const EventType settled_event = {"driver.events-settled", on_settled};
static const EventType control_event = {"driver.control", on_control};

static Engine *engine_of(const Driver *driver)
{
    return world_engine(driver->owner->world);
}

static SimTime now_of(const Driver *driver)
{
    return world_now(driver->owner->world);
}

void nodes_list_alive(Driver *driver)
{
    uint32_t down = 0;

    driver->alive_count = 0;
    for (uint32_t i = 0; i < driver->local_count; i++) {
        if (!driver->nodes[i].is_down) {
            driver->alive[driver->alive_count++] = &driver->nodes[i];
        }
    }
    for (uint32_t i = 0; i < driver->count; i++) {
        down += driver->nodes[i].is_down ? 1 : 0;
    }
    gauge_set(&driver->stats->hosts_down, now_of(driver), (double)down);
}

void node_heard(Node *node)
{
    node->heard_before = node->heard_at;
    node->heard_at = now_of(node->driver);
}

/* --- reconnection -------------------------------------------------------------------------------
 */

/* The schedule's wait, 15 % more or less in 4.x. */
static SimSpan jittered(const Node *node)
{
    double jitter = node->driver->settings->reconnect_jitter;

    if (jitter <= 0) {
        return node->wait;
    }
    return node->wait +
           (SimSpan)((2 * rng_uniform(&node->driver->rng) - 1) * jitter * (double)node->wait);
}

static void plan_reconnection(Node *node)
{
    node->reconnection = engine_after(engine_of(node->driver), jittered(node),
                                      &node->driver->owner->owner, &reconnect_event, node, 0);
}

static void lengthen_wait(Node *node)
{
    const DriverSettings *settings = node->driver->settings;

    if (settings->reconnection_policy == RECONNECT_EXPONENTIAL) {
        node->wait = MIN(node->wait * 2, settings->reconnect_most);
    }
}

static void on_reconnected(Component *self, void *context, ConnectOutcome outcome, Component *peer,
                           uint32_t connection)
{
    Node *node = context;

    (void)peer;
    (void)connection;
    node->is_reconnecting = false;
    if (outcome == CONNECTED) {
        node->is_down = false;
        node->heard_at = node->up_since = world_now(self->world);
        nodes_list_alive(node->driver);
        if (node->driver->control == NULL) {
            nodes_choose_control(node->driver);
        }
        return;
    }
    lengthen_wait(node);
    plan_reconnection(node);
}

static void reconnect(Node *node)
{
    Driver *driver = node->driver;

    node->is_reconnecting = true;
    driver->stats->reconnections++;
    network_connect_to(driver->owner, node->peer, driver->settings->connect_timeout, on_reconnected,
                       node);
}

static void on_reconnect(void *self, void *subject, uint64_t detail)
{
    Node *node = subject;

    (void)self;
    (void)detail;
    node->reconnection = EVENT_NONE;
    reconnect(node);
}

/* Its connection is closed: nothing on it is in flight any more. */
static void close_connection(Node *node)
{
    node->life++;
    node->in_flight = 0;
    while (node->waiting_first != NULL) {
        Execution *waiting = node->waiting_first;

        pool_forget(waiting);
        execution_skip(waiting);
    }
}

void node_mark_down(Node *node)
{
    if (node->is_down) {
        return;
    }
    node->is_down = true;
    node->wait = node->driver->settings->reconnect_first;
    nodes_list_alive(node->driver);
    plan_reconnection(node);
    if (node->driver->control == node) {
        nodes_choose_control(node->driver);
    }
    close_connection(node);
}

/* --- heartbeats ---------------------------------------------------------------------------------
 */

/* A timeout alone takes no coordinator out. A connection without an answer for `heartbeat` carries
 * a heartbeat, and is closed when that is not answered in time either. */
void node_doubt(Node *node)
{
    const DriverSettings *settings = node->driver->settings;
    Component *owner = node->driver->owner;
    SimTime sent = MAX(node->heard_at + settings->heartbeat, now_of(node->driver));
    SimSpan patience =
        settings->heartbeat_timeout > 0 ? settings->heartbeat_timeout : settings->read_timeout;

    if (!node->is_doubted && !node->is_down) {
        node->is_doubted = true;
        engine_at(engine_of(node->driver), sent + patience, &owner->owner, &heartbeat_event, node,
                  (uint64_t)node->heard_at);
    }
}

static void on_heartbeat(void *self, void *subject, uint64_t detail)
{
    Node *node = subject;

    (void)self;
    node->is_doubted = false;
    if (node->heard_at == (SimTime)detail) {
        node_mark_down(node);
    }
}

/* --- the control connection ---------------------------------------------------------------------
 */

static void on_control(void *self, void *subject, uint64_t detail)
{
    Driver *driver = subject;
    Message notice = {.op = MESSAGE_NOTICE, .size_bytes = NOTICE_BYTES};

    (void)self;
    (void)detail;
    if (driver->control != NULL) {
        network_send(driver->owner, driver->control->peer, &notice); /* REGISTER */
    }
}

/* The first that is up; the one that it leads to now is not. */
void nodes_choose_control(Driver *driver)
{
    driver->control = NULL;
    if (!driver->settings->cluster_events || driver->alive_count == 0) {
        return;
    }
    driver->control = driver->alive[0];
    engine_after(engine_of(driver), SIM_MS, &driver->owner->owner, &control_event, driver, 0);
}

/* The events of a second are looked at together. One that is up needs no connection, one that is
 * tried now has it. */
static void on_settled(void *self, void *subject, uint64_t detail)
{
    Driver *driver = subject;

    (void)self;
    (void)detail;
    driver->settled = EVENT_NONE;
    driver->events = 0;
    for (uint32_t i = 0; i < driver->count; i++) {
        Node *node = &driver->nodes[i];
        bool came_up = (driver->came_up[i / WORD_NODES] >> i % WORD_NODES & 1) != 0;

        driver->came_up[i / WORD_NODES] &= ~((uint64_t)1 << i % WORD_NODES);
        if (came_up && node->is_down && !node->is_reconnecting) {
            engine_cancel(engine_of(driver), node->reconnection);
            node->reconnection = EVENT_NONE;
            node->wait = driver->settings->reconnect_first;
            reconnect(node);
        }
    }
}

static void wait_for_more(Driver *driver)
{
    engine_cancel(engine_of(driver), driver->settled);
    driver->settled = engine_after(engine_of(driver), driver->events < EVENTS_MOST ? DEBOUNCE : 0,
                                   &driver->owner->owner, &settled_event, driver, 0);
}

void driver_notice(Driver *driver, const Message *notice)
{
    if (driver->control != NULL && notice->from == driver->control->peer) {
        node_heard(driver->control);
    }
    for (uint32_t i = 0; i < driver->count && notice->code != 0; i++) {
        if (driver->nodes[i].peer == notice->subject) {
            driver->came_up[i / WORD_NODES] |= (uint64_t)1 << i % WORD_NODES;
            driver->events++;
            wait_for_more(driver);
        }
    }
}

/* --- life ---------------------------------------------------------------------------------------
 */

void nodes_reset(Driver *driver)
{
    SimTime now = now_of(driver);

    for (uint32_t i = 0; i < driver->count; i++) {
        Node *node = &driver->nodes[i];

        *node = (Node){.driver = driver,
                       .peer = node->peer,
                       .index = i,
                       .is_remote = node->is_remote,
                       .heard_at = now,
                       .heard_before = now,
                       .reconnection = EVENT_NONE,
                       .life = node->life + 1};
    }
    memset(driver->came_up, 0, driver->words * sizeof(uint64_t));
    driver->events = 0;
    driver->settled = EVENT_NONE;
    nodes_list_alive(driver);
    nodes_choose_control(driver);
}

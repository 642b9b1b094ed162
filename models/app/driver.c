/* driver.c - the Cassandra driver inside an application server. */
#include "models/app/driver.h"

#include <string.h>

#include "sim/base/pool.h"
#include "sim/world/version.h"

#define NODES_MOST 64 /* bits of Statement.tried */

/* One coordinator as this driver sees it. */
typedef struct Node {
    Driver *driver;
    Component *peer;
    uint32_t index;
    bool is_down;
    bool is_doubted;  /* a heartbeat will tell */
    SimTime heard_at; /* its last answer */
    SimSpan wait;     /* before the next try to reconnect */
} Node;

/* One statement on its way. */
typedef struct Statement {
    Driver *driver;
    DriverStatement what;
    int64_t version; /* its stamp; 0: the coordinator's */
    DriverDone *done;
    void *context;
    Node *node;
    uint64_t tried;  /* bit i: node i was asked */
    uint32_t start;  /* where its round begins among those alive */
    uint32_t others; /* coordinators tried after the first */
    bool was_unavailable;
} Statement;

struct Driver {
    Component *owner;
    const DriverSettings *settings;
    DriverStats *stats;
    Node *nodes, **alive;
    uint32_t count, alive_count, next;
    uint32_t writer;  /* rank of the owner among its kind: part of its stamps */
    int64_t clock_us; /* the stamp given last */
    Pool *statements;
};

/* In order of Consistency. */
#define LEVEL_WORDS                                                                                \
    "default", "ANY", "ONE", "TWO", "THREE", "QUORUM", "ALL", "LOCAL_ONE", "LOCAL_QUORUM",         \
        "EACH_QUORUM"
static const char *const write_words[] = {LEVEL_WORDS, NULL};
static const char *const read_words[] = {LEVEL_WORDS, "SERIAL", "LOCAL_SERIAL", NULL};
enum { SERIAL_EVERYWHERE, SERIAL_LOCAL };
static const char *const serial_words[] = {"SERIAL", "LOCAL_SERIAL", NULL};
enum { STAMP_BY_COORDINATOR, STAMP_BY_DRIVER };
static const char *const generator_words[] = {"server-side", "monotonic", NULL};

const Field driver_fields[] = {
    FIELD_SPAN(DriverSettings, read_timeout, .initial = "12s", .lowest = "1ms",
               .help = "How long a coordinator's answer may take",
               .source = "DataStax Java driver 3.x SocketOptions readTimeoutMillis 12000"),
    FIELD_SPAN(DriverSettings, connect_timeout, .initial = "5s", .lowest = "1ms",
               .help = "How long a connection to a coordinator may take",
               .source = "DataStax Java driver 3.x connectTimeoutMillis 5000"),
    FIELD_SPAN(DriverSettings, heartbeat, .initial = "30s", .lowest = "1s",
               .help =
                   "A coordinator silent for so long is asked for a sign, and is down when none "
                   "comes within read_timeout",
               .source = "DataStax Java driver 3.x PoolingOptions heartbeatIntervalSeconds 30"),
    FIELD_SPAN(DriverSettings, reconnect_first, .initial = "1s", .lowest = "1ms",
               .help = "Wait before the first reconnection; doubles each time",
               .source = "DataStax Java driver 3.x ExponentialReconnectionPolicy(1s, 10min)"),
    FIELD_SPAN(DriverSettings, reconnect_most, .initial = "10min",
               .help = "Longest wait between reconnections",
               .source = "DataStax Java driver 3.x ExponentialReconnectionPolicy(1s, 10min)"),
    FIELD_COUNT(DriverSettings, next_hosts, .initial = "3", .lowest = "0", .highest = "100",
                .help = "Other coordinators that are tried when one cannot be reached",
                .source = "DataStax Java driver 3.x: the whole query plan; four nodes a site"),
    FIELD_FLAG(DriverSettings, retry_writes, .initial = "true",
               .help = "Statements are repeated elsewhere although they may have been done",
               .source = "assumption: statements are marked idempotent (samples carry their key)"),
    FIELD_CHOICE(DriverSettings, read_consistency, .initial = "default", .more = read_words,
                 .help = "Level of reads; default: what the cluster's section says",
                 .source = "scenario's system.cassandra.consistency"),
    FIELD_CHOICE(DriverSettings, write_consistency, .initial = "default", .more = write_words,
                 .help = "Level of writes; default: what the cluster's section says",
                 .source = "scenario's system.cassandra.consistency"),
    FIELD_CHOICE(DriverSettings, serial_consistency, .initial = "SERIAL", .more = serial_words,
                 .help = "Level at which the condition of a CAS holds",
                 .source = "DataStax Java driver 3.x QueryOptions: SERIAL"),
    FIELD_CHOICE(DriverSettings, timestamp_generator, .initial = "server-side",
                 .more = generator_words,
                 .help = "Who stamps writes: the coordinator, or this process with microseconds of "
                         "its host's clock that never go back",
                 .source = "assumption: server-side; DataStax Java driver 3.x and 4.x ship "
                           "AtomicMonotonicTimestampGenerator, which is 'monotonic'"),
    FIELD_END,
};

static void on_reconnect(void *self, void *subject, uint64_t detail);
static void on_heartbeat(void *self, void *subject, uint64_t detail);
static const EventType reconnect_event = {"driver.reconnect", on_reconnect};
static const EventType heartbeat_event = {"driver.heartbeat", on_heartbeat};

/* --- what it believes of its nodes --- */

static void list_alive(Driver *driver)
{
    driver->alive_count = 0;
    for (uint32_t i = 0; i < driver->count; i++) {
        if (!driver->nodes[i].is_down) {
            driver->alive[driver->alive_count++] = &driver->nodes[i];
        }
    }
    gauge_set(&driver->stats->hosts_down, world_now(driver->owner->world),
              (double)(driver->count - driver->alive_count));
}

static void on_reconnected(Component *self, void *context, ConnectOutcome outcome, Component *peer,
                           uint32_t connection)
{
    Node *node = context;

    (void)peer;
    (void)connection;
    if (outcome == CONNECTED) {
        node->is_down = false;
        node->heard_at = world_now(self->world);
        list_alive(node->driver);
        return;
    }
    node->wait = MIN(node->wait * 2, node->driver->settings->reconnect_most);
    engine_after(world_engine(self->world), node->wait, &self->owner, &reconnect_event, node, 0);
}

static void on_reconnect(void *self, void *subject, uint64_t detail)
{
    Node *node = subject;

    (void)detail;
    network_connect_to(self, node->peer, node->driver->settings->connect_timeout, on_reconnected,
                       node);
}

static void mark_down(Node *node)
{
    Component *owner = node->driver->owner;

    if (!node->is_down) {
        node->is_down = true;
        node->wait = node->driver->settings->reconnect_first;
        list_alive(node->driver);
        engine_after(world_engine(owner->world), node->wait, &owner->owner, &reconnect_event, node,
                     0);
    }
}

/* A timeout alone takes no coordinator out. A connection without an answer for `heartbeat` carries
 * a heartbeat, and is closed when that is not answered in time either. */
static void doubt(Node *node)
{
    const DriverSettings *settings = node->driver->settings;
    Component *owner = node->driver->owner;
    SimTime sent = MAX(node->heard_at + settings->heartbeat, world_now(owner->world));

    if (!node->is_doubted && !node->is_down) {
        node->is_doubted = true;
        engine_at(world_engine(owner->world), sent + settings->read_timeout, &owner->owner,
                  &heartbeat_event, node, (uint64_t)node->heard_at);
    }
}

static void on_heartbeat(void *self, void *subject, uint64_t detail)
{
    Node *node = subject;

    (void)self;
    node->is_doubted = false;
    if (node->heard_at == (SimTime)detail) {
        mark_down(node);
    }
}

/* --- statements --- */

static void statement_send(Statement *statement);

static void statement_end(Statement *statement, uint32_t code, const Message *reply)
{
    Driver *driver = statement->driver;
    DriverDone *done = statement->done;
    void *context = statement->context;

    pool_give(driver->statements, statement);
    done(driver->owner, context, code, reply);
}

/* The next of the statement's round over those believed alive; NULL when all were asked. */
static Node *statement_next_node(Statement *statement)
{
    const Driver *driver = statement->driver;

    for (uint32_t i = 0; i < driver->alive_count; i++) {
        Node *node = driver->alive[(statement->start + i) % driver->alive_count];

        if ((statement->tried >> node->index & 1U) == 0) {
            statement->tried |= (uint64_t)1 << node->index;
            return node;
        }
    }
    return NULL;
}

/* Another coordinator, if one is left to try. */
static void statement_retry(Statement *statement, uint32_t code)
{
    Driver *driver = statement->driver;

    statement->node = statement->others < (uint32_t)driver->settings->next_hosts
                          ? statement_next_node(statement)
                          : NULL;
    if (statement->node == NULL) {
        statement_end(statement, code, NULL);
        return;
    }
    statement->others++;
    driver->stats->retries++;
    statement_send(statement);
}

/* DefaultRetryPolicy: Unavailable goes to one other host, timeouts of the store to nobody. */
static void statement_answered(Statement *statement, const Message *reply)
{
    statement->node->heard_at = world_now(statement->driver->owner->world);
    if (reply->code == STORE_UNAVAILABLE && !statement->was_unavailable) {
        statement->was_unavailable = true;
        statement_retry(statement, STORE_UNAVAILABLE);
    } else {
        statement_end(statement, reply->code, reply);
    }
}

/* What compares or counts never is (DefaultRetryPolicy, Statement.isIdempotent). */
static bool is_idempotent(const Statement *statement)
{
    return !statement->what.is_write ||
           (statement->driver->settings->retry_writes &&
            (statement->what.flags & (STORE_CAS | STORE_COUNTER)) == 0);
}

static void on_statement_answer(Component *self, void *context, Outcome outcome,
                                const Message *reply)
{
    Statement *statement = context;
    bool is_safe = is_idempotent(statement);

    (void)self;
    switch (outcome) {
    case OUTCOME_OK:
        statement_answered(statement, reply);
        return;
    case OUTCOME_REFUSED:
    case OUTCOME_UNREACHABLE:
        mark_down(statement->node);
        statement_retry(statement, STORE_FAILURE);
        return;
    case OUTCOME_FAILED:
        mark_down(statement->node);
        break;
    case OUTCOME_TIMEOUT:
        doubt(statement->node);
        break;
    }
    if (is_safe) {
        statement_retry(statement, STORE_TIMEOUT);
    } else {
        statement_end(statement, STORE_TIMEOUT, NULL);
    }
}

static void statement_send(Statement *statement)
{
    Driver *driver = statement->driver;
    const DriverSettings *settings = driver->settings;

    const DriverStatement *what = &statement->what;
    Message question = {.op = what->is_write ? MESSAGE_WRITE : MESSAGE_READ,
                        .size_bytes = what->is_write ? 400 * MAX(what->count, 1) : 120,
                        .request = what->request,
                        .key = what->key,
                        .flags = what->flags,
                        .count = what->count,
                        .detail = what->expected,
                        .version = statement->version,
                        .consistency = what->is_write ? settings->write_consistency
                                                      : settings->read_consistency};

    if ((what->flags & STORE_CAS) != 0 && settings->serial_consistency == SERIAL_LOCAL) {
        question.flags |= STORE_LOCAL;
    }

    call_send(driver->owner, statement->node->peer, &question, settings->read_timeout,
              on_statement_answer, statement);
}

/* Microseconds of the clock, never the same twice and never less than before, whatever the clock
 * does (AtomicMonotonicTimestampGenerator). A statement keeps its stamp when it is repeated. LWT
 * and counters take none: the store stamps them. */
static int64_t stamp(Driver *driver, const DriverStatement *what)
{
    if (driver->settings->timestamp_generator == STAMP_BY_COORDINATOR || !what->is_write ||
        (what->flags & (STORE_CAS | STORE_COUNTER)) != 0) {
        return 0;
    }
    driver->clock_us = MAX(component_wall_clock(driver->owner) / SIM_US, driver->clock_us + 1);
    return version_make(driver->clock_us, driver->writer, (what->flags & STORE_DELETE) != 0);
}

void driver_execute(Driver *driver, const DriverStatement *what, DriverDone *done, void *context)
{
    Statement *statement = pool_take(driver->statements);

    statement->driver = driver;
    statement->what = *what;
    statement->version = stamp(driver, what);
    statement->done = done;
    statement->context = context;
    statement->start = driver->next++;
    statement->node = statement_next_node(statement);
    if (statement->node == NULL) {
        statement_end(statement, STORE_FAILURE, NULL); /* NoHostAvailableException */
    } else {
        statement_send(statement);
    }
}

/* --- life --- */

/* The owner's place among all of its kind. */
static uint32_t rank_of(const Component *owner)
{
    const GPtrArray *all = world_of_kind(owner->world, owner->kind->name);
    guint rank = 0;

    while (rank < all->len && all->pdata[rank] != owner) {
        rank++;
    }
    g_assert_cmpuint(rank, <, VERSION_WRITERS);
    return rank;
}

Driver *driver_new(Component *owner, const char *kind, const DriverSettings *settings,
                   DriverStats *stats, DiagList *diags)
{
    const GPtrArray *all = world_of_kind(owner->world, kind);
    Driver *driver = g_new0(Driver, 1);

    driver->owner = owner;
    driver->settings = settings;
    driver->stats = stats;
    driver->nodes = g_new0(Node, all->len + 1);
    driver->alive = g_new0(Node *, all->len + 1);
    driver->statements = pool_new("driver.statements", sizeof(Statement));
    driver->writer = rank_of(owner);
    for (guint i = 0; i < all->len; i++) {
        Component *peer = g_ptr_array_index(all, i);

        if (peer->site == owner->site) {
            driver->nodes[driver->count] =
                (Node){.driver = driver, .peer = peer, .index = driver->count};
            driver->count++;
        }
    }
    if (strcmp(kind, DRIVER_NO_STORE) != 0 && (driver->count == 0 || driver->count > NODES_MOST)) {
        diag_add(diags, DIAG_ERROR, owner->settings, DIAG_KEY,
                 "'%s' has %u '%s' in its site; a driver takes 1 to %d", owner->name, driver->count,
                 kind, NODES_MOST);
    }
    return driver;
}

void driver_free(Driver *driver)
{
    if (driver != NULL) {
        pool_free(driver->statements);
        g_free(driver->nodes);
        g_free(driver->alive);
        g_free(driver);
    }
}

void driver_reset(Driver *driver)
{
    pool_free(driver->statements);
    driver->statements = pool_new("driver.statements", sizeof(Statement));
    for (uint32_t i = 0; i < driver->count; i++) {
        driver->nodes[i].is_down = false;
        driver->nodes[i].is_doubted = false;
        driver->nodes[i].heard_at = world_now(driver->owner->world);
    }
    driver->clock_us = 0;
    list_alive(driver);
}

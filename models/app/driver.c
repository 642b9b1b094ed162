/* driver.c - the Cassandra driver inside an application server. */
#include "models/app/driver.h"

#include <string.h>

#include "sim/base/pool.h"
#include "sim/world/version.h"

#define NODES_MOST 64     /* bits of Statement.tried */
#define EXECUTIONS_MOST 4 /* the first and speculative ones */

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

typedef struct Statement Statement;

/* One of the courses of a statement: it asks one coordinator after another. */
typedef struct Execution {
    Statement *statement;
    Node *node; /* NULL: it has ended */
    bool was_unavailable;
} Execution;

/* One statement on its way. It has ended when its owner was told; it is given back when its last
 * execution has ended too. */
struct Statement {
    Driver *driver;
    Statement *before, *after; /* among those that may get one more execution, by `due` */
    SimTime due;
    DriverStatement what;
    int64_t version;  /* its stamp; 0: the coordinator's */
    DriverDone *done; /* NULL: the owner was told */
    void *context;
    uint64_t tried;  /* bit i: node i was asked */
    uint32_t start;  /* where its round begins among those alive */
    uint32_t others; /* coordinators tried after the first */
    uint32_t begun, under_way;
    bool is_due;
    Execution executions[EXECUTIONS_MOST];
};

struct Driver {
    Component *owner;
    const DriverSettings *settings;
    DriverStats *stats;
    Node *nodes, **alive;
    uint32_t count, alive_count, next;
    uint32_t writer;  /* rank of the owner among its kind: part of its stamps */
    int64_t clock_us; /* the stamp given last */
    Pool *statements;
    Statement *due_first, *due_last;
    bool is_watching; /* an event will look at `due_first` */
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
    FIELD_SPAN(DriverSettings, speculative_delay, .initial = "500ms", .lowest = "1ms",
               .help = "Silence after which one more coordinator is asked beside the others; the "
                       "first answer counts",
               .source = "DataStax Java driver 3.x ConstantSpeculativeExecutionPolicy, example of "
                         "its manual"),
    FIELD_COUNT(DriverSettings, speculative_executions, .initial = "0", .lowest = "0",
                .highest = "3",
                .help = "Most executions of a statement that may be repeated beside its first",
                .source = "DataStax Java driver 3.x and 4.x: NoSpeculativeExecutionPolicy"),
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
static void on_speculate(void *self, void *subject, uint64_t detail);
static const EventType speculate_event = {"driver.speculate", on_speculate};

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

static void execution_send(Execution *execution);

/* It must not be given another execution any more. */
static void statement_leave_due(Statement *statement)
{
    Driver *driver = statement->driver;

    if (!statement->is_due) {
        return;
    }
    statement->is_due = false;
    *(statement->before != NULL ? &statement->before->after : &driver->due_first) =
        statement->after;
    *(statement->after != NULL ? &statement->after->before : &driver->due_last) = statement->before;
}

/* One delay for all: who comes last is due last. */
static void statement_enter_due(Statement *statement)
{
    Driver *driver = statement->driver;
    Component *owner = driver->owner;

    statement->is_due = true;
    statement->due = world_now(owner->world) + driver->settings->speculative_delay;
    statement->before = driver->due_last;
    statement->after = NULL;
    *(driver->due_last != NULL ? &driver->due_last->after : &driver->due_first) = statement;
    driver->due_last = statement;
    if (!driver->is_watching) {
        driver->is_watching = true;
        engine_at(world_engine(owner->world), driver->due_first->due, &owner->owner,
                  &speculate_event, driver, 0);
    }
}

/* What compares or counts never is (DefaultRetryPolicy, Statement.isIdempotent). */
static bool statement_is_idempotent(const Statement *statement)
{
    return !statement->what.is_write ||
           (statement->driver->settings->retry_writes &&
            (statement->what.flags & (STORE_CAS | STORE_COUNTER)) == 0);
}

/* An execution is over. The first to say something that stands ends the statement, unless it only
 * failed and others are under way. */
static void execution_end(Execution *execution, uint32_t code, const Message *reply)
{
    Statement *statement = execution->statement;
    Driver *driver = statement->driver;
    DriverDone *done = statement->done;
    void *context = statement->context;
    bool is_last = --statement->under_way == 0;

    execution->node = NULL;
    if (done != NULL && (reply != NULL || is_last)) {
        statement->done = NULL;
    } else {
        done = NULL;
    }
    if (statement->done == NULL) {
        statement_leave_due(statement);
    }
    if (is_last) {
        pool_give(driver->statements, statement);
    }
    if (done != NULL) {
        done(driver->owner, context, code, reply);
    }
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

/* Another coordinator, if one is left to try and somebody still waits. */
static void execution_retry(Execution *execution, uint32_t code)
{
    Statement *statement = execution->statement;
    Driver *driver = statement->driver;
    bool is_allowed =
        statement->done != NULL && statement->others < (uint32_t)driver->settings->next_hosts;

    execution->node = is_allowed ? statement_next_node(statement) : NULL;
    if (execution->node == NULL) {
        execution_end(execution, code, NULL);
        return;
    }
    statement->others++;
    driver->stats->retries++;
    execution_send(execution);
}

/* DefaultRetryPolicy: Unavailable goes to one other host, timeouts of the store to nobody. */
static void execution_answered(Execution *execution, const Message *reply)
{
    execution->node->heard_at = world_now(execution->statement->driver->owner->world);
    if (reply->code == STORE_UNAVAILABLE && !execution->was_unavailable) {
        execution->was_unavailable = true;
        execution_retry(execution, STORE_UNAVAILABLE);
    } else {
        execution_end(execution, reply->code, reply);
    }
}

static void on_answer(Component *self, void *context, Outcome outcome, const Message *reply)
{
    Execution *execution = context;

    (void)self;
    switch (outcome) {
    case OUTCOME_OK:
        execution_answered(execution, reply);
        return;
    case OUTCOME_REFUSED:
    case OUTCOME_UNREACHABLE:
        mark_down(execution->node);
        execution_retry(execution, STORE_FAILURE);
        return;
    case OUTCOME_FAILED:
        mark_down(execution->node);
        break;
    case OUTCOME_TIMEOUT:
        doubt(execution->node);
        break;
    }
    if (statement_is_idempotent(execution->statement)) {
        execution_retry(execution, STORE_TIMEOUT);
    } else {
        execution_end(execution, STORE_TIMEOUT, NULL);
    }
}

static void execution_send(Execution *execution)
{
    const Statement *statement = execution->statement;
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

    call_send(driver->owner, execution->node->peer, &question, settings->read_timeout, on_answer,
              execution);
}

/* One more execution, on a coordinator that was not asked yet; false when none is left. */
static bool statement_begin_execution(Statement *statement)
{
    Node *node = statement_next_node(statement);
    Execution *execution = &statement->executions[statement->begun];

    if (node == NULL) {
        return false;
    }
    *execution = (Execution){.statement = statement, .node = node};
    statement->begun++;
    statement->under_way++;
    execution_send(execution);
    return true;
}

/* Asks one more coordinator for each statement that has waited for the delay. */
static void on_speculate(void *self, void *subject, uint64_t detail)
{
    Driver *driver = subject;
    Component *owner = self;
    SimTime now = world_now(owner->world);
    Statement *statement;

    (void)detail;
    while ((statement = driver->due_first) != NULL && statement->due <= now) {
        statement_leave_due(statement);
        if (statement_begin_execution(statement)) {
            driver->stats->extra++;
            if (statement->begun <= (uint32_t)driver->settings->speculative_executions) {
                statement_enter_due(statement);
            }
        }
    }
    driver->is_watching = driver->due_first != NULL;
    if (driver->is_watching) {
        engine_at(world_engine(owner->world), driver->due_first->due, &owner->owner,
                  &speculate_event, driver, 0);
    }
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
    if (!statement_begin_execution(statement)) {
        pool_give(driver->statements, statement);
        done(driver->owner, context, STORE_FAILURE, NULL); /* NoHostAvailableException */
    } else if (driver->settings->speculative_executions > 0 && statement_is_idempotent(statement)) {
        statement_enter_due(statement);
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
    driver->due_first = driver->due_last = NULL;
    driver->is_watching = false;
    for (uint32_t i = 0; i < driver->count; i++) {
        driver->nodes[i].is_down = false;
        driver->nodes[i].is_doubted = false;
        driver->nodes[i].heard_at = world_now(driver->owner->world);
    }
    driver->clock_us = 0;
    list_alive(driver);
}

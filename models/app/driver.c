/* driver.c - the Cassandra driver inside an application server. */
#include "models/app/driver.h"

#include "sim/base/pool.h"

/* One coordinator as this driver sees it. */
typedef struct Node {
    Driver *driver;
    Component *peer;
    bool is_down;
    SimSpan wait; /* before the next try to reconnect */
} Node;

/* One statement on its way. */
typedef struct Statement {
    Driver *driver;
    uint64_t key, request;
    DriverDone *done;
    void *context;
    Node *node;
    int64_t others; /* coordinators tried after the first */
    bool is_write;
} Statement;

struct Driver {
    Component *owner;
    const DriverSettings *settings;
    Node *nodes;
    uint32_t count, next;
    Pool *statements;
    uint64_t retries;
};

static const char *const consistency_words[] = {"default",      "ANY",         "ONE", "TWO",
                                                "THREE",        "QUORUM",      "ALL", "LOCAL_ONE",
                                                "LOCAL_QUORUM", "EACH_QUORUM", NULL};

const Field driver_fields[] = {
    FIELD_SPAN(DriverSettings, read_timeout, .initial = "12s", .lowest = "1ms",
               .help = "How long a coordinator's answer may take",
               .source = "DataStax Java driver 3.x SocketOptions readTimeoutMillis 12000"),
    FIELD_SPAN(DriverSettings, connect_timeout, .initial = "5s", .lowest = "1ms",
               .help = "How long a connection to a coordinator may take",
               .source = "DataStax Java driver 3.x connectTimeoutMillis 5000"),
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
    FIELD_CHOICE(DriverSettings, read_consistency, .initial = "default", .more = consistency_words,
                 .help = "Level of reads; default: what the cluster's section says",
                 .source = "scenario's system.cassandra.consistency"),
    FIELD_CHOICE(DriverSettings, write_consistency, .initial = "default", .more = consistency_words,
                 .help = "Level of writes; default: what the cluster's section says",
                 .source = "scenario's system.cassandra.consistency"),
    FIELD_END,
};

static void on_reconnect(void *self, void *subject, uint64_t detail);
static const EventType reconnect_event = {"driver.reconnect", on_reconnect};

/* --- what it believes of its nodes --- */

static void on_reconnected(Component *self, void *context, ConnectOutcome outcome, Component *peer)
{
    Node *node = context;

    (void)peer;
    if (outcome == CONNECTED) {
        node->is_down = false;
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
        engine_after(world_engine(owner->world), node->wait, &owner->owner, &reconnect_event, node,
                     0);
    }
}

/* Round robin over those believed alive; when none is, over all: a driver without a host would fail
 * at once, but its connection attempts go on all the same. NULL: none is believed alive. */
static Node *next_node(Driver *driver)
{
    for (uint32_t i = 0; i < driver->count; i++) {
        Node *node = &driver->nodes[driver->next++ % driver->count];

        if (!node->is_down) {
            return node;
        }
    }
    return NULL;
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

/* Another coordinator, if one is left to try. */
static void statement_retry(Statement *statement, uint32_t code)
{
    Driver *driver = statement->driver;

    if (statement->others >= driver->settings->next_hosts) {
        statement_end(statement, code, NULL);
        return;
    }
    statement->others++;
    driver->retries++;
    statement_send(statement);
}

static void on_statement_answer(Component *self, void *context, Outcome outcome,
                                const Message *reply)
{
    Statement *statement = context;
    const DriverSettings *settings = statement->driver->settings;
    bool is_safe = !statement->is_write || settings->retry_writes;

    (void)self;
    switch (outcome) {
    case OUTCOME_OK:
        /* DefaultRetryPolicy: Unavailable goes to one other host, timeouts of writes to nobody */
        if (reply->code == STORE_UNAVAILABLE && statement->others == 0) {
            statement_retry(statement, STORE_UNAVAILABLE);
        } else {
            statement_end(statement, reply->code, reply);
        }
        return;
    case OUTCOME_REFUSED:
    case OUTCOME_UNREACHABLE:
        mark_down(statement->node);
        statement_retry(statement, STORE_FAILURE);
        return;
    case OUTCOME_FAILED:
    case OUTCOME_TIMEOUT:
        mark_down(statement->node);
        if (is_safe) {
            statement_retry(statement, STORE_TIMEOUT);
        } else {
            statement_end(statement, STORE_TIMEOUT, NULL);
        }
        return;
    }
}

static void statement_send(Statement *statement)
{
    Driver *driver = statement->driver;
    const DriverSettings *settings = driver->settings;

    statement->node = next_node(driver);
    if (statement->node == NULL) {
        statement_end(statement, STORE_FAILURE, NULL); /* NoHostAvailableException */
        return;
    }
    Message question = {.op = statement->is_write ? MESSAGE_WRITE : MESSAGE_READ,
                        .size_bytes = statement->is_write ? 400 : 120,
                        .request = statement->request,
                        .key = statement->key,
                        .consistency = statement->is_write ? settings->write_consistency
                                                           : settings->read_consistency};

    call_send(driver->owner, statement->node->peer, &question, settings->read_timeout,
              on_statement_answer, statement);
}

void driver_execute(Driver *driver, bool is_write, uint64_t key, uint64_t request, DriverDone *done,
                    void *context)
{
    Statement *statement = pool_take(driver->statements);

    statement->driver = driver;
    statement->key = key;
    statement->request = request;
    statement->is_write = is_write;
    statement->done = done;
    statement->context = context;
    statement_send(statement);
}

/* --- life --- */

Driver *driver_new(Component *owner, const char *kind, const DriverSettings *settings,
                   DiagList *diags)
{
    const GPtrArray *all = world_of_kind(owner->world, kind);
    Driver *driver = g_new0(Driver, 1);

    driver->owner = owner;
    driver->settings = settings;
    driver->nodes = g_new0(Node, all->len + 1);
    driver->statements = pool_new("driver.statements", sizeof(Statement));
    for (guint i = 0; i < all->len; i++) {
        Component *peer = g_ptr_array_index(all, i);

        if (peer->site == owner->site) {
            driver->nodes[driver->count++] = (Node){.driver = driver, .peer = peer};
        }
    }
    if (driver->count == 0) {
        diag_add(diags, DIAG_ERROR, owner->settings, DIAG_KEY, "'%s' has no '%s' in its site",
                 owner->name, kind);
    }
    return driver;
}

void driver_free(Driver *driver)
{
    if (driver != NULL) {
        pool_free(driver->statements);
        g_free(driver->nodes);
        g_free(driver);
    }
}

void driver_reset(Driver *driver)
{
    pool_free(driver->statements);
    driver->statements = pool_new("driver.statements", sizeof(Statement));
    for (uint32_t i = 0; i < driver->count; i++) {
        driver->nodes[i].is_down = false;
    }
}

uint64_t driver_count_retries(const Driver *driver)
{
    return driver->retries;
}

uint32_t driver_count_down(const Driver *driver)
{
    uint32_t down = 0;

    for (uint32_t i = 0; i < driver->count; i++) {
        down += driver->nodes[i].is_down;
    }
    return down;
}

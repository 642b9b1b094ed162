/* driver.c - the Cassandra driver inside an application server: statements and their executions. */
#include "models/app/driver_inside.h"

#include <string.h>

#include "sim/world/version.h"

static void on_speculate(void *self, void *subject, uint64_t detail);
static void on_deadline(void *self, void *subject, uint64_t detail);
static const EventType speculate_event = {"driver.speculate", on_speculate};
static const EventType deadline_event = {"driver.deadline", on_deadline};

/* --- statements --- */

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

/* One deadline for all (4.x): who comes last is late last. */
static void statement_enter_late(Statement *statement)
{
    Driver *driver = statement->driver;
    Component *owner = driver->owner;

    statement->has_deadline = true;
    statement->deadline = world_now(owner->world) + driver->settings->request_timeout;
    statement->late_before = driver->late_last;
    statement->late_after = NULL;
    *(driver->late_last != NULL ? &driver->late_last->late_after : &driver->late_first) = statement;
    driver->late_last = statement;
    if (!driver->is_waiting) {
        driver->is_waiting = true;
        engine_at(world_engine(owner->world), driver->late_first->deadline, &owner->owner,
                  &deadline_event, driver, 0);
    }
}

static void statement_leave_late(Statement *statement)
{
    Driver *driver = statement->driver;

    if (!statement->has_deadline) {
        return;
    }
    statement->has_deadline = false;
    *(statement->late_before != NULL ? &statement->late_before->late_after : &driver->late_first) =
        statement->late_after;
    *(statement->late_after != NULL ? &statement->late_after->late_before : &driver->late_last) =
        statement->late_before;
}

/* What compares or counts never is (DefaultRetryPolicy, Statement.isIdempotent). */
static bool statement_is_idempotent(const Statement *statement)
{
    return !statement->what.is_write ||
           (statement->driver->settings->retry_writes &&
            (statement->what.flags & (STORE_CAS | STORE_COUNTER)) == 0);
}

/* A plain statement was done, or refused for want of replicas. What compares, counts or is a batch
 * asks for replicas in other ways. */
static void count_decided(DriverStats *stats, const DriverStatement *what, uint32_t code)
{
    if ((what->flags & (STORE_CAS | STORE_COUNTER | STORE_BATCH)) != 0 ||
        (code != STORE_OK && code != STORE_UNAVAILABLE)) {
        return;
    }
    *(what->is_write ? &stats->writes : &stats->reads) += 1;
    *(what->is_write ? &stats->writes_unavailable : &stats->reads_unavailable) +=
        code == STORE_UNAVAILABLE;
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
        count_decided(driver->stats, &statement->what, code);
    } else {
        done = NULL;
    }
    if (statement->done == NULL) {
        statement_leave_due(statement);
        statement_leave_late(statement);
    }
    if (is_last) {
        pool_give(driver->statements, statement);
    }
    if (done != NULL) {
        done(driver->owner, context, code, reply);
    }
}

/* To its node, over a connection with a free place; without one it waits, or goes elsewhere. */
static void execution_enter(Execution *execution)
{
    if (pool_enter(execution)) {
        execution_send(execution);
    }
}

/* The next of the plan, if one is left to try and somebody still waits. False when it has ended. */
static bool execution_move(Execution *execution, uint32_t code)
{
    Statement *statement = execution->statement;
    bool is_allowed = statement->done != NULL &&
                      statement->others < (uint32_t)statement->driver->settings->next_hosts;

    execution->node = is_allowed ? plan_next(statement) : NULL;
    if (execution->node == NULL) {
        execution_end(execution, code, NULL);
        return false;
    }
    statement->others++;
    return true;
}

static void execution_retry(Execution *execution, uint32_t code)
{
    DriverStats *stats = execution->statement->driver->stats;

    if (execution_move(execution, code)) {
        stats->retries++;
        execution_enter(execution);
    }
}

void execution_skip(Execution *execution)
{
    if (execution_move(execution, STORE_FAILURE)) { /* NoHostAvailableException */
        execution_enter(execution);
    }
}

/* --- DefaultRetryPolicy -------------------------------------------------------------------------
 */

static bool may_repeat_elsewhere(const Statement *statement)
{
    return statement->driver->settings->retry_policy == RETRY_DEFAULT &&
           statement_is_idempotent(statement);
}

/* A read that had answers enough but not the data: it may come this time. A batch whose log was not
 * written: nothing was done. */
static bool may_repeat_here(const Execution *execution, const Message *reply)
{
    const Statement *statement = execution->statement;

    if (reply->code != STORE_TIMEOUT || execution->was_repeated || statement->done == NULL) {
        return false;
    }
    if (!statement->what.is_write) {
        return (reply->flags & STORE_NO_DATA) != 0;
    }
    return (reply->flags & STORE_NO_LOG) != 0 &&
           (statement->driver->settings->version == VERSION_4 ||
            statement_is_idempotent(statement));
}

/* A coordinator has answered; other errors than these stand (onReadTimeout, onWriteTimeout,
 * onUnavailable, onRequestError). */
static void execution_answered(Execution *execution, const Message *reply)
{
    Statement *statement = execution->statement;
    DriverStats *stats = statement->driver->stats;

    if (reply->code == STORE_OK || statement->driver->settings->retry_policy == RETRY_FALLTHROUGH) {
        execution_end(execution, reply->code, reply);
    } else if (reply->code == STORE_UNAVAILABLE && !execution->was_unavailable) {
        execution->was_unavailable = true;
        execution_retry(execution, STORE_UNAVAILABLE);
    } else if (reply->code == STORE_OVERLOADED && statement_is_idempotent(statement)) {
        execution_retry(execution, STORE_OVERLOADED);
    } else if (may_repeat_here(execution, reply)) {
        execution->was_repeated = true;
        stats->same_host++;
        execution_enter(execution);
    } else {
        execution_end(execution, reply->code, reply);
    }
}

static void on_answer(Component *self, void *context, Outcome outcome, const Message *reply)
{
    Execution *execution = context;
    Node *node = execution->node;

    (void)self;
    switch (outcome) {
    case OUTCOME_OK:
        node_heard(node);
        pool_leave(execution, node);
        execution_answered(execution, reply);
        return;
    case OUTCOME_REFUSED:
    case OUTCOME_UNREACHABLE:
        node_mark_down(node);
        execution_retry(execution, STORE_FAILURE);
        return;
    case OUTCOME_FAILED:
        node_mark_down(node);
        break;
    case OUTCOME_TIMEOUT:
        node_doubt(node);
        pool_leave(execution, node);
        break;
    }
    if (may_repeat_elsewhere(execution->statement)) {
        execution_retry(execution, STORE_TIMEOUT);
    } else {
        execution_end(execution, STORE_TIMEOUT, NULL);
    }
}

/* --- sending ------------------------------------------------------------------------------------
 */

/* With a deadline for all, late answers still count for what is in flight, until the connection is
 * closed: at the latest when a heartbeat has failed. */
static SimSpan patience_of(const DriverSettings *settings)
{
    return settings->request_timeout > 0
               ? settings->request_timeout + settings->heartbeat +
                     MAX(settings->heartbeat_timeout, settings->read_timeout)
               : settings->read_timeout;
}

void execution_send(Execution *execution)
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
                        .subject = what->column,
                        .consistency = what->is_write ? settings->write_consistency
                                                      : settings->read_consistency};

    if ((what->flags & STORE_CAS) != 0 && settings->serial_consistency == SERIAL_LOCAL) {
        question.flags |= STORE_LOCAL;
    }
    call_send(driver->owner, execution->node->peer, &question, patience_of(settings), on_answer,
              execution);
}

/* One more execution, on a coordinator that was not asked yet; false when none is left. */
static bool statement_begin_execution(Statement *statement)
{
    Node *node = plan_next(statement);
    Execution *execution = &statement->executions[statement->begun];

    if (node == NULL) {
        return false;
    }
    *execution = (Execution){.statement = statement, .node = node};
    statement->begun++;
    statement->under_way++;
    execution_enter(execution);
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

/* DriverTimeoutException: the owner waits no longer; what is in flight stays so. */
static void statement_give_up(Statement *statement)
{
    Driver *driver = statement->driver;
    DriverDone *done = statement->done;
    void *context = statement->context;
    uint32_t begun = statement->begun;

    statement->done = NULL;
    statement_leave_due(statement);
    statement_leave_late(statement);
    statement->under_way++; /* it outlives what is ended here */
    for (uint32_t i = 0; i < begun; i++) {
        Execution *execution = &statement->executions[i];

        if (execution->node != NULL && pool_forget(execution)) {
            execution_end(execution, STORE_TIMEOUT, NULL);
        } else if (execution->node != NULL) {
            node_doubt(execution->node);
        }
    }
    if (--statement->under_way == 0) {
        pool_give(driver->statements, statement);
    }
    done(driver->owner, context, STORE_TIMEOUT, NULL);
}

static void on_deadline(void *self, void *subject, uint64_t detail)
{
    Driver *driver = subject;
    Component *owner = self;
    Statement *statement;

    (void)detail;
    while ((statement = driver->late_first) != NULL &&
           statement->deadline <= world_now(owner->world)) {
        statement_give_up(statement);
    }
    driver->is_waiting = driver->late_first != NULL;
    if (driver->is_waiting) {
        engine_at(world_engine(owner->world), driver->late_first->deadline, &owner->owner,
                  &deadline_event, driver, 0);
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
    statement->under_way = 1; /* this function */
    plan_begin(statement);
    statement_begin_execution(statement);
    if (--statement->under_way == 0) {
        pool_give(driver->statements, statement);
        done(driver->owner, context, STORE_FAILURE, NULL); /* NoHostAvailableException */
        return;
    }
    if (driver->settings->speculative_executions > 0 && statement_is_idempotent(statement)) {
        statement_enter_due(statement);
    }
    if (driver->settings->request_timeout > 0) {
        statement_enter_late(statement);
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

/* The coordinators of the own site, then as many of each other one as settings allow. */
static void find_nodes(Driver *driver, const GPtrArray *all)
{
    const World *world = driver->owner->world;

    for (guint i = 0; i < all->len; i++) {
        Component *peer = g_ptr_array_index(all, i);

        if (peer->site == driver->owner->site) {
            driver->nodes[driver->count++] = (Node){.driver = driver, .peer = peer};
        }
    }
    driver->local_count = driver->count;
    for (guint site = 0; site < world_count_sites(world); site++) {
        int64_t left = driver->settings->remote_hosts;

        for (guint i = 0; i < all->len && left > 0; i++) {
            Component *peer = g_ptr_array_index(all, i);

            if (peer->site == world_site(world, site) && peer->site != driver->owner->site) {
                driver->nodes[driver->count++] =
                    (Node){.driver = driver, .peer = peer, .is_remote = true};
                left--;
            }
        }
    }
}

static Pool *new_statements(const Driver *driver)
{
    return pool_new("driver.statements", sizeof(Statement) + driver->words * sizeof(uint64_t));
}

Driver *driver_new(Component *owner, const char *kind, const DriverSettings *settings,
                   DriverStats *stats, DiagList *diags)
{
    const GPtrArray *all = world_of_kind(owner->world, kind);
    Driver *driver = g_new0(Driver, 1);
    g_autofree char *stream = g_strconcat(owner->name, "/driver", NULL);

    driver->owner = owner;
    driver->settings = settings;
    driver->stats = stats;
    driver->nodes = g_new0(Node, all->len + 1);
    driver->alive = g_new0(Node *, all->len + 1);
    driver->writer = rank_of(owner);
    driver->tokens = token_map_of(owner->world);
    engine_open_stream(world_engine(owner->world), &driver->rng, stream);
    find_nodes(driver, all);
    driver->words = driver->count / WORD_NODES + 1;
    driver->came_up = g_new0(uint64_t, driver->words);
    driver->statements = new_statements(driver);
    if (strcmp(kind, DRIVER_NO_STORE) != 0 && driver->local_count == 0) {
        diag_add(diags, DIAG_ERROR, owner->settings, DIAG_KEY,
                 "'%s' has no '%s' in its site; a driver needs at least one", owner->name, kind);
    }
    return driver;
}

void driver_free(Driver *driver)
{
    if (driver != NULL) {
        pool_free(driver->statements);
        g_free(driver->nodes);
        g_free(driver->alive);
        g_free(driver->came_up);
        g_free(driver);
    }
}

void driver_reset(Driver *driver)
{
    pool_free(driver->statements);
    driver->statements = new_statements(driver);
    driver->due_first = driver->due_last = NULL;
    driver->late_first = driver->late_last = NULL;
    driver->is_watching = driver->is_waiting = false;
    driver->clock_us = 0;
    nodes_reset(driver);
}

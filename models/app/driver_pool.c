/* driver_pool.c - one connection to each coordinator, and the requests that it may carry at once.
 * Source: DataStax Java driver 3.x PoolingOptions (1 connection, 1024 requests to a local host and
 * 256 to a remote one; a queue of 256 for 5 s), 4.x advanced.connection (1, 1024, no queue). */
#include "models/app/driver_inside.h"

static void on_pool_timeout(void *self, void *subject, uint64_t detail);
static const EventType pool_timeout = {"driver.pool-timeout", on_pool_timeout};

static bool has_place(const Node *node)
{
    const DriverSettings *settings = node->driver->settings;

    return node->in_flight < (uint32_t)(node->is_remote ? settings->requests_per_remote
                                                        : settings->requests_per_connection);
}

static void take_place(Execution *execution)
{
    execution->life = execution->node->life;
    execution->node->in_flight++;
}

static void leave_queue(Execution *execution)
{
    Node *node = execution->node;

    execution->is_queued = false;
    *(execution->queue_before != NULL ? &execution->queue_before->queue_after
                                      : &node->waiting_first) = execution->queue_after;
    *(execution->queue_after != NULL ? &execution->queue_after->queue_before
                                     : &node->waiting_last) = execution->queue_before;
    node->waiting--;
}

static void on_pool_timeout(void *self, void *subject, uint64_t detail)
{
    Execution *execution = subject;

    (void)self;
    (void)detail;
    execution->gives_up = EVENT_NONE;
    leave_queue(execution);
    execution_skip(execution);
}

static void wait_in_queue(Execution *execution)
{
    Node *node = execution->node;
    Component *owner = node->driver->owner;

    execution->is_queued = true;
    execution->queue_before = node->waiting_last;
    execution->queue_after = NULL;
    *(node->waiting_last != NULL ? &node->waiting_last->queue_after : &node->waiting_first) =
        execution;
    node->waiting_last = execution;
    node->waiting++;
    node->driver->stats->waited++;
    execution->gives_up =
        engine_after(world_engine(owner->world), node->driver->settings->pool_timeout,
                     &owner->owner, &pool_timeout, execution, 0);
}

bool pool_enter(Execution *execution)
{
    Node *node = execution->node;

    if (has_place(node) && node->waiting == 0) {
        take_place(execution);
        return true;
    }
    if (node->waiting < (uint32_t)node->driver->settings->queue_most) {
        wait_in_queue(execution);
    } else {
        execution_skip(execution);
    }
    return false;
}

bool pool_forget(Execution *execution)
{
    if (!execution->is_queued) {
        return false;
    }
    engine_cancel(world_engine(execution->node->driver->owner->world), execution->gives_up);
    execution->gives_up = EVENT_NONE;
    leave_queue(execution);
    return true;
}

void pool_leave(Execution *execution, Node *node)
{
    if (execution->life != node->life) {
        return; /* its connection was closed in between */
    }
    node->in_flight--;
    while (node->waiting_first != NULL && has_place(node)) {
        Execution *next = node->waiting_first;

        pool_forget(next);
        take_place(next);
        execution_send(next);
    }
}

/* stage.h - a pool of threads with an unbounded queue: how many tasks are under way and which wait.
 * Source: Cassandra 3.11 SEPExecutor stages; shedding by age is the caller's. */
#pragma once

#include <glib.h>

#include "sim/world/ledger.h"
#include "sim/world/metric.h"

typedef struct Task {
    void *subject;
    uint64_t detail;
    SimTime arrived;
} Task;

typedef struct Stage {
    guint active, limit;
    Task *queue; /* a ring: grown when full, never shrunk */
    guint head, count, capacity;
    Gauge waiting, busy;
    Ledger ledger;
} Stage;

/* Once, before the first task. */
void stage_init(Stage *stage, guint limit);

/* Takes a thread for a task that arrives; false when all are busy: then it has been queued. */
bool stage_enter(Stage *stage, Task task);

/* Queues a task behind all that wait, whatever is free: the next `stage_next` may take it. */
void stage_append(Stage *stage, Task task);

/* Gives a thread back. */
void stage_leave(Stage *stage, SimTime now);

/* Takes a thread for the task that has waited longest; false when no thread is free or none waits.
 */
bool stage_next(Stage *stage, SimTime now, Task *task);

/* Forgets all tasks, as a process does that dies. */
void stage_reset(Stage *stage, SimTime now);
void stage_clear(Stage *stage);

/* stage.h - a pool of threads with an unbounded queue: how many tasks are under way and which wait.
 * Source: Cassandra 3.11 SEPExecutor stages; shedding by age is the caller's. */
#pragma once

#include <glib.h>

#include "sim/base/sim_time.h"

typedef struct Task {
    void *subject;
    uint64_t detail;
    SimTime arrived;
} Task;

typedef struct Stage {
    guint active, limit;
    Task *queue; /* a ring: grown when full, never shrunk */
    guint head, count, capacity;
} Stage;

/* Takes a thread for a task that arrives; false when all are busy: then it has been queued. */
bool stage_enter(Stage *stage, Task task);

/* Gives a thread back. */
void stage_leave(Stage *stage);

/* Takes a thread for the task that has waited longest; false when no thread is free or none waits.
 */
bool stage_next(Stage *stage, Task *task);

/* Forgets all tasks, as a process does that dies. */
void stage_reset(Stage *stage);
void stage_clear(Stage *stage);

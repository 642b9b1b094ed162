/* stage.c - a pool of threads with an unbounded queue. */
#include "models/data/cassandra/stage.h"

#define FIRST_CAPACITY 64u /* powers of two from here on */

static void grow(Stage *stage)
{
    guint capacity = stage->capacity == 0 ? FIRST_CAPACITY : stage->capacity * 2;
    Task *queue = g_new(Task, capacity);

    for (guint i = 0; i < stage->count; i++) {
        queue[i] = stage->queue[(stage->head + i) & (stage->capacity - 1)];
    }
    g_free(stage->queue);
    stage->queue = queue;
    stage->capacity = capacity;
    stage->head = 0;
}

void stage_init(Stage *stage, guint limit)
{
    stage->limit = limit;
    ledger_open(&stage->ledger, 0, limit);
}

static void take_thread(Stage *stage, SimTime now)
{
    stage->active++;
    gauge_set(&stage->busy, now, stage->active);
}

void stage_append(Stage *stage, Task task)
{
    if (stage->count == stage->capacity) {
        grow(stage);
    }
    stage->queue[(stage->head + stage->count++) & (stage->capacity - 1)] = task;
    ledger_wait(&stage->ledger, task.arrived, 0);
    gauge_set(&stage->waiting, task.arrived, stage->count);
}

bool stage_enter(Stage *stage, Task task)
{
    if (stage->active < stage->limit) {
        ledger_serve(&stage->ledger, task.arrived, 0);
        take_thread(stage, task.arrived);
        return true;
    }
    stage_append(stage, task);
    return false;
}

void stage_leave(Stage *stage, SimTime now)
{
    g_assert_cmpuint(stage->active, >, 0);
    stage->active--;
    gauge_set(&stage->busy, now, stage->active);
    ledger_end(&stage->ledger, now, 0);
}

bool stage_next(Stage *stage, SimTime now, Task *task)
{
    if (stage->count == 0 || stage->active >= stage->limit) {
        return false;
    }
    *task = stage->queue[stage->head];
    stage->head = (stage->head + 1) & (stage->capacity - 1);
    stage->count--;
    gauge_set(&stage->waiting, now, stage->count);
    ledger_begin(&stage->ledger, now);
    take_thread(stage, now);
    return true;
}

void stage_reset(Stage *stage, SimTime now)
{
    stage->active = stage->count = stage->head = 0;
    gauge_set(&stage->waiting, now, 0);
    gauge_set(&stage->busy, now, 0);
    ledger_drop_all(&stage->ledger, now);
}

void stage_clear(Stage *stage)
{
    g_clear_pointer(&stage->queue, g_free);
    stage->active = stage->count = stage->head = stage->capacity = 0;
}

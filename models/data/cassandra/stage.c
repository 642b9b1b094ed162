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

bool stage_enter(Stage *stage, Task task)
{
    if (stage->active < stage->limit) {
        stage->active++;
        return true;
    }
    if (stage->count == stage->capacity) {
        grow(stage);
    }
    stage->queue[(stage->head + stage->count++) & (stage->capacity - 1)] = task;
    return false;
}

void stage_leave(Stage *stage)
{
    g_assert_cmpuint(stage->active, >, 0);
    stage->active--;
}

bool stage_next(Stage *stage, Task *task)
{
    if (stage->count == 0 || stage->active >= stage->limit) {
        return false;
    }
    *task = stage->queue[stage->head];
    stage->head = (stage->head + 1) & (stage->capacity - 1);
    stage->count--;
    stage->active++;
    return true;
}

void stage_reset(Stage *stage)
{
    stage->active = stage->count = stage->head = 0;
}

void stage_clear(Stage *stage)
{
    g_clear_pointer(&stage->queue, g_free);
    stage->capacity = 0;
    stage_reset(stage);
}

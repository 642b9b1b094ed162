/* draw_ahead.h - spans drawn sixteen at a time, for a stream that has one use.
 * The values and their order are those of draw_span, one by one. An event's time waits for its
 * draw, a chain of some sixty cycles; sixteen chains at once hide each other. */
#pragma once

#include "sim/base/draw.h"

#define DRAW_AHEAD 16

/* Zeroed but for `rng`, which is opened like any other and from which nobody else draws. */
typedef struct DrawAhead {
    Rng rng;
    Draw draw;     /* whose `spans` these are; its own copy, so that no other law has its address */
    uint32_t next; /* of `spans` */
    SimSpan spans[DRAW_AHEAD];
    uint64_t words[DRAW_AHEAD]; /* what they were made of, should the law change */
} DrawAhead;

void draw_ahead_clear(DrawAhead *ahead);

/* For draw_ahead_span: spans of `draw` from `next` on. */
void draw_ahead_fill(DrawAhead *ahead, Draw draw);

/* The next span of the stream by `draw`, which may be another one each time, though that is slow.
 */
static inline SimSpan draw_ahead_span(DrawAhead *ahead, Draw draw)
{
    if (G_UNLIKELY(ahead->draw.law != draw.law || ahead->next == DRAW_AHEAD)) {
        draw_ahead_fill(ahead, draw);
    }
    return ahead->spans[ahead->next++];
}

/* window.h - the worst window of a stream. Windows slide by one step, so that no bad stretch hides
 * across the border of two; each lies whole within the stream. */
#pragma once

#include "sim/results/judge/stream.h"

/* What is asked of each window. */
typedef enum WindowAsk {
    WINDOW_RATIO,   /* sum of parts over sum of wholes */
    WINDOW_SUM,     /* sum of parts */
    WINDOW_QUANTILE /* of the merged histograms */
} WindowAsk;

typedef struct WindowWorst {
    double value;    /* NAN when there was no window */
    SimTime begin;   /* of the worst window */
    guint windows;   /* looked at */
    guint empty;     /* left out, since there was nothing in them */
    uint64_t fewest; /* values in the emptiest of the others */
} WindowWorst;

/* Which of two values is worse for a condition: the larger for < and <=, the smaller for > and >=,
 * the one further from the limit for ==, the one nearer to it for !=. NAN is never worse. */
bool window_is_worse(const ThresholdRule *rule, double value, double than);

/* Goes through all windows of `length` (rounded up to whole steps) and keeps the worst in `worst`,
 * which is added to: start with window_none. */
void window_find_worst(const ThresholdRule *rule, const Stream *stream, WindowAsk ask,
                       SimSpan length, WindowWorst *worst);

WindowWorst window_none(void);

/* queueing_cases.h - textbook queues and what theory says of them. Time is in seconds: the mean
 * service is 1 s where nothing else is said. */
#pragma once

#include <stddef.h>

#define EXPECTED_MOST 6

typedef enum What {
    MEAN,  /* of a distribution, in seconds */
    P95,   /* its 95th percentile */
    LEVEL, /* of a gauge, over time */
    RATE,  /* of a counter, a second */
} What;

typedef struct Expected {
    const char *part, *metric;
    What what;
    double value;
} Expected;

typedef struct QueueingCase {
    const char *name, *queueing, *warmup, *duration;
    double precision; /* half-width of the 95 % interval over the value, at most */
    Expected expected[EXPECTED_MOST];
} QueueingCase;

/* Ends with a NULL name. */
extern const QueueingCase queueing_cases[];

/* service_time.h - a distribution of CPU times made ready for many draws: 1024 equally likely
 * values, the quantiles at (i + 0.5) / 1024, so that a draw is one look-up. Its mean agrees with
 * the law's to a part in a thousand; beyond the 99.95th percentile the tail is cut. */
#pragma once

#include "sim/base/draw.h"

#define SERVICE_TIME_BITS 10

typedef struct ServiceTime {
    SimSpan spans[1 << SERVICE_TIME_BITS];
    SimSpan mean; /* of the table */
} ServiceTime;

/* Fills the table from a law of spans. */
void service_time_init(ServiceTime *service, Draw law);

static inline SimSpan service_time_draw(const ServiceTime *service, Rng *rng)
{
    return service->spans[rng_next(rng) >> (64 - SERVICE_TIME_BITS)];
}

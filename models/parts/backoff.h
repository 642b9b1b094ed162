/* backoff.h - how long a client waits before it tries again.
 * Source: M. Brooker, "Exponential Backoff And Jitter", 2015 (the "full jitter" form). */
#pragma once

#include "sim/base/rng.h"
#include "sim/base/sim_time.h"

typedef struct Backoff {
    SimSpan first; /* before the first retry */
    SimSpan most;
    bool has_jitter; /* full jitter: uniform from 0 to the whole wait */
} Backoff;

/* The wait before retry `attempt` (1 is the first): first * 2^(attempt - 1), at most `most`; with
 * jitter uniform from 0 to that. Draws once from `rng` in either case. Never fails. */
SimSpan backoff_wait(const Backoff *backoff, uint32_t attempt, Rng *rng);

/* backoff.c - how long a client waits before it tries again. */
#include "models/parts/backoff.h"

SimSpan backoff_wait(const Backoff *backoff, uint32_t attempt, Rng *rng)
{
    SimSpan whole = backoff->first;
    double u = rng_uniform(rng);

    for (uint32_t i = 1; i < attempt && whole < backoff->most; i++) {
        whole *= 2;
    }
    whole = MIN(whole, backoff->most);
    return backoff->has_jitter ? (SimSpan)(u * (double)whole) : whole;
}

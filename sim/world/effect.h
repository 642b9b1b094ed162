/* effect.h - what faults do, as a value: added to a component and taken from it; a condition is the
 * fold of all effects that are on a component now. effect_both commutes and EFFECT_NONE is neutral;
 * a fold always starts anew from the list in order of begin, so that overlaps end in any order
 * without a remainder. */
#pragma once

#include <stdbool.h>

#include "sim/base/sim_time.h"
#include "sim/config/field.h"

typedef struct Effect {
    bool down;            /* off: power lost, killed, cut */
    bool unsynced_lost;   /* with down: what was not on stable storage at the fall is gone */
    bool caches_cold;     /* with down: starts again with a cold page cache */
    bool paused;          /* frozen: nothing runs, what arrives waits */
    double slowdown;      /* work takes this many times as long (at least 1) */
    double steal_ratio;   /* share of the CPU that other guests take (0 to 1) */
    double loss_ratio;    /* share of packets lost (0 to 1) */
    double load_factor;   /* arrivals come this many times as fast */
    SimSpan delay_added;  /* one way, to each packet */
    SimSpan jitter_added; /* one way, uniform from 0 to this, to each packet */
    SimSpan clock_ahead;  /* wall clock minus true time; may be negative */
} Effect;

extern const Effect EFFECT_NONE;

/* Both at once: down if either is, products of factors, sums of spans, shares as independent. */
Effect effect_both(Effect a, Effect b);

/* Exact equality of all members. */
bool effect_is_same(Effect a, Effect b);

/* The rows of an effect written out in a scenario: "effect": { "slowdown": 20 }. */
extern const Field effect_fields[];

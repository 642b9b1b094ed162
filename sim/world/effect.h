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
    /* The disk: a share of the reads and of the flushes takes so much longer. */
    SimSpan disk_read_added, disk_flush_added;
    SimSpan disk_jitter_added; /* uniform from 0 to this, to those as well */
    double disk_slow_ratio;    /* the share (0 to 1) */
} Effect;

extern const Effect EFFECT_NONE;

/* Both at once: down if either is, products of factors, sums of spans, shares as independent; of
 * two shares of slow disk operations the larger one. */
Effect effect_both(Effect a, Effect b);

/* `share` (0 to 1) of the effect's strength: of what it adds, of its shares, of the way of its
 * factors from 1. What is either on or off stays as it is. */
Effect effect_scale(Effect effect, double share);

/* Whether effect_scale changes it, and it is neither down nor paused: it can come on slowly. */
bool effect_is_gradual(Effect effect);

/* Exact equality of all members. */
bool effect_is_same(Effect a, Effect b);

/* The rows of an effect written out in a scenario: "effect": { "slowdown": 20 }. */
extern const Field effect_fields[];

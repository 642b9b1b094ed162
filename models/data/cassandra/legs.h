/* legs.h - the four legs of an operation drawn from distributions instead of sent over the network:
 * W brings a write to a replica, A its acknowledgement back, R a read request, S its answer. It
 * makes the cluster comparable to what is published of partial quorums; off unless configured.
 * Source: Bailis et al., "Probabilistically Bounded Staleness for Practical Partial Quorums", 2012:
 * all legs independent, of all replicas alike, the coordinator's own one included; at most one
 * replica, drawn anew for each operation, is near it (their WAN case). */
#pragma once

#include "sim/base/draw.h"
#include "sim/config/diag.h"
#include "sim/config/field.h"
#include "sim/engine/engine.h"

typedef enum Leg { LEG_WRITE, LEG_ACKNOWLEDGE, LEG_READ, LEG_ANSWER, LEG_COUNT } Leg;

typedef struct LegSettings {
    Draw laws[LEG_COUNT]; /* without a law: the network decides */
    SimSpan distance;     /* added to each leg but those of the near replica; 0: all are near */
} LegSettings;

extern const Field leg_fields[];

typedef struct Legs {
    LegSettings settings;
    Rng streams[LEG_COUNT]; /* one a leg, so that a change of one shifts no other */
    Rng places;
    SimTime *visible_at; /* by slot: when the write sent last is there */
    uint32_t slots;
    GPtrArray *spare; /* of SimSpan[], for reads */
} Legs;

/* NULL when no leg has a law; some but not all having one is reported at `place`. `settings` stays
 * the caller's and must outlive it. */
Legs *legs_new(const LegSettings *settings, Engine *engine, const cJSON *place, DiagList *diags);
void legs_free(Legs *legs);

/* Which of `count` replicas is near an operation that begins. */
uint8_t legs_choose_near(Legs *legs, uint32_t count);

/* One leg to or from replica `index`. Draws once from the leg's stream. */
SimSpan legs_draw(Legs *legs, Leg leg, uint32_t index, uint8_t near);

/* A write to `slot` arrives at `arrival`; how much later than `now` what was sent there last
 * arrives, 0 when it is there. */
void legs_write_sent(Legs *legs, uint32_t slot, SimTime arrival);
SimSpan legs_missing_for(const Legs *legs, uint32_t slot, SimTime now);

/* Room for a span of each replica of a read, until it is given back; NULL gives nothing back. */
SimSpan *legs_take_spans(Legs *legs);
void legs_give_spans(Legs *legs, SimSpan *spans);

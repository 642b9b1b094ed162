/* link_pass.h - what a packet train meets on a link. It happens at each message, some 25 times a
 * user's request, so it is open; network_link.c has what is rare and the sources. */
#pragma once

#include "sim/world/inside.h"

#define LINK_HEADER_BYTES 66          /* Ethernet 14, IPv4 20, TCP with timestamps 32 */
#define LINK_SEGMENT_BYTES 1448       /* TCP payload of an Ethernet frame with timestamps */
#define LINK_BURST_GAP (200 * SIM_MS) /* a loss says nothing about packets later than this */

/* The rare parts. */
void link_weigh_losses(Link *link);
void link_live_until(Link *link, SimTime now);
SimSpan link_draw_tail(PathState state, double u);

/* --- link_faults.c --- */

/* What packets leave behind on a link, so that tries which are drawn ahead leave nothing. */
typedef struct LinkTrace {
    SimTime passed_at, free_at;
    bool is_in_burst;
    LinkAfterFaults after_faults;
} LinkTrace;

LinkTrace link_trace(const Link *link);
void link_untrace(Link *link, const LinkTrace *trace);

/* --- asked only of links that are impaired --- */

/* What tells a packet train's connection from others, for a network that chooses paths by it. */
#define FLOW_OWN 0              /* a train that belongs to none: a datagram */
#define FLOW_UNKNOWN UINT64_MAX /* of a connection that link_loses_more is asked about later */

/* What faults add to the delay of a train that is sent at `now`; SIM_NEVER when it is lost. */
SimSpan link_suffer(Link *link, uint32_t size_bytes, SimTime now, uint64_t flow);

/* Whether a loss in bursts or by flows hits it. */
bool link_loses_more(Link *link, SimTime now, uint64_t flow);

static inline SimSpan link_draw_jitter(const JitterTable *table, PathState state, Rng *rng)
{
    double u = rng_uniform(rng);
    double place = u * JITTER_STEPS;
    int step = (int)place;
    const double *at = table->at[state] + step;

    if (G_UNLIKELY((unsigned)step - 1 >= JITTER_STEPS - 2)) {
        return link_draw_tail(state, u);
    }
    return (SimSpan)(at[0] + (place - step) * (at[1] - at[0]) + 0.5);
}

/* Gilbert and Elliott: most losses stand beside another one. Draws once, or not on a clean link. */
static inline bool link_loses(Link *link, uint32_t size_bytes, SimTime now)
{
    const LinkChances *chances = &link->chances;
    double chance;

    if (G_UNLIKELY(link->loss != chances->loss || link->state != chances->state)) {
        link_weigh_losses(link);
    }
    if (chances->alone <= 0) {
        return false;
    }
    chance = now - link->passed_at > LINK_BURST_GAP ? chances->alone
             : G_UNLIKELY(link->is_in_burst)        ? chances->in_burst
                                                    : chances->beside;
    link->passed_at = now;
    if (size_bytes >= LINK_SEGMENT_BYTES) {
        chance = MIN(chance * (1 + (double)(size_bytes / LINK_SEGMENT_BYTES)), 1);
    }
    link->is_in_burst = rng_chance(&link->packets, chance);
    return link->is_in_burst;
}

/* Waits for what was given before and takes its time on the line; SIM_NEVER when the queue is full.
 */
static inline SimSpan link_transmit(Link *link, uint32_t size_bytes, SimTime now)
{
    SimTime begin = MAX(now, link->free_at);

    if (G_UNLIKELY(begin - now > link->queue)) {
        return SIM_NEVER;
    }
    link->free_at =
        begin + (SimSpan)((double)(size_bytes + LINK_HEADER_BYTES) * link->ns_per_byte + 0.5);
    return link->free_at - now;
}

static inline SimSpan link_lose(Link *link)
{
    link->lost++;
    return SIM_NEVER;
}

/* The delay of a message of `flow` that is sent into the link `later` than now, or SIM_NEVER when
 * it is lost. */
static inline SimSpan link_cross(Link *link, const JitterTable *table, uint32_t size_bytes,
                                 SimTime now, SimSpan later, uint64_t flow)
{
    SimSpan delay = link->one_way, more = 0;

    link->messages++;
    link->bytes += size_bytes;
    if (G_UNLIKELY(link->component.is_impaired) && link->component.condition.down) {
        link->cut++;
        return SIM_NEVER;
    }
    if (G_UNLIKELY(now >= link->state_until) && link->jitter == LINK_JITTER_STATES) {
        link_live_until(link, now);
    }
    if (G_UNLIKELY(link_loses(link, size_bytes, now))) {
        return link_lose(link);
    }
    if (G_UNLIKELY(link->component.is_impaired)) {
        more = link_suffer(link, size_bytes, now + later, flow);
        if (more == SIM_NEVER) {
            return link_lose(link);
        }
        delay += more;
    }
    if (link->jitter != LINK_JITTER_NONE) {
        delay += link_draw_jitter(table, link->state, &link->packets);
    }
    if (link->ns_per_byte > 0) {
        more = link_transmit(link, size_bytes, now + later);
        if (G_UNLIKELY(more == SIM_NEVER)) {
            return link_lose(link);
        }
        delay += more;
    }
    return MAX(delay, 0);
}

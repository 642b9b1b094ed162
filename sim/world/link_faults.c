/* link_faults.c - what faults do to packets on a link: later, through a narrower line, held back,
 * or lost in bursts and by flows. Sources: tc-netem(8), tc-tbf(8); Gilbert 1960 and Elliott 1963
 * for good and bad times. Of more than two bursty losses on one link the second and later ones
 * share their state. */
#include "sim/base/draw.h"
#include "sim/base/fixed_math.h"
#include "sim/world/link_pass.h"

#define PARETO_SHAPE 3 /* as netem's table; the mean is its scale over shape less 1 */

LinkTrace link_trace(const Link *link)
{
    return (LinkTrace){link->passed_at, link->free_at, link->is_in_burst, link->after_faults};
}

void link_untrace(Link *link, const LinkTrace *trace)
{
    link->passed_at = trace->passed_at;
    link->free_at = trace->free_at;
    link->is_in_burst = trace->is_in_burst;
    link->after_faults = trace->after_faults;
}

/* --- loss --------------------------------------------------------------------------------------
 */

/* Good at first, for as long as is drawn now. */
static void loss_begin(LossState *state, uint64_t fault, const Effect *effect, Link *link,
                       SimTime now)
{
    *state = (LossState){.fault = fault};
    if (effect->spans[SPAN_LOSS_BAD] > 0) {
        state->until = now + draw_exponential_span(effect->spans[SPAN_LOSS_GOOD], &link->faults);
    }
}

static bool loss_is_bad(LossState *state, const Effect *effect, Link *link, SimTime now)
{
    while (now >= state->until) {
        state->is_bad = !state->is_bad;
        state->until +=
            1 + draw_exponential_span(effect->spans[state->is_bad ? SPAN_LOSS_BAD : SPAN_LOSS_GOOD],
                                      &link->faults);
    }
    return state->is_bad;
}

/* Lag-1 correlation r of a chain that keeps its share p: p + r (1 - p) after a loss. */
static bool loss_hits(LossState *state, const Effect *effect, Link *link, SimTime now)
{
    double share = effect->shares[SHARE_LINK_LOSS], repeat = effect->shares[SHARE_LOSS_REPEAT];

    if (effect->spans[SPAN_LOSS_BAD] > 0 && !loss_is_bad(state, effect, link, now)) {
        return false;
    }
    if (repeat > 0) {
        share = state->was_lost ? share + repeat * (1 - share) : share * (1 - repeat);
    }
    state->was_lost = rng_chance(&link->faults, share);
    return state->was_lost;
}

static bool is_flow_hit(const Effect *effect, uint64_t fault, Link *link, uint64_t flow)
{
    double share = effect->shares[SHARE_LOSS_FLOWS];

    if (share >= 1) {
        return true;
    }
    if (effect->shares[SHARE_LOSS_STICKS] < 1 || flow == FLOW_OWN) {
        return rng_chance(&link->faults, share);
    }
    return flow != FLOW_UNKNOWN && rng_uniform_of(rng_fold(flow, fault)) < share;
}

bool link_loses_more(Link *link, SimTime now, uint64_t flow)
{
    const Effect *effect;
    bool is_lost = false;
    uint64_t fault;
    guint nth = 0;

    for (guint i = 0; (effect = component_effect(&link->component, i, &fault)) != NULL; i++) {
        LossState *state = &link->after_faults.losses[MIN(nth, LOSS_STATES - 1)];

        if (effect->shares[SHARE_LINK_LOSS] <= 0) {
            continue;
        }
        nth++;
        if (state->fault != fault) {
            loss_begin(state, fault, effect, link, now);
        }
        is_lost = (is_flow_hit(effect, fault, link, flow) && loss_hits(state, effect, link, now)) ||
                  is_lost;
    }
    return is_lost;
}

/* --- delay -------------------------------------------------------------------------------------
 */

static SimSpan jitter_draw(Link *link, SimSpan jitter, JitterLaw law)
{
    double u = rng_uniform(&link->faults);

    switch (law) {
    case JITTER_UNIFORM:
        return (SimSpan)(u * (double)jitter + 0.5);
    case JITTER_NORMAL:
        return (SimSpan)(fixed_normal_quantile(u) * (double)jitter);
    case JITTER_EXPONENTIAL:
        return (SimSpan)(-fixed_log(u) * (double)jitter + 0.5);
    case JITTER_PARETO:
        return (SimSpan)((fixed_pow(u, -1.0 / PARETO_SHAPE) - 1) * (PARETO_SHAPE - 1) *
                             (double)jitter +
                         0.5);
    }
    g_assert_not_reached();
}

/* Never sooner than without the fault. */
static SimSpan delay_of(Link *link)
{
    const Effect *condition = &link->component.condition;
    LinkAfterFaults *after = &link->after_faults;
    SimSpan jitter = condition->jitter_added;
    double repeat = condition->shares[SHARE_JITTER_REPEAT];

    if (jitter == 0) {
        return condition->delay_added;
    }
    if (condition->jitter_law == JITTER_UNIFORM && repeat <= 0) {
        return condition->delay_added + (SimSpan)rng_below(&link->packets, (uint64_t)jitter + 1);
    }
    if (repeat <= 0 || after->jitter != jitter || after->law != condition->jitter_law ||
        !rng_chance(&link->faults, repeat)) {
        after->jitter = jitter;
        after->law = condition->jitter_law;
        after->drawn = jitter_draw(link, jitter, condition->jitter_law);
    }
    return MAX(condition->delay_added + after->drawn, MIN(condition->delay_added, 0));
}

/* --- rate and hold -----------------------------------------------------------------------------
 */

/* A token bucket before the line: what it owes is when the last byte would have left at the limit;
 * after a silence it is ahead by the burst. SIM_NEVER when the queue is full. */
static SimSpan shape(Link *link, uint32_t size_bytes, SimTime now)
{
    const Effect *condition = &link->component.condition;
    double ns_per_byte = 1e9 / condition->link_rate_limit;
    SimSpan burst = (SimSpan)((double)condition->link_burst_bytes * ns_per_byte);
    SimSpan queue = condition->link_queue_bytes > 0
                        ? (SimSpan)((double)condition->link_queue_bytes * ns_per_byte)
                        : link->queue;
    SimTime begin = MAX(link->after_faults.shaped_at, now - burst);

    if (begin - now > queue) {
        return SIM_NEVER;
    }
    link->after_faults.shaped_at =
        begin + (SimSpan)((double)(size_bytes + LINK_HEADER_BYTES) * ns_per_byte + 0.5);
    return MAX(link->after_faults.shaped_at - now, 0);
}

/* Until the release, and then in turn unless all comes at once. */
static SimSpan hold(Link *link, uint32_t size_bytes, SimTime now)
{
    const Effect *condition = &link->component.condition;
    SimTime release = condition->spans[SPAN_LINK_HELD_UNTIL];
    double ns_per_byte = condition->link_pace > 0 ? 1e9 / condition->link_pace : link->ns_per_byte;

    if (condition->shares[SHARE_LINK_PACES] > 0) {
        link->after_faults.paced_at =
            MAX(link->after_faults.paced_at, release) +
            (SimSpan)((double)(size_bytes + LINK_HEADER_BYTES) * ns_per_byte + 0.5);
        release = link->after_faults.paced_at;
    }
    return MAX(release - now, 0);
}

SimSpan link_suffer(Link *link, uint32_t size_bytes, SimTime now, uint64_t flow)
{
    const Effect *condition = &link->component.condition;
    SimSpan delay, more;

    if (condition->loss_ratio > 0 && rng_chance(&link->packets, condition->loss_ratio)) {
        return SIM_NEVER;
    }
    if (condition->shares[SHARE_LINK_LOSS] > 0 && link_loses_more(link, now, flow)) {
        return SIM_NEVER;
    }
    delay = delay_of(link);
    if (condition->link_rate_limit > 0) {
        more = shape(link, size_bytes, now);
        if (more == SIM_NEVER) {
            return SIM_NEVER;
        }
        delay += more;
    }
    if (condition->shares[SHARE_LINK_HOLDS] > 0) {
        delay += hold(link, size_bytes, now);
    }
    return delay;
}

/* route53_health.c - from the reports of the checkers to what the data plane believes: quorum,
 * calculated checks, propagation. Source: Route 53 Developer Guide ("How Route 53 determines
 * whether a health check is healthy"). */
#include "models/dns/route53_parts.h"
#include "sim/base/fixed_math.h"
#include "sim/world/history.h"

#define NORMAL_P99 2.3263478740408408 /* 99 % of a normal law lie below so many deviations */

static void change_arrives(void *self, void *subject, uint64_t detail);
static void calculate(void *self, void *subject, uint64_t detail);
static void reports_expire(void *self, void *subject, uint64_t detail);

static const EventType change_becomes_visible = {"route53.health-visible", change_arrives};
static const EventType calculation_runs = {"route53.calculate", calculate};
static const EventType reports_become_old = {"route53.reports-old", reports_expire};

/* --- health: from reports to what the data plane sees -------------------------------------------
 */

static void schedule_parents(Route53 *self, guint child)
{
    Engine *engine = world_engine(self->component.world);

    for (guint i = 0; i < self->checks->checks->len; i++) {
        const HealthCheck *check = health_checks_at(self->checks, i);

        for (guint k = 0;
             self->states[i].is_used && !check->is_disabled && k < check->children->len; k++) {
            if (g_array_index(check->children, guint, k) == child &&
                engine_time_of(engine, self->states[i].calculation) == SIM_NEVER) {
                self->states[i].calculation =
                    engine_after(engine, draw_span(self->calculation, &self->delays),
                                 &self->component.owner, &calculation_runs, NULL, i);
            }
        }
    }
}

SimSpan route53_propagation(Route53 *self, Draw law)
{
    const Effect *condition = &self->component.condition;
    SimSpan median = condition->spans[SPAN_PROPAGATION_MEDIAN];
    double ratio, z;

    if (G_LIKELY(median == 0)) {
        return draw_span(law, &self->delays);
    }
    ratio = (double)condition->spans[SPAN_PROPAGATION_P99] / (double)median;
    z = fixed_normal_quantile(rng_uniform(&self->delays));
    return (SimSpan)((double)median * fixed_exp(fixed_log(ratio) / NORMAL_P99 * z));
}

void route53_put_health(Route53 *self, guint rank, bool is_healthy)
{
    CheckState *state = &self->states[rank];
    SimTime now = world_now(self->component.world);

    if (state->is_healthy == is_healthy) {
        return;
    }
    state->is_healthy = is_healthy;
    self->health_changes++;
    gauge_add(&self->unhealthy, now, is_healthy ? -1 : 1);
    history_note(world_history(self->component.world), "route53.health-changed", &self->component,
                 "dc", state->dc, "to", is_healthy ? "healthy" : "unhealthy");
    /* Changes of one check become visible in their order. */
    state->visible_at = MAX(now + route53_propagation(self, self->propagation), state->visible_at);
    engine_at(world_engine(self->component.world), state->visible_at, &self->component.owner,
              &change_becomes_visible, NULL, (uint64_t)rank << 1 | (is_healthy ? 1 : 0));
    schedule_parents(self, rank);
}

static void change_arrives(void *self, void *subject, uint64_t detail)
{
    Route53 *route53 = self;
    bool is_healthy = (detail & 1) != 0;

    (void)subject;
    route53->visible[detail >> 1] = is_healthy;
    history_note(world_history(route53->component.world), "route53.answers-changed",
                 &route53->component, "dc", route53->states[detail >> 1].dc, "to",
                 is_healthy ? "healthy" : "unhealthy");
}

static void calculate(void *self, void *subject, uint64_t detail)
{
    Route53 *route53 = self;
    guint rank = (guint)detail;
    const HealthCheck *check = health_checks_at(route53->checks, rank);
    g_autofree bool *healthy = g_new(bool, route53->checks->checks->len);

    (void)subject;
    for (guint i = 0; i < route53->checks->checks->len; i++) {
        healthy[i] = route53->states[i].is_healthy;
    }
    route53_put_health(route53, rank, health_calculate(check, healthy) != check->is_inverted);
}

/* Without any report the last status stays. */
static void judge(Route53 *self, guint rank)
{
    const CheckState *state = &self->states[rank];
    guint reporting = (guint)__builtin_popcount(state->reporting);
    guint good = (guint)__builtin_popcount(state->reporting & (unsigned)~state->bad);

    if (reporting > 0) {
        route53_put_health(self, rank,
                           health_quorum(good, reporting) !=
                               health_checks_at(self->checks, rank)->is_inverted);
    }
}

void route53_report(Component *self, guint check, guint checker, bool is_bad)
{
    Route53 *route53 = (Route53 *)self;
    CheckState *state = &route53->states[check];
    uint16_t bit = (uint16_t)(1u << checker);
    uint16_t bad = is_bad ? state->bad | bit : (uint16_t)(state->bad & ~bit);

    route53->lost_at[checker] = SIM_NEVER;
    if (bad == state->bad && (state->reporting & bit) != 0) {
        return;
    }
    state->bad = bad;
    state->reporting |= bit;
    judge(route53, check);
}

static void reports_expire(void *self, void *subject, uint64_t detail)
{
    Route53 *route53 = self;
    uint16_t bit = (uint16_t)(1u << detail);

    (void)subject;
    if (route53->lost_at[detail] == SIM_NEVER ||
        world_now(route53->component.world) < route53->lost_at[detail] + route53->report_validity) {
        return;
    }
    for (guint i = 0; i < route53->checks->checks->len; i++) {
        if ((route53->states[i].reporting & bit) != 0) {
            route53->states[i].reporting &= (uint16_t)~bit;
            judge(route53, i);
        }
    }
}

void route53_lose_checker(Component *self, guint checker)
{
    Route53 *route53 = (Route53 *)self;

    route53->lost_at[checker] = world_now(self->world);
    engine_after(world_engine(self->world), route53->report_validity, &self->owner,
                 &reports_become_old, NULL, checker);
}

/* component.c - life of a component: effects folded into a condition, starts, stops and freezes. */
#include "sim/world/component.h"

#include <string.h>

#include "sim/world/host.h"
#include "sim/world/inside.h"

/* One effect that is on a component now. */
typedef struct EffectEntry {
    uint64_t fault;
    Effect effect;
} EffectEntry;

const MetricDef component_totals[] = {
    METRIC_COUNTER(Component, messages_in, "Messages that arrived"),
    METRIC_COUNTER(Component, messages_out, "Messages sent"),
    METRIC_COUNTER(Component, calls_ok, "Calls that were answered"),
    METRIC_END,
};

const MetricDef component_metrics[] = {
    METRIC_COUNTER(Component, calls_failed, "Calls whose connection broke under way"),
    METRIC_COUNTER(Component, calls_timed_out, "Calls that heard nothing in time"),
    METRIC_COUNTER(Component, calls_refused, "Calls that were refused"),
    METRIC_COUNTER(Component, calls_unreachable, "Calls for which there was no way"),
    METRIC_COUNTER(Component, answers_late, "Answers that came when nobody waited any more"),
    METRIC_GAUGE(Component, down, "ratio", "Share of time down"),
    METRIC_GAUGE(Component, impaired, "ratio", "Share of time up under the effect of a fault"),
    METRIC_END,
};

static bool component_is_on(const Component *component, const Component *host)
{
    return component->host != NULL && component != host && host_component(component->host) == host;
}

/* What a host's condition does to all that runs on it: its power, its pause, its network card. CPU,
 * disk and clock act through host.h. */
static Effect component_host_share(const Component *component)
{
    Effect share = EFFECT_NONE;
    const Effect *of_host;

    if (component->host == NULL || host_component(component->host) == component) {
        return share;
    }
    of_host = &host_component(component->host)->condition;
    share.down = of_host->down;
    share.unsynced_lost = of_host->unsynced_lost;
    share.caches_cold = of_host->caches_cold;
    share.paused = of_host->paused;
    share.loss_ratio = of_host->loss_ratio;
    share.delay_added = of_host->delay_added;
    share.jitter_added = of_host->jitter_added;
    return share;
}

/* Always from the list anew: nothing is undone, so overlaps end in any order without a remainder.
 */
static Effect component_fold(const Component *component)
{
    Effect fold = component_host_share(component);

    for (guint i = 0; component->effects != NULL && i < component->effects->len; i++) {
        fold = effect_both(fold, g_array_index(component->effects, EffectEntry, i).effect);
    }
    return fold;
}

static void component_measure(Component *component)
{
    SimTime now = world_now(component->world);
    bool is_impaired = component->is_up && !effect_is_same(component->condition, EFFECT_NONE);

    gauge_set(&component->down, now, component->is_up ? 0 : 1);
    gauge_set(&component->impaired, now, is_impaired ? 1 : 0);
}

static void component_hold(Component *component, bool is_paused)
{
    Engine *engine = world_head_engine(component->world);

    if (is_paused) {
        engine_hold(engine, &component->owner);
        engine_hold(engine, &component->door);
    } else {
        /* What waits in the sockets is read before timers that ran out meanwhile are looked at. */
        engine_release(engine, &component->door);
        engine_release(engine, &component->owner);
    }
}

static void component_apply(Component *component);

/* Calls `each` on all that runs on `host`, in order of id. */
static void component_each_on(Component *host, void (*each)(Component *, const Effect *),
                              const Effect *why)
{
    World *world = host->world;

    if (host->kind != &host_kind) {
        return;
    }
    for (guint i = 0; i < world_count(world); i++) {
        Component *component = world_component(world, i);

        if (component_is_on(component, host)) {
            each(component, why);
        }
    }
}

static void component_apply_again(Component *component, const Effect *why)
{
    (void)why;
    component_apply(component);
}

/* Whether it comes up by itself when its own reason to be down is over: not on a host that lies
 * down or still boots, which starts all on it later. */
static bool component_may_start(const Component *component)
{
    return component->host == NULL || host_component(component->host) == component ||
           host_is_up(component->host);
}

static bool is_stopping(Order order)
{
    return order == ORDER_STOP || order == ORDER_DRAIN;
}

/* The operator has said something, or takes back that it shall stand still: then it is started
 * anew. */
static void component_follow(Component *component, Order before)
{
    Order order = component->condition.order;

    if (order == before) {
        return;
    }
    if (is_stopping(before) && !is_stopping(order)) {
        component_stop(component, NULL);
        if (component_may_start(component)) {
            component_start(component);
        }
    } else if (component->is_up && component->kind->on_order != NULL) {
        component->kind->on_order(component, order, component->condition.order_about);
    } else if (order == ORDER_STOP) {
        component_stop(component, NULL);
    }
}

static void component_apply(Component *component)
{
    Effect before = component->condition;
    Effect after = component_fold(component);

    if (effect_is_same(before, after)) {
        return;
    }
    component->condition = after;
    component->is_impaired = after.down || effect_is_on_packets(&after);
    if (after.shares[SHARE_TCP_HALF_OPEN] > 0 && before.shares[SHARE_TCP_HALF_OPEN] <= 0) {
        component->forgets++;
    }
    component->is_slowed = after.slowdown > 1;
    if (after.down && component->is_up) {
        component_stop(component, &after);
    }
    if (before.paused != after.paused) {
        component_hold(component, after.paused);
    }
    /* A host hands its share on before it starts, and whoever stopped with it is stopped by now. */
    component_each_on(component, component_apply_again, NULL);
    if (before.down && !after.down && component_may_start(component)) {
        component_start(component);
    } else if (component->is_up && component->kind->on_condition != NULL) {
        component->kind->on_condition(component, &before);
    }
    component_follow(component, before.order);
    component_measure(component);
}

bool component_add_effect(Component *component, uint64_t fault, Effect effect)
{
    EffectEntry entry = {.fault = fault, .effect = effect};
    Effect before = component->condition;

    if (component->effects == NULL) {
        component->effects = g_array_new(false, false, sizeof(EffectEntry));
    }
    for (guint i = 0; i < component->effects->len; i++) {
        g_assert_cmpuint(g_array_index(component->effects, EffectEntry, i).fault, !=, fault);
    }
    g_array_append_val(component->effects, entry);
    component_apply(component);
    return !effect_is_same(before, component->condition);
}

void component_change_effect(Component *component, uint64_t fault, Effect effect)
{
    for (guint i = 0; component->effects != NULL && i < component->effects->len; i++) {
        EffectEntry *entry = &g_array_index(component->effects, EffectEntry, i);

        if (entry->fault == fault) {
            entry->effect = effect;
            component_apply(component);
            return;
        }
    }
}

bool component_remove_effect(Component *component, uint64_t fault)
{
    Effect before = component->condition;

    for (guint i = 0; component->effects != NULL && i < component->effects->len; i++) {
        if (g_array_index(component->effects, EffectEntry, i).fault == fault) {
            g_array_remove_index(component->effects, i);
            component_apply(component);
            return !effect_is_same(before, component->condition);
        }
    }
    return false;
}

const Effect *component_effect(const Component *component, guint index, uint64_t *fault)
{
    const EffectEntry *entry = NULL;

    if (component->effects == NULL || index >= component->effects->len) {
        return NULL;
    }
    entry = &g_array_index(component->effects, EffectEntry, index);
    if (fault != NULL) {
        *fault = entry->fault;
    }
    return &entry->effect;
}

void component_drop_effects(Component *component)
{
    guint before = component->effects != NULL ? component->effects->len : 0;

    for (guint i = before; i > 0; i--) {
        if ((g_array_index(component->effects, EffectEntry, i - 1).fault & EFFECT_OF_WORLD) == 0) {
            g_array_remove_index(component->effects, i - 1);
        }
    }
    if (before > 0 && component->effects->len < before) {
        component_apply(component);
    }
}

void component_start(Component *component)
{
    if (component->is_up || component->condition.down || component->condition.order == ORDER_STOP) {
        return;
    }
    component->is_up = true;
    component->starts++;
    component_measure(component);
    if (component->kind->on_start != NULL) {
        component->kind->on_start(component);
    }
}

void component_stop(Component *component, const Effect *why)
{
    bool is_silent;

    if (!component->is_up) {
        return;
    }
    if (why == NULL) {
        why = &EFFECT_NONE;
    }
    component->is_up = false;
    component->owner.incarnation++;
    is_silent = network_is_dark(component);
    if (component->host != NULL) {
        host_forget(component->host, &component->owner);
    }
    /* What runs on a host falls before the host gives back its memory. */
    component_each_on(component, component_stop, why);
    if (component->kind->on_stop != NULL) {
        component->kind->on_stop(component, why);
    }
    call_component_stopped(component, is_silent);
    component_measure(component);
}

void component_end(Component *component)
{
    if (component->is_up) {
        component->is_up = false;
        component->owner.incarnation++;
        if (component->kind->on_stop != NULL) {
            component->kind->on_stop(component, &EFFECT_NONE);
        }
        call_component_stopped(component, true);
    }
}

SimTime component_wall_clock(const Component *component)
{
    SimTime clock = world_now(component->world) + component->condition.clock_ahead;

    if (component->host != NULL && host_component(component->host) != component) {
        clock += host_clock_ahead(component->host);
    }
    return clock;
}

const char *component_place(const Component *component)
{
    const char *at = strchr(component->name, '@');

    return at != NULL ? at + 1 : component->name;
}

const char *component_node(const Component *component)
{
    bool is_host = component->kind == &host_kind;

    return is_host || component->host != NULL ? component_place(component) : NULL;
}

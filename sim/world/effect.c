/* effect.c - the fold of faults and the rows of an effect. */
#include "sim/world/effect.h"

#include <glib.h>
#include <string.h>

#include "sim/base/rng.h"

const Effect EFFECT_NONE = {.slowdown = 1, .load_factor = 1};

/* 1 - (1 - a)(1 - b) from the larger of the two on, so that it commutes to the last bit, shares of
 * 0 and 1 are exact and the result never leaves 0 to 1. */
static double share_either(double a, double b)
{
    double most = a > b ? a : b;
    double least = a > b ? b : a;

    return most + (1 - most) * least;
}

/* Sums of spans stop at the ends of the range instead of wrapping. */
static SimSpan span_both(SimSpan a, SimSpan b)
{
    SimSpan sum;

    if (__builtin_add_overflow(a, b, &sum)) {
        return a > 0 ? INT64_MAX : INT64_MIN;
    }
    return sum;
}

/* Of two limits the smaller one; 0 is none. */
static int64_t limit_both(int64_t a, int64_t b)
{
    return a == 0 ? b : b == 0 ? a : MIN(a, b);
}

/* The same for rates. */
static double rate_both(double a, double b)
{
    return a <= 0 ? b : b <= 0 ? a : MIN(a, b);
}

static void add_shares_and_spans(Effect *both, const Effect *a, const Effect *b)
{
    for (guint i = 0; i < EFFECT_SHARES; i++) {
        both->shares[i] = share_either(a->shares[i], b->shares[i]);
    }
    for (guint i = 0; i < EFFECT_SPANS; i++) {
        both->spans[i] = MAX(a->spans[i], b->spans[i]);
    }
}

/* Of equal orders the one about who comes first by name, so that it commutes. */
static bool comes_before(const Effect *a, const Effect *b)
{
    if (a->order != b->order) {
        return a->order > b->order;
    }
    return b->order_about == NULL ||
           (a->order_about != NULL && strcmp(a->order_about, b->order_about) <= 0);
}

Effect effect_both(Effect a, Effect b)
{
    Effect both = {
        .down = a.down || b.down,
        .unsynced_lost = a.unsynced_lost || b.unsynced_lost,
        .caches_cold = a.caches_cold || b.caches_cold,
        .paused = a.paused || b.paused,
        .slowdown = a.slowdown * b.slowdown,
        .steal_ratio = share_either(a.steal_ratio, b.steal_ratio),
        .loss_ratio = share_either(a.loss_ratio, b.loss_ratio),
        .load_factor = a.load_factor * b.load_factor,
        .delay_added = span_both(a.delay_added, b.delay_added),
        .jitter_added = span_both(a.jitter_added, b.jitter_added),
        .jitter_law = MAX(a.jitter_law, b.jitter_law),
        .link_rate_limit = rate_both(a.link_rate_limit, b.link_rate_limit),
        .link_pace = rate_both(a.link_pace, b.link_pace),
        .link_queue_bytes = limit_both(a.link_queue_bytes, b.link_queue_bytes),
        .link_burst_bytes = limit_both(a.link_burst_bytes, b.link_burst_bytes),
        .clock_ahead = span_both(a.clock_ahead, b.clock_ahead),
        .disk_read_added = span_both(a.disk_read_added, b.disk_read_added),
        .disk_flush_added = span_both(a.disk_flush_added, b.disk_flush_added),
        .disk_jitter_added = span_both(a.disk_jitter_added, b.disk_jitter_added),
        .disk_slow_ratio = MAX(a.disk_slow_ratio, b.disk_slow_ratio),
        .disk_filled_ratio = MAX(a.disk_filled_ratio, b.disk_filled_ratio),
        .disk_rate_limit = rate_both(a.disk_rate_limit, b.disk_rate_limit),
        .disk_ops_limit = rate_both(a.disk_ops_limit, b.disk_ops_limit),
        .answer_limit_bytes = limit_both(a.answer_limit_bytes, b.answer_limit_bytes),
        .pool_size = limit_both(a.pool_size, b.pool_size),
        .pool_leak_per_s = a.pool_leak_per_s + b.pool_leak_per_s,
        .address = MAX(a.address, b.address),
        .answer_code = MAX(a.answer_code, b.answer_code),
        .about_mark = a.about_mark + b.about_mark,
        .order = MAX(a.order, b.order),
        .order_about = comes_before(&a, &b) ? a.order_about : b.order_about,
    };

    add_shares_and_spans(&both, &a, &b);
    return both;
}

void effect_set_about(Effect *effect, const char *text)
{
    effect->about = text != NULL ? g_intern_string(text) : NULL;
    effect->about_mark = text != NULL ? rng_hash(text) | 1 : 1;
}

bool effect_is_on_packets(const Effect *effect)
{
    bool is_any = effect->loss_ratio > 0 || effect->delay_added != 0 || effect->jitter_added != 0 ||
                  effect->answer_limit_bytes > 0 || effect->spans[SPAN_TCP_HANDSHAKE] > 0 ||
                  effect->spans[SPAN_TCP_CLOSE] > 0 || effect->link_rate_limit > 0 ||
                  effect->shares[SHARE_LINK_LOSS] > 0 || effect->shares[SHARE_LINK_HOLDS] > 0;

    for (EffectShare i = SHARE_TCP_REFUSE; i <= SHARE_TCP_HALF_OPEN; i++) {
        is_any = is_any || effect->shares[i] > 0;
    }
    return is_any;
}

/* Shares that say how, not how much. */
static bool is_manner(EffectShare share)
{
    return share == SHARE_LOSS_REPEAT || share == SHARE_LOSS_FLOWS || share == SHARE_LOSS_STICKS ||
           share == SHARE_JITTER_REPEAT || share == SHARE_LINK_HOLDS || share == SHARE_LINK_PACES;
}

static SimSpan span_scale(SimSpan span, double share)
{
    return (SimSpan)((double)span * share);
}

Effect effect_scale(Effect effect, double share)
{
    Effect scaled = effect;

    if (share >= 1) {
        return effect;
    }
    scaled.slowdown = 1 + (effect.slowdown - 1) * share;
    scaled.steal_ratio = effect.steal_ratio * share;
    scaled.loss_ratio = effect.loss_ratio * share;
    scaled.load_factor = 1 + (effect.load_factor - 1) * share;
    scaled.delay_added = span_scale(effect.delay_added, share);
    scaled.jitter_added = span_scale(effect.jitter_added, share);
    scaled.clock_ahead = span_scale(effect.clock_ahead, share);
    scaled.disk_read_added = span_scale(effect.disk_read_added, share);
    scaled.disk_flush_added = span_scale(effect.disk_flush_added, share);
    scaled.disk_jitter_added = span_scale(effect.disk_jitter_added, share);
    scaled.disk_filled_ratio = effect.disk_filled_ratio * share;
    scaled.pool_leak_per_s = effect.pool_leak_per_s * share;
    for (guint i = 0; i < EFFECT_SHARES; i++) {
        scaled.shares[i] = is_manner(i) ? effect.shares[i] : effect.shares[i] * share;
    }
    return scaled;
}

bool effect_is_gradual(Effect effect)
{
    return !effect.down && !effect.paused && effect.order == ORDER_NONE &&
           !effect_is_same(effect, effect_scale(effect, 0));
}

/* Exact on purpose: the folds of the same list are the same bits. */
static bool number_is_same(double a, double b)
{
    return a >= b && a <= b;
}

static bool is_same_shares_and_spans(const Effect *a, const Effect *b)
{
    bool is_same = true;

    for (guint i = 0; i < EFFECT_SHARES; i++) {
        is_same = is_same && number_is_same(a->shares[i], b->shares[i]);
    }
    for (guint i = 0; i < EFFECT_SPANS; i++) {
        is_same = is_same && a->spans[i] == b->spans[i];
    }
    return is_same && a->answer_limit_bytes == b->answer_limit_bytes && a->address == b->address &&
           a->pool_size == b->pool_size && number_is_same(a->pool_leak_per_s, b->pool_leak_per_s) &&
           a->answer_code == b->answer_code && a->about_mark == b->about_mark;
}

static bool is_same_on_links(const Effect *a, const Effect *b)
{
    return a->jitter_law == b->jitter_law &&
           number_is_same(a->link_rate_limit, b->link_rate_limit) &&
           number_is_same(a->link_pace, b->link_pace) &&
           a->link_queue_bytes == b->link_queue_bytes && a->link_burst_bytes == b->link_burst_bytes;
}

bool effect_is_same(Effect a, Effect b)
{
    return is_same_shares_and_spans(&a, &b) && is_same_on_links(&a, &b) && a.down == b.down &&
           a.unsynced_lost == b.unsynced_lost && a.caches_cold == b.caches_cold &&
           a.paused == b.paused && number_is_same(a.slowdown, b.slowdown) &&
           number_is_same(a.steal_ratio, b.steal_ratio) &&
           number_is_same(a.loss_ratio, b.loss_ratio) &&
           number_is_same(a.load_factor, b.load_factor) && a.delay_added == b.delay_added &&
           a.jitter_added == b.jitter_added && a.clock_ahead == b.clock_ahead &&
           a.disk_read_added == b.disk_read_added && a.disk_flush_added == b.disk_flush_added &&
           a.disk_jitter_added == b.disk_jitter_added &&
           number_is_same(a.disk_slow_ratio, b.disk_slow_ratio) &&
           number_is_same(a.disk_filled_ratio, b.disk_filled_ratio) &&
           number_is_same(a.disk_rate_limit, b.disk_rate_limit) &&
           number_is_same(a.disk_ops_limit, b.disk_ops_limit) && a.order == b.order &&
           g_strcmp0(a.order_about, b.order_about) == 0;
}

const Field effect_fields[] = {
    FIELD_FLAG(Effect, down, .initial = "false", .help = "Off: power lost, killed or cut"),
    FIELD_FLAG(Effect, unsynced_lost, .initial = "false",
               .help = "With down: what was not on stable storage at the fall is gone"),
    FIELD_FLAG(Effect, caches_cold, .initial = "false",
               .help = "With down: starts again with a cold page cache"),
    FIELD_FLAG(Effect, paused, .initial = "false",
               .help = "Frozen: nothing runs, what arrives waits"),
    FIELD_NUMBER(Effect, slowdown, .initial = "1", .lowest = "1", .highest = "1000000",
                 .help = "Work takes this many times as long"),
    FIELD_RATIO(Effect, steal_ratio, .initial = "0", .lowest = "0", .highest = "1",
                .help = "Share of the CPU that other guests take"),
    FIELD_RATIO(Effect, loss_ratio, .initial = "0", .lowest = "0", .highest = "1",
                .help = "Share of packets that get lost"),
    FIELD_NUMBER(Effect, load_factor, .initial = "1", .lowest = "0", .highest = "1000000",
                 .help = "Arrivals come this many times as fast"),
    FIELD_SPAN(Effect, delay_added, .initial = "0s", .lowest = "0s",
               .help = "Added to each packet, one way"),
    FIELD_SPAN(Effect, jitter_added, .initial = "0s", .lowest = "0s",
               .help = "Added to each packet, one way, uniform from zero to this"),
    FIELD_SPAN(Effect, clock_ahead, .initial = "0s",
               .help = "Wall clock minus true time; may be negative"),
    FIELD_SPAN(Effect, disk_read_added, .initial = "0s", .lowest = "0s",
               .help = "Added to a share of the disk's reads"),
    FIELD_SPAN(Effect, disk_flush_added, .initial = "0s", .lowest = "0s",
               .help = "Added to a share of the disk's flushes"),
    FIELD_SPAN(Effect, disk_jitter_added, .initial = "0s", .lowest = "0s",
               .help = "Added to the same, uniform from zero to this"),
    FIELD_RATIO(Effect, disk_slow_ratio, .initial = "0", .lowest = "0", .highest = "1",
                .help = "Share of the disk's reads and flushes that are slower"),
    FIELD_RATIO(Effect, disk_filled_ratio, .initial = "0", .lowest = "0", .highest = "1",
                .help =
                    "Share of the disk's space that is in use at least: other files fill it up"),
    FIELD_BYTE_RATE(Effect, disk_rate_limit, .initial = "0B/s",
                    .help = "What the disk transfers at most; 0: as it can"),
    FIELD_NUMBER(Effect, disk_ops_limit, .initial = "0", .lowest = "0",
                 .help = "Operations a second that the disk does at most; 0: as it can"),
    FIELD_END,
};

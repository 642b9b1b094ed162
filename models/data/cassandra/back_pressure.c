/* back_pressure.c - see back_pressure.h. */
#include "models/data/cassandra/back_pressure.h"

#include <float.h>

#include "models/data/cassandra/node.h"

#define TENTHS 10 /* of a window: SlidingTimeRate's precision */

/* What a coordinator knows of one replica. */
typedef struct Flow {
    SlidingRate answered, asked; /* `asked`: answered or timed out */
    RateLimit limit;
    SimTime looked_at;
} Flow;

/* The replicas of a write, as a set: whose limit holds for it in this window. */
typedef struct Group {
    uint64_t key;
    SimTime looked_at;
    RateLimit *limit; /* NULL: none yet */
} Group;

struct BackPressure {
    Flow *flows;        /* by rank */
    GHashTable *groups; /* of Group, by key: only looked up */
};

static const char *const flow_names[] = {"FAST", "SLOW", NULL};

const Field back_pressure_fields[] = {
    FIELD_RATIO(BackPressureSettings, high_ratio, .initial = "0.9",
                .help = "Share of answers in time from which on a replica is sent more",
                .source = "Cassandra 3.11 RateBasedBackPressure high_ratio"),
    FIELD_COUNT(BackPressureSettings, factor, .initial = "5", .lowest = "1", .highest = "99",
                .help = "Per cent by which a rate grows, or falls below what is answered",
                .source = "Cassandra 3.11 RateBasedBackPressure factor"),
    FIELD_CHOICE(BackPressureSettings, flow, .initial = "FAST", .more = flow_names,
                 .help = "Whether writes go as fast as the fastest or the slowest replica takes "
                         "them",
                 .source = "Cassandra 3.11 RateBasedBackPressure flow"),
    FIELD_END,
};

/* --- a rate over a sliding window ---------------------------------------------------------------
 */

void sliding_rate_add(SlidingRate *rate, SimTime at, SimSpan window)
{
    int64_t slot = at / (window / TENTHS) + 1;
    guint place = (guint)(slot % SLIDING_SLOTS);

    if (rate->slots[place] != slot) {
        rate->slots[place] = slot;
        rate->counts[place] = 0;
    }
    rate->counts[place]++;
}

double sliding_rate_per_s(const SlidingRate *rate, SimTime now, SimSpan window)
{
    int64_t last = now / (window / TENTHS) + 1, first = INT64_MAX;
    uint64_t sum = 0;

    for (guint i = 0; i < SLIDING_SLOTS; i++) {
        int64_t slot = rate->slots[i];

        if (slot > 0 && slot <= last && slot > last - TENTHS) {
            sum += rate->counts[i];
            first = MIN(first, slot);
        }
    }
    if (sum == 0) {
        return 0;
    }
    return (double)sum * (double)SIM_S /
           (double)MAX(SIM_S, now - (SimTime)(first - 1) * (window / TENTHS));
}

/* --- a limiter ----------------------------------------------------------------------------------
 */

static void store(RateLimit *limit, SimTime now)
{
    if (now > limit->next_at) {
        limit->stored += limit->per_s * (double)(now - limit->next_at) / (double)SIM_S;
        limit->stored = MIN(limit->stored, limit->per_s); /* of one second */
        limit->next_at = now;
    }
}

void rate_limit_set(RateLimit *limit, double per_s, SimTime now)
{
    if (limit->per_s <= 0) { /* there was none: as much is stored as can be */
        limit->stored = per_s;
        limit->next_at = now;
    } else {
        store(limit, now);
        limit->stored *= per_s / limit->per_s;
    }
    limit->per_s = per_s;
}

SimSpan rate_limit_wait(RateLimit *limit, SimSpan most, SimTime now)
{
    double spent;
    SimSpan wait;

    if (limit->per_s <= 0) {
        return 0;
    }
    store(limit, now);
    wait = limit->next_at - now;
    if (wait > most) {
        return most;
    }
    spent = MIN(1, limit->stored);
    limit->stored -= spent;
    limit->next_at += (SimSpan)((1 - spent) * (double)SIM_S / limit->per_s);
    return wait;
}

/* --- of a node ----------------------------------------------------------------------------------
 */

/* Once a window: what was answered of what was asked decides the replica's limit. */
static void look(const Cassandra *node, Flow *flow, double answered_per_s)
{
    const BackPressureSettings *settings = &node->back_pressure_strategy;
    SimSpan window = node->write_request_timeout;
    SimTime now = node_now(node);
    double asked_per_s = sliding_rate_per_s(&flow->asked, now, window);
    double limit = flow->limit.per_s, factor = (double)settings->factor / 100;

    flow->looked_at = now;
    if (asked_per_s <= 0) {
        rate_limit_set(&flow->limit, 0, now);
    } else if (answered_per_s / asked_per_s < settings->high_ratio) {
        double next = answered_per_s * (1 - factor);

        if (next > 0 && (limit <= 0 || next < limit)) {
            rate_limit_set(&flow->limit, next, now);
        }
    } else if (limit > 0 && limit <= asked_per_s) {
        rate_limit_set(&flow->limit, limit * (1 + factor), now);
    }
}

/* Whether the limit `a` is nearer to what `flow` wants than `b`. */
static bool is_preferred(int flow, const RateLimit *a, const RateLimit *b)
{
    double a_per_s = a->per_s > 0 ? a->per_s : DBL_MAX;
    double b_per_s = b->per_s > 0 ? b->per_s : DBL_MAX;

    return flow == FLOW_FAST ? a_per_s >= b_per_s : a_per_s <= b_per_s;
}

/* FNV-1a over the ranks in their order, which is that of the ring. */
static uint64_t key_of(const Write *write)
{
    uint64_t key = UINT64_C(0xcbf29ce484222325);

    for (uint32_t left = write->targets; left != 0; left &= left - 1) {
        key = (key ^ write->range->replicas[__builtin_ctz(left)]) * UINT64_C(0x100000001b3);
    }
    return key;
}

static Group *group_of(BackPressure *all, const Write *write)
{
    uint64_t key = key_of(write);
    Group *group = g_hash_table_lookup(all->groups, &key);

    if (group == NULL) {
        group = g_new0(Group, 1);
        group->key = key;
        group->looked_at = SIM_NEVER;
        g_hash_table_insert(all->groups, &group->key, group);
    }
    return group;
}

static bool is_over(const Cassandra *node, SimTime looked_at)
{
    return looked_at == SIM_NEVER || node_now(node) - looked_at >= node->write_request_timeout;
}

SimSpan back_pressure_wait(const Write *write)
{
    Cassandra *node = write->node;
    SimSpan left = write->began + node->write_request_timeout - node_now(node);
    double least_per_s = DBL_MAX, answer_after;
    RateLimit *chosen = NULL;
    bool is_new = false;
    Group *group;

    if (node->back_pressure == NULL) {
        return 0;
    }
    for (uint32_t bits = write->targets; bits != 0; bits &= bits - 1) {
        guint rank = write->range->replicas[__builtin_ctz(bits)];
        Flow *flow = &node->back_pressure->flows[rank];
        double per_s;

        if (rank == node->rank) {
            continue;
        }
        per_s = sliding_rate_per_s(&flow->answered, node_now(node), node->write_request_timeout);
        least_per_s = MIN(least_per_s, per_s);
        if (is_over(node, flow->looked_at)) {
            look(node, flow, per_s);
            is_new = true;
        }
        if (chosen == NULL ||
            is_preferred(node->back_pressure_strategy.flow, &flow->limit, chosen)) {
            chosen = &flow->limit;
        }
    }
    group = group_of(node->back_pressure, write);
    if (is_new && is_over(node, group->looked_at)) {
        group->looked_at = node_now(node);
        group->limit = chosen;
    }
    if (group->limit == NULL || least_per_s <= 0) {
        return 0;
    }
    answer_after = (double)SIM_S / least_per_s;
    return rate_limit_wait(group->limit, MAX(0, left - (SimSpan)answer_after), node_now(node));
}

void back_pressure_heard(const Write *write, guint index, SimTime arrival)
{
    const Cassandra *node = write->node;
    guint rank = write->range->replicas[index];

    if (rank != node->rank && arrival <= write->began + node->write_request_timeout) {
        Flow *flow = &node->back_pressure->flows[rank];

        sliding_rate_add(&flow->answered, arrival, node->write_request_timeout);
        sliding_rate_add(&flow->asked, arrival, node->write_request_timeout);
    }
}

void back_pressure_missed(const Write *write, guint index)
{
    const Cassandra *node = write->node;

    sliding_rate_add(&node->back_pressure->flows[write->range->replicas[index]].asked,
                     node_now(node), node->write_request_timeout);
}

void back_pressure_start(Cassandra *node)
{
    guint count = node->cluster->node_count;

    if (!node->back_pressure_enabled) {
        return;
    }
    back_pressure_free(node);
    node->back_pressure = g_new0(BackPressure, 1);
    node->back_pressure->flows = g_new0(Flow, count);
    for (guint i = 0; i < count; i++) {
        node->back_pressure->flows[i].looked_at = SIM_NEVER;
    }
    node->back_pressure->groups = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
}

void back_pressure_free(Cassandra *node)
{
    if (node->back_pressure != NULL) {
        g_free(node->back_pressure->flows);
        g_hash_table_unref(node->back_pressure->groups);
        g_clear_pointer(&node->back_pressure, g_free);
    }
}

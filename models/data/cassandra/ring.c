/* ring.c - the token ring: who owns a token and which nodes hold its replicas. */
#include "models/data/cassandra/ring.h"

#include <string.h>

#include "models/data/cassandra/murmur3.h"
#include "sim/base/sort.h"

/* Tokens go from -2^63 + 1 to 2^63 - 1. */
#define RING_LENGTH 18446744073709551614.0

#define NO_HEIR UINT32_MAX

struct Ring {
    RingNode *nodes;
    RingMember *members;
    guint *heirs; /* who takes over a node's tokens; NO_HEIR: nobody */
    guint node_count;
    uint32_t factors[RING_SITES_MOST];
    guint site_count;
    GArray *ranges;     /* RingRange */
    uint32_t *firsts;   /* of each stretch of tokens of equal length, its first range; one more */
    guint stretch_bits; /* of a token, that tell which stretch it is in */
    GHashTable *tokens; /* set of them: only looked up */
    bool is_closed;
};

Ring *ring_new(const RingNode *nodes, guint node_count, const uint32_t *factors, guint site_count)
{
    Ring *ring = g_new0(Ring, 1);

    g_assert_cmpuint(site_count, <=, RING_SITES_MOST);
    g_assert_cmpuint(node_count, >, 0);
    ring->nodes = g_memdup2(nodes, node_count * sizeof *nodes);
    ring->members = g_new0(RingMember, node_count);
    ring->heirs = g_new(guint, node_count);
    memset(ring->heirs, 0xff, node_count * sizeof *ring->heirs);
    ring->node_count = node_count;
    memcpy(ring->factors, factors, site_count * sizeof *factors);
    ring->site_count = site_count;
    ring->ranges = g_array_new(FALSE, TRUE, sizeof(RingRange));
    ring->tokens = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return ring;
}

void ring_free(Ring *ring)
{
    if (ring == NULL) {
        return;
    }
    g_free(ring->nodes);
    g_free(ring->members);
    g_free(ring->heirs);
    g_array_free(ring->ranges, TRUE);
    g_free(ring->firsts);
    g_hash_table_unref(ring->tokens);
    g_free(ring);
}

bool ring_add_token(Ring *ring, guint node, int64_t token)
{
    RingRange range = {.token = token, .owner = (uint16_t)node};

    g_assert_false(ring->is_closed);
    g_assert_cmpuint(node, <, ring->node_count);
    if (token == MURMUR3_TOKEN_LEAST) {
        return false;
    }
    if (!g_hash_table_add(ring->tokens, g_memdup2(&token, sizeof token))) {
        return false;
    }
    g_array_append_val(ring->ranges, range);
    return true;
}

/* The next number of splitmix64 (Steele, Lea and Flood, 2014). */
static uint64_t next_number(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void ring_draw_node_tokens(Ring *ring, guint node, guint count, uint64_t *state)
{
    while (count > 0) {
        count -= ring_add_token(ring, node, (int64_t)next_number(state)) ? 1 : 0;
    }
}

void ring_draw_tokens(Ring *ring, guint tokens_each, uint64_t *state)
{
    for (guint node = 0; node < ring->node_count; node++) {
        ring_draw_node_tokens(ring, node, tokens_each, state);
    }
}

static gint compare_ranges(gconstpointer left, gconstpointer right)
{
    int64_t a = ((const RingRange *)left)->token, b = ((const RingRange *)right)->token;

    return (a > b) - (a < b);
}

/* Before the change under way, or when it is complete. */
typedef enum RingView { RING_NOW, RING_THEN } RingView;

static bool is_member(const Ring *ring, guint node, RingView view)
{
    switch (ring->members[node]) {
    case RING_NORMAL:
        return view == RING_NOW || ring->heirs[node] == NO_HEIR;
    case RING_OUTSIDE:
        return false;
    case RING_JOINING:
        return view == RING_THEN;
    case RING_LEAVING:
        return view == RING_NOW;
    }
    g_assert_not_reached();
}

/* One site's part of the walk around the ring. */
typedef struct Placement {
    guint left;    /* replicas still to be found */
    guint repeats; /* of them, how many may stand in a rack that has one already */
    uint64_t racks;
} Placement;

/* How each walk begins. */
typedef struct Start {
    RingView view;
    Placement sites[RING_SITES_MOST];
    guint left; /* of all sites */
} Start;

static void begin_placement(const Ring *ring, RingView view, Start *start)
{
    Placement *sites = start->sites;

    start->view = view;
    start->left = 0;
    for (guint site = 0; site < ring->site_count; site++) {
        uint64_t racks = 0;
        guint nodes = 0, rack_count;

        for (guint i = 0; i < ring->node_count; i++) {
            if (ring->nodes[i].site == site && is_member(ring, i, view)) {
                g_assert_cmpuint(ring->nodes[i].rack, <, 64);
                racks |= UINT64_C(1) << ring->nodes[i].rack;
                nodes++;
            }
        }
        rack_count = (guint)__builtin_popcountll(racks);
        sites[site].left = MIN(ring->factors[site], nodes);
        sites[site].repeats =
            ring->factors[site] > rack_count ? ring->factors[site] - rack_count : 0;
        sites[site].racks = 0;
        start->left += sites[site].left;
    }
}

static bool has_replica(const RingRange *range, uint16_t node)
{
    for (guint i = 0; i < range->count; i++) {
        if (range->replicas[i] == node) {
            return true;
        }
    }
    return false;
}

/* The bit of a node, which gets the next one when it has none yet. */
static guint take_bit(RingRange *range, uint16_t node)
{
    for (guint i = 0; i < range->count; i++) {
        if (range->replicas[i] == node) {
            return i;
        }
    }
    g_assert_cmpuint(range->count, <, RING_REPLICAS_MOST);
    range->replicas[range->count] = node;
    return range->count++;
}

/* NetworkTopologyStrategy.calculateNaturalEndpoints: nodes in the order in which they are met.
 * Returns how many. */
static guint find_replicas(const Ring *ring, guint index, const Start *start, uint16_t *found)
{
    Placement sites[RING_SITES_MOST];
    RingRange chosen = {0}; /* only its list is used */
    RingView view = start->view;
    guint left = start->left;

    memcpy(sites, start->sites, sizeof sites);
    for (guint step = 0; step < ring->ranges->len && left > 0; step++) {
        guint at = (index + step) % ring->ranges->len;
        uint16_t owner = g_array_index(ring->ranges, RingRange, at).owner;
        bool has_heir = view == RING_THEN && ring->heirs[owner] != NO_HEIR;
        uint16_t node = has_heir ? (uint16_t)ring->heirs[owner] : owner;
        RingNode where = ring->nodes[node];
        Placement *site = &sites[where.site];

        if (site->left == 0 || !is_member(ring, node, view) || has_replica(&chosen, node)) {
            continue;
        }
        if ((site->racks >> where.rack & 1) == 0) {
            site->racks |= UINT64_C(1) << where.rack;
        } else if (site->repeats > 0) {
            site->repeats--;
        } else {
            continue;
        }
        take_bit(&chosen, node);
        site->left--;
        left--;
    }
    memcpy(found, chosen.replicas, chosen.count * sizeof *found);
    return chosen.count;
}

/* Who is a replica of a range now, and who will be; `then` is NULL while nothing changes. */
static void place(Ring *ring, guint index, const Start *now, const Start *then)
{
    RingRange *range = &g_array_index(ring->ranges, RingRange, index);
    uint16_t found[RING_REPLICAS_MOST];
    guint count = find_replicas(ring, index, now, found);

    range->mask = range->pending = range->losing = 0;
    memset(range->site_mask, 0, sizeof range->site_mask);
    for (guint i = 0; i < count; i++) {
        uint32_t bit = 1u << take_bit(range, found[i]);

        range->mask |= bit;
        range->site_mask[ring->nodes[found[i]].site] |= bit;
    }
    if (then != NULL) {
        count = find_replicas(ring, index, then, found);
        for (guint i = 0; i < count; i++) {
            range->pending |= 1u << take_bit(range, found[i]);
        }
        range->losing = range->mask & ~range->pending;
        range->pending &= ~range->mask;
    }
}

static void place_all(Ring *ring)
{
    Start now, then;
    bool is_changing = ring_is_changing(ring);

    begin_placement(ring, RING_NOW, &now);
    begin_placement(ring, RING_THEN, &then);
    for (guint i = 0; i < ring->ranges->len; i++) {
        place(ring, i, &now, is_changing ? &then : NULL);
    }
}

static guint stretch_of(const Ring *ring, int64_t token)
{
    return (guint)(((uint64_t)token ^ UINT64_C(1) << 63) >> (64 - ring->stretch_bits));
}

/* About one range a stretch: a search in one step where halving takes sixteen. */
static void lay_stretches(Ring *ring)
{
    guint stretch = 0;

    ring->stretch_bits = g_bit_storage(ring->ranges->len);
    ring->firsts = g_new(uint32_t, ((gsize)1 << ring->stretch_bits) + 1);
    for (guint i = 0; i < ring->ranges->len; i++) {
        guint last = stretch_of(ring, ring_range(ring, i)->token);

        while (stretch <= last) {
            ring->firsts[stretch++] = i;
        }
    }
    while (stretch <= 1U << ring->stretch_bits) {
        ring->firsts[stretch++] = ring->ranges->len;
    }
}

void ring_close(Ring *ring)
{
    g_assert(ring->ranges->len > 0 && !ring->is_closed);
    sort_array(ring->ranges, compare_ranges);
    lay_stretches(ring);
    place_all(ring);
    ring->is_closed = true;
}

bool ring_is_changing(const Ring *ring)
{
    for (guint i = 0; i < ring->node_count; i++) {
        if (ring->members[i] == RING_JOINING || ring->members[i] == RING_LEAVING) {
            return true;
        }
    }
    return false;
}

/* The heir has become a normal member: the tokens are its own. */
static void inherit(Ring *ring, guint heir)
{
    for (guint dead = 0; dead < ring->node_count; dead++) {
        if (ring->heirs[dead] != heir) {
            continue;
        }
        for (guint i = 0; i < ring->ranges->len; i++) {
            RingRange *range = &g_array_index(ring->ranges, RingRange, i);

            range->owner = range->owner == dead ? (uint16_t)heir : range->owner;
        }
        ring->members[dead] = RING_OUTSIDE;
        ring->heirs[dead] = NO_HEIR;
    }
}

void ring_set_member(Ring *ring, guint node, RingMember member)
{
    ring->members[node] = member;
    if (member == RING_NORMAL) {
        inherit(ring, node);
    }
    for (guint dead = 0; member == RING_OUTSIDE && dead < ring->node_count; dead++) {
        ring->heirs[dead] = ring->heirs[dead] == node ? NO_HEIR : ring->heirs[dead];
    }
    if (ring->is_closed) {
        place_all(ring);
    }
}

RingMember ring_member(const Ring *ring, guint node)
{
    return ring->members[node];
}

void ring_take_over(Ring *ring, guint heir, guint dead)
{
    ring->heirs[dead] = heir;
    ring_set_member(ring, heir, RING_JOINING);
}

uint32_t ring_bits_at(const Ring *ring, const RingRange *range, uint32_t mask, guint site)
{
    uint32_t bits = 0;

    for (; mask != 0; mask &= mask - 1) {
        guint i = (guint)__builtin_ctz(mask);

        bits |= ring->nodes[range->replicas[i]].site == site ? 1u << i : 0;
    }
    return bits;
}

guint ring_count_ranges(const Ring *ring)
{
    return ring->ranges->len;
}

const RingRange *ring_range(const Ring *ring, guint index)
{
    return &g_array_index(ring->ranges, RingRange, index);
}

guint ring_find(const Ring *ring, int64_t token)
{
    guint stretch = stretch_of(ring, token);
    guint low = ring->firsts[stretch], high = ring->firsts[stretch + 1];

    while (low < high) {
        guint middle = (low + high) / 2;

        if (ring_range(ring, middle)->token < token) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == ring->ranges->len ? 0 : low;
}

guint ring_count_sites(const Ring *ring)
{
    return ring->site_count;
}

RingNode ring_node(const Ring *ring, guint node)
{
    return ring->nodes[node];
}

uint32_t ring_factor(const Ring *ring, guint site)
{
    return ring->factors[site];
}

double ring_share(const Ring *ring, guint index)
{
    guint before = (index + ring->ranges->len - 1) % ring->ranges->len;
    uint64_t from = (uint64_t)ring_range(ring, before)->token;
    uint64_t to = (uint64_t)ring_range(ring, index)->token;

    if (ring->ranges->len == 1) {
        return 1;
    }
    /* Across the end of the ring the difference modulo 2^64 is two more than modulo 2^64 - 2. */
    return (double)(to - from) / RING_LENGTH;
}

double ring_owns(const Ring *ring, guint node)
{
    double share = 0;

    for (guint i = 0; i < ring->ranges->len; i++) {
        const RingRange *range = ring_range(ring, i);

        for (guint k = 0; k < range->count; k++) {
            bool is_its = range->replicas[k] == node && (range->mask >> k & 1) != 0;

            share += is_its ? ring_share(ring, i) : 0;
        }
    }
    return share;
}

/* cluster_tokens.c - see cluster_tokens.h. Source: Cassandra 3.11 BootStrapper.getBootstrapTokens:
 * what allocates comes after what draws, one node after the other, as they would bootstrap. */
#include "models/data/cassandra/cluster_tokens.h"

#include "models/data/cassandra/ring_dump.h"
#include "models/data/cassandra/token_allocator.h"
#include "sim/config/json_place.h"

#define ALLOCATING_MOST 16 /* nodes of a site: each token is weighed against all others of it */

#define FACTOR_SHIPPED 3 /* allocate_tokens_for_local_replication_factor from 4.0 on */

static bool is_asked_to(const Cassandra *node)
{
    return node->allocate_tokens_for_keyspace != NULL &&
           node->allocate_tokens_for_keyspace[0] != '\0';
}

/* One that replaces takes the tokens of the dead. */
static bool takes_tokens(const Cassandra *node)
{
    return node->plan.order != ORDER_REPLACE;
}

/* --- allocation ---------------------------------------------------------------------------------
 */

static guint count_racks(const Cluster *cluster, guint site)
{
    guint racks = 0;

    for (guint i = 0; i < cluster->node_count; i++) {
        RingNode node = ring_node(cluster->ring, i);

        racks = node.site == site ? MAX(racks, node.rack + 1U) : racks;
    }
    return racks;
}

static guint count_nodes(const Cluster *cluster, guint site)
{
    guint nodes = 0;

    for (guint i = 0; i < cluster->node_count; i++) {
        nodes += cluster->nodes[i]->site == site ? 1 : 0;
    }
    return nodes;
}

/* As settings ask, or as 4.0 does by itself where it can. */
static bool allocates(const Cluster *cluster, const Cassandra *node)
{
    guint racks = count_racks(cluster, node->site);

    return is_asked_to(node) ||
           (node->allocates_tokens && (racks == 1 || racks >= FACTOR_SHIPPED) &&
            count_nodes(cluster, node->site) <= ALLOCATING_MOST);
}

static guint group_of(const Cluster *cluster, guint rank)
{
    RingNode node = ring_node(cluster->ring, rank);

    return count_racks(cluster, node.site) == 1 ? rank : node.rack;
}

static TokenAllocator *allocator_of(const Cluster *cluster, guint site, guint factor)
{
    TokenAllocator *allocator = token_allocator_new(factor);

    for (guint i = 0; i < ring_count_ranges(cluster->ring); i++) {
        const RingRange *range = ring_range(cluster->ring, i);

        if (cluster->nodes[range->owner]->site == site) {
            token_allocator_add(allocator, range->token, range->owner,
                                group_of(cluster, range->owner));
        }
    }
    return allocator;
}

static void allocate(Cluster *cluster, guint rank, guint factor, uint64_t *state)
{
    const Cassandra *node = cluster->nodes[rank];
    g_autoptr(TokenAllocator) allocator = allocator_of(cluster, node->site, factor);
    guint count = (guint)node->num_tokens, group = group_of(cluster, rank);

    if (!token_allocator_can_choose(allocator, count)) {
        ring_draw_node_tokens(cluster->ring, rank, count, state);
        return;
    }
    for (guint i = 0; i < count; i++) {
        int64_t token = token_allocator_choose(allocator, rank, group, count);

        while (!ring_add_token(cluster->ring, rank, token)) { /* of another site */
            token++;
        }
        token_allocator_add(allocator, token, rank, group);
    }
}

/* --- what cannot be -----------------------------------------------------------------------------
 */

static bool check(const Cluster *cluster, const Cassandra *node, uint32_t factor, DiagList *diags)
{
    const cJSON *place = json_member(node->component.settings, "allocate_tokens_for_keyspace");
    const char *keyspace = node->keyspaces->child->string;
    guint racks = count_racks(cluster, node->site), nodes = count_nodes(cluster, node->site);

    if (strcmp(node->allocate_tokens_for_keyspace, keyspace) != 0) {
        diag_add(diags, DIAG_ERROR, place, DIAG_VALUE,
                 "there is no keyspace '%s' to allocate tokens for; did you mean '%s'?",
                 node->allocate_tokens_for_keyspace, keyspace);
    } else if (racks != 1 && racks < factor) {
        diag_add(diags, DIAG_ERROR, place, DIAG_VALUE,
                 "tokens are allocated for one rack or for as many as there are replicas; '%s' has "
                 "%u racks for %u",
                 node->component.site->name, racks, factor);
    } else if (nodes > ALLOCATING_MOST) {
        diag_add(diags, DIAG_ERROR, place, DIAG_VALUE,
                 "tokens are allocated for at most %d nodes in a site; '%s' has %u",
                 ALLOCATING_MOST, node->component.site->name, nodes);
    } else {
        return true;
    }
    return false;
}

static bool check_all(const Cluster *cluster, const uint32_t *factors, DiagList *diags)
{
    for (guint i = 0; i < cluster->node_count; i++) {
        const Cassandra *node = cluster->nodes[i];

        if (is_asked_to(node) && !check(cluster, node, factors[node->site], diags)) {
            return false; /* the others would be told the same */
        }
    }
    return true;
}

/* --- all of them --------------------------------------------------------------------------------
 */

static void draw_or_allocate(Cluster *cluster, World *world, const uint32_t *factors)
{
    const Cassandra *first = cluster->nodes[0];
    uint64_t state = (uint64_t)first->token_seed;
    Rng rng;

    engine_open_stream(world_engine(world), &rng, "cassandra/tokens");
    if (state == 0) {
        state = rng_next(&rng);
    }
    for (guint i = 0; i < cluster->node_count; i++) {
        const Cassandra *node = cluster->nodes[i];

        if (takes_tokens(node) && !allocates(cluster, node)) {
            ring_draw_node_tokens(cluster->ring, i, (guint)node->num_tokens, &state);
        }
    }
    for (guint outside = 0; outside < 2; outside++) { /* who joins later chooses last */
        for (guint i = 0; i < cluster->node_count; i++) {
            const Cassandra *node = cluster->nodes[i];

            if (takes_tokens(node) && allocates(cluster, node) &&
                node->is_outsider == (outside == 1)) {
                allocate(cluster, i,
                         is_asked_to(node) ? MAX(1, factors[node->site]) : FACTOR_SHIPPED, &state);
            }
        }
    }
}

bool cluster_take_tokens(Cluster *cluster, World *world, const uint32_t *factors, DiagList *diags)
{
    const Cassandra *first = cluster->nodes[0];

    if (first->token_file != NULL && first->token_file[0] != '\0') {
        return ring_dump_read(cluster, first->token_file,
                              json_member(first->component.settings, "token_file"), diags);
    }
    if (!check_all(cluster, factors, diags)) {
        return false;
    }
    draw_or_allocate(cluster, world, factors);
    return true;
}

/* witness.c - who holds what, in words; and what ALL means, in every run. */
#include "models/data/cassandra/witness.h"

#include "models/data/cassandra/counter.h"
#include "models/data/cassandra/schema.h"
#include "sim/world/history_store.h"
#include "sim/world/version.h"

#define HINTS_LOOKED_AT 100000 /* in one proof; more take too long */

/* --- in words ----------------------------------------------------------------------------------
 */

static void tell_version(GString *text, int64_t version)
{
    if (version == 0) {
        g_string_append(text, "nothing");
    } else {
        g_string_append_printf(text, "version %" G_GINT64_FORMAT "%s", version,
                               version_is_delete(version) ? " (a tombstone)" : "");
    }
}

/* The replicas that hold what number `first` does, unless an earlier one holds the same. */
static void tell_holders(const Cluster *cluster, const RingRange *range, uint32_t slot, guint first,
                         GString *text)
{
    int64_t version = store_get(&cluster->store, slot + first);

    for (guint i = 0; i < first; i++) {
        if (store_get(&cluster->store, slot + i) == version) {
            return;
        }
    }
    g_string_append(text, first == 0 ? "; by then " : ", ");
    tell_version(text, version);
    for (guint i = first, told = 0; i < range->count; i++) {
        const Cassandra *replica = cluster->nodes[range->replicas[i]];

        if (store_get(&cluster->store, slot + i) == version) {
            g_string_append_printf(text, "%s %s%s", told++ == 0 ? " is on" : "",
                                   component_place(&replica->component),
                                   replica->component.is_up ? "" : " (down)");
        }
    }
}

static guint count_hints(const Cassandra *node, uint32_t slot, guint replicas, uint64_t *looked_at)
{
    guint count = 0;

    for (guint i = 0; i < node->cluster->node_count; i++) {
        const HintQueue *queue = &node->hints[i];

        for (uint64_t place = queue->page; place < queue->end && *looked_at < HINTS_LOOKED_AT;
             place++, ++*looked_at) {
            uint32_t of = queue->items[place - queue->base].slot;

            count += of >= slot && of < slot + replicas;
        }
    }
    return count;
}

static void tell_hints(const Cluster *cluster, uint32_t slot, guint replicas, GString *text)
{
    uint64_t looked_at = 0;
    guint count = 0;

    for (guint i = 0; i < cluster->node_count; i++) {
        if (cluster->nodes[i]->hints_pending.value > 0) {
            count += count_hints(cluster->nodes[i], slot, replicas, &looked_at);
        }
    }
    if (looked_at == HINTS_LOOKED_AT) {
        g_string_append(text, "; hints for it were not counted, too many wait");
    } else if (count > 0) {
        g_string_append_printf(text, "; %u hints for it wait", count);
    }
}

static void tell(void *context, uint64_t key, GString *text)
{
    const Cluster *cluster = context;
    const KeyEntry *entry = key_table_find(&cluster->keys, key);
    const RingRange *range;
    uint32_t slot;

    if (entry == NULL) {
        return;
    }
    range = ring_range(cluster->ring, entry->range);
    slot = entry->index * cluster->slots_per_key;
    for (guint i = 0; i < range->count; i++) {
        tell_holders(cluster, range, slot, i, text);
    }
    tell_hints(cluster, slot, range->count, text);
}

/* --- ranges ------------------------------------------------------------------------------------
 */

static void offer_ranges(const Cluster *cluster, History *history)
{
    for (uint32_t i = 0; i < ring_count_ranges(cluster->ring); i++) {
        const RingRange *range = ring_range(cluster->ring, i);
        const Component *replicas[RING_REPLICAS_MOST];
        guint count = 0;

        for (uint32_t left = range->mask; left != 0; left &= left - 1) {
            guint replica = range->replicas[__builtin_ctz(left)];

            replicas[count++] = &cluster->nodes[replica]->component;
        }
        history_add_range(history, replicas, count);
    }
}

void witness_offer(Cluster *cluster, World *world)
{
    HistoryWitness witness = {tell, cluster};

    if (cluster->ring != NULL) {
        history_set_witness(world_history(world), &witness);
        offer_ranges(cluster, world_history(world));
    }
}

void witness_ring_changed(Cluster *cluster)
{
    History *history = world_history(cluster->nodes[0]->component.world);

    history_forget_ranges(history);
    offer_ranges(cluster, history);
    history_ranges_ready(history);
}

/* --- hints --------------------------------------------------------------------------------------
 */

void witness_hint_dropped(Cluster *cluster, guint target, uint32_t slot, int64_t version)
{
    const Component *replica = &cluster->nodes[target]->component;

    cluster->hints_dropped++;
    if ((slot & COUNTER_SLOT) == 0) {
        history_copy(world_history(replica->world), COPY_HINT_DROPPED,
                     cluster->keys.keys[slot / cluster->slots_per_key], version, replica);
    }
}

/* --- statements --------------------------------------------------------------------------------
 */

void witness_invoked(Write *write)
{
    const Component *component = &write->node->component;
    History *history = world_history(component->world);

    if (history_follows(history, write->key)) {
        write->told =
            history_invoke(history, &(HistoryStatement){.kind = write->is_delete ? OPERATION_DELETE
                                                                                 : OPERATION_WRITE,
                                                        .key = write->key,
                                                        .request = write->request,
                                                        .coordinator = component});
    }
}

void witness_ended(const Write *write, uint32_t code)
{
    if (write->told != 0) {
        history_outcome(world_history(write->node->component.world), write->told,
                        code == STORE_OK                                        ? OPERATION_OK
                        : code == STORE_UNAVAILABLE || code == STORE_OVERLOADED ? OPERATION_FAIL
                                                                                : OPERATION_UNKNOWN,
                        0);
    }
}

/* --- what ALL means ----------------------------------------------------------------------------
 */

void witness_assert_all(const Write *write)
{
    const Cluster *cluster = write->node->cluster;

    if (schema_has_dropped(cluster)) { /* what was stored may be gone */
        return;
    }
    for (uint32_t left = write->targets & write->range->mask; left != 0; left &= left - 1) {
        guint i = (guint)__builtin_ctz(left);
        const Cassandra *replica = cluster->nodes[write->range->replicas[i]];

        if (replica->component.owner.incarnation == write->lives[i] &&
            !version_is_delete(write->version)) {
            g_assert_cmpint(store_get(&cluster->store, write->slot + i), >=, write->version);
        }
    }
}

/* --- how soon a write is everywhere -------------------------------------------------------------
 */

bool witness_is_everywhere(const Write *write)
{
    SimTime limit = write->began + write->node->write_request_timeout;

    if (write->acked != write->targets) {
        return false;
    }
    for (uint32_t left = write->targets; left != 0; left &= left - 1) {
        if (write->acked_at[__builtin_ctz(left)] > limit) {
            return false;
        }
    }
    return true;
}

void witness_spread(const Write *write, bool is_everywhere)
{
    Cassandra *node = write->node;
    SimTime last = 0;

    if (write->targets == 0) { /* refused */
        return;
    }
    if (!is_everywhere || (write->range->mask & ~write->targets) != 0) {
        node->writes_behind++;
        return;
    }
    for (uint32_t left = write->targets; left != 0; left &= left - 1) {
        last = MAX(last, write->acked_at[__builtin_ctz(left)]);
    }
    histogram_add(node->write_everywhere, last - write->began);
    if (node->cluster->legs == NULL) {
        spread_law_hold(write, last);
    }
}

/* Now or ever before. */
static bool has_suffered(const Component *component)
{
    return component->down.area > 0 || component->down.value > 0 || component->impaired.area > 0 ||
           component->impaired.value > 0 || component_is_affected(component);
}

static bool has_link_suffered(const Cassandra *from, const Cassandra *to)
{
    const Component *link =
        network_link(from->component.world, from->component.site, to->component.site);

    return link != NULL && has_suffered(link);
}

/* Messages between the two, or what one of them does with them. */
static bool has_pair_suffered(const Cassandra *from, const Cassandra *to)
{
    return has_suffered(&from->component) || has_suffered(&to->component) ||
           has_link_suffered(from, to) || has_link_suffered(to, from);
}

static bool has_machine_suffered(const Cassandra *node)
{
    return has_suffered(&node->component) || has_suffered(host_component(node->component.host));
}

bool witness_has_suffered(const Write *write)
{
    const Cassandra *node = write->node;
    bool has = has_machine_suffered(node);

    for (uint32_t left = write->targets; left != 0 && !has; left &= left - 1) {
        const Cassandra *replica =
            node->cluster->nodes[write->range->replicas[__builtin_ctz(left)]];

        has = has_machine_suffered(replica) || has_link_suffered(node, replica) ||
              has_link_suffered(replica, node) || has_link_suffered(replica, replica);
    }
    return has;
}

/* It has taken what it was sent, is about to, or has dropped it; or its process ended in between.
 */
static bool is_accounted_for(const Write *write, guint index)
{
    const Cassandra *replica = write->node->cluster->nodes[write->range->replicas[index]];

    return ((write->pending | write->dropped | write->answering) >> index & 1) != 0 ||
           (write->lives[index] != 0 &&
            replica->component.owner.incarnation != write->lives[index]);
}

void witness_assert_missed(const Write *write, guint index)
{
    const Cassandra *node = write->node;
    Cassandra *const *nodes = node->cluster->nodes;
    const Cassandra *replica = nodes[write->range->replicas[index]];
    bool is_explained = is_accounted_for(write, index) || write->acked_at[index] != SIM_NEVER ||
                        has_pair_suffered(node, replica);

    for (uint32_t left = write->relays; left != 0 && !is_explained; left &= left - 1) {
        guint relay = (guint)__builtin_ctz(left);
        const Cassandra *by = nodes[write->range->replicas[relay]];

        is_explained = by->site == replica->site &&
                       (is_accounted_for(write, relay) || has_pair_suffered(node, by) ||
                        has_pair_suffered(by, replica));
    }
    g_assert(is_explained);
}

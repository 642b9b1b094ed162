/* hint_limits.c - see hint_limits.h. */
#include "models/data/cassandra/hint_limits.h"

#include "models/data/cassandra/witness.h"
#include "sim/config/json_place.h"

#define IN_PROGRESS_PER_VCPU 128 /* StorageProxy.maxHintsInProgress */

const char *const hint_overload_names[] = {"as_coded", "as_designed", NULL};

struct PendingHint {
    int64_t version;
    uint32_t slot;
    guint target;
    PendingHint *previous, *next;
};

struct HintLimits {
    Pool *pool;
    PendingHint *first, *last; /* in progress, in order of their begin */
    guint count;
    guint *of_target; /* by rank */
};

static guint most_in_progress(const Cassandra *node)
{
    return IN_PROGRESS_PER_VCPU * host_count_vcpus(node->component.host);
}

static void report_unknown(const Cassandra *node, const char *name, DiagList *diags)
{
    const Cluster *cluster = node->cluster;
    const char *names[RING_SITES_MOST + 1] = {NULL};
    g_autofree char *suggestion = NULL;

    for (guint i = 0; i < cluster->site_count; i++) {
        names[i] = cluster->sites[i]->name;
    }
    suggestion = diag_suggest(name, names);
    diag_add(diags, DIAG_ERROR,
             json_member(node->component.settings, "hinted_handoff_disabled_datacenters"),
             DIAG_VALUE, "there is no data centre '%s'%s", name, suggestion);
}

static void read_sites(Cassandra *node, DiagList *diags)
{
    char **names = node->hinted_handoff_disabled_datacenters;

    for (guint i = 0; names != NULL && names[i] != NULL; i++) {
        guint site = 0;

        while (site < node->cluster->site_count &&
               strcmp(node->cluster->sites[site]->name, names[i]) != 0) {
            site++;
        }
        if (site == node->cluster->site_count) {
            report_unknown(node, names[i], diags);
        } else {
            node->hintless_sites |= 1u << site;
        }
    }
}

void hint_limits_make(Cassandra *node, DiagList *diags)
{
    read_sites(node, diags);
    if (node->hint_overload == HINT_OVERLOAD_AS_DESIGNED) {
        node->hint_limits = g_new0(HintLimits, 1);
        node->hint_limits->pool = pool_new("cassandra hints in progress", sizeof(PendingHint));
        node->hint_limits->of_target = g_new0(guint, node->cluster->node_count);
    }
}

bool hint_limits_refuse(const Cassandra *node, const RingRange *range, uint32_t mask)
{
    const HintLimits *limits = node->hint_limits;

    if (limits == NULL || limits->count <= most_in_progress(node)) {
        return false;
    }
    for (; mask != 0; mask &= mask - 1) {
        guint target = range->replicas[__builtin_ctz(mask)];

        if (limits->of_target[target] > 0 && hints_are_kept_for(node, target)) {
            return true;
        }
    }
    return false;
}

/* --- in progress --------------------------------------------------------------------------------
 */

static void forget(HintLimits *limits, PendingHint *hint)
{
    if (hint->previous != NULL) {
        hint->previous->next = hint->next;
    } else {
        limits->first = hint->next;
    }
    if (hint->next != NULL) {
        hint->next->previous = hint->previous;
    } else {
        limits->last = hint->previous;
    }
    limits->count--;
    limits->of_target[hint->target]--;
    pool_give(limits->pool, hint);
}

static void on_kept(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    PendingHint *hint = subject;

    (void)detail;
    hints_store(node, hint->target, hint->slot, hint->version);
    forget(node->hint_limits, hint);
    replica_mutation_ended(node);
}

static const EventType kept = {"cassandra.hint-kept", on_kept};

void hint_limits_run(Cassandra *node, PendingHint *hint)
{
    node_work(node, node->hint_cpu, &kept, hint, 0);
}

bool hint_limits_take(Cassandra *node, guint target, uint32_t slot, int64_t version)
{
    HintLimits *limits = node->hint_limits;
    PendingHint *hint;

    if (limits == NULL) {
        return false;
    }
    hint = pool_take(limits->pool);
    *hint =
        (PendingHint){.version = version, .slot = slot, .target = target, .previous = limits->last};
    if (limits->last != NULL) {
        limits->last->next = hint;
    } else {
        limits->first = hint;
    }
    limits->last = hint;
    limits->count++;
    limits->of_target[target]++;
    if (stage_enter(
            &node->mutation_stage,
            (Task){.subject = hint, .detail = MUTATION_IS_HINT, .arrived = node_now(node)})) {
        hint_limits_run(node, hint);
    }
    return true;
}

bool hint_limits_any(const Cassandra *node)
{
    return node->hint_limits != NULL && node->hint_limits->count > 0;
}

/* They were an intention in memory. */
void hint_limits_stop(Cassandra *node)
{
    HintLimits *limits = node->hint_limits;

    while (limits != NULL && limits->first != NULL) {
        witness_hint_dropped(node->cluster, limits->first->target, limits->first->slot,
                             limits->first->version);
        node->hints_lost++;
        forget(limits, limits->first);
    }
}

void hint_limits_free(Cassandra *node)
{
    if (node->hint_limits != NULL) {
        pool_free(node->hint_limits->pool);
        g_free(node->hint_limits->of_target);
        g_clear_pointer(&node->hint_limits, g_free);
    }
}

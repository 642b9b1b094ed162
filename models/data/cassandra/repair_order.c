/* repair_order.c - repairs that a timer or an operator asks for, and which of the latter get in
 * each other's way. */
#include "models/data/cassandra/repair.h"

static RepairScope scope_of(const char *about)
{
    return (RepairScope){.primary_range = strstr(about, "-pr") != NULL,
                         .full = strstr(about, "-full") != NULL};
}

bool repair_covers(const Cluster *cluster, guint rank, RepairScope scope, guint range)
{
    const RingRange *row = ring_range(cluster->ring, range);

    for (uint32_t left = row->mask; left != 0; left &= left - 1) {
        if (row->replicas[__builtin_ctz(left)] == rank) {
            return true;
        }
        if (scope.primary_range) {
            return false; /* another one comes first */
        }
    }
    return false;
}

static guint count_common(const Cluster *cluster, guint one, RepairScope ones, guint other,
                          RepairScope others)
{
    guint common = 0;

    for (guint i = 0; i < ring_count_ranges(cluster->ring); i++) {
        common += repair_covers(cluster, one, ones, i) && repair_covers(cluster, other, others, i);
    }
    return common;
}

/* --- before the run -----------------------------------------------------------------------------
 */

void repair_plan(Cassandra *node, const PlannedOrder *order)
{
    if (node->repair_plans == NULL) {
        node->repair_plans = g_array_new(FALSE, FALSE, sizeof(PlannedOrder));
    }
    g_array_append_vals(node->repair_plans, order, 1);
}

static bool are_at_once(const PlannedOrder *one, const PlannedOrder *other)
{
    return one->at != SIM_NEVER && other->at != SIM_NEVER &&
           one->at < other->at + MAX(other->lasts, 1) && other->at < one->at + MAX(one->lasts, 1);
}

/* False when they overlap, and told so. */
static bool check_pair(const Cluster *cluster, guint one, const PlannedOrder *ones, guint other,
                       const PlannedOrder *others, DiagList *diags)
{
    if (!are_at_once(ones, others)) {
        return true;
    }
    if (one != other &&
        count_common(cluster, one, scope_of(ones->about), other, scope_of(others->about)) == 0) {
        return true;
    }
    diag_add(diags, DIAG_ERROR, others->place, DIAG_VALUE,
             "repairs overlap: '%s' and '%s' are to repair common ranges at the same time; one "
             "after the other, or with 'primary_range'",
             component_place(&cluster->nodes[one]->component),
             component_place(&cluster->nodes[other]->component));
    return false;
}

/* With those that come before it. False at the first one that it overlaps. */
static bool check_plan(const Cluster *cluster, guint rank, guint index, DiagList *diags)
{
    const Cassandra *node = cluster->nodes[rank];
    const PlannedOrder *plan = &g_array_index(node->repair_plans, PlannedOrder, index);

    for (guint i = 0; i <= rank; i++) {
        const Cassandra *other = cluster->nodes[i];
        guint count = other->repair_plans == NULL ? 0
                      : i == rank                 ? index
                                                  : other->repair_plans->len;

        for (guint k = 0; k < count; k++) {
            if (!check_pair(cluster, i, &g_array_index(other->repair_plans, PlannedOrder, k), rank,
                            plan, diags)) {
                return false;
            }
        }
    }
    return true;
}

void repair_check(const Cluster *cluster, DiagList *diags)
{
    for (guint rank = 0; rank < cluster->node_count; rank++) {
        const GArray *plans = cluster->nodes[rank]->repair_plans;

        for (guint i = 0; plans != NULL && i < plans->len; i++) {
            if (!check_plan(cluster, rank, i, diags)) {
                return; /* one tells what is wrong; an action on all nodes would have hundreds */
            }
        }
    }
}

/* --- in the run ---------------------------------------------------------------------------------
 */

static bool is_in_the_way(const Cassandra *node, RepairScope scope)
{
    const Cluster *cluster = node->cluster;

    for (guint i = 0; i < cluster->node_count; i++) {
        RepairScope others;

        if (repair_is_running(cluster->nodes[i], &others) &&
            (i == node->rank || count_common(cluster, node->rank, scope, i, others) > 0)) {
            return true;
        }
    }
    return false;
}

void repair_order(Cassandra *node, const char *about)
{
    RepairScope scope = scope_of(about);

    if (node->phase != NODE_READY || ring_member(node->cluster->ring, node->rank) != RING_NORMAL ||
        is_in_the_way(node, scope)) {
        node->repairs_skipped++;
        history_note(world_history(node->component.world), "cassandra.repair-ended",
                     &node->component, "as", "refused", NULL, NULL);
        return;
    }
    repair_begin_as(node, scope);
}

/* --- by timer -----------------------------------------------------------------------------------
 */

static void on_repair_due(void *self, void *subject, uint64_t detail);
static const EventType repair_due = {"cassandra.repair-due", on_repair_due};

/* A timer that finds the last repair still running lets this one go by. */
static void on_repair_due(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;

    (void)subject;
    (void)detail;
    node->repairs_skipped += repair_begin(node) ? 0 : 1;
    engine_after(node->engine, node->repair_settings.interval, &node->component.owner, &repair_due,
                 NULL, 0);
}

void repair_start(Cassandra *node)
{
    SimSpan interval = node->repair_settings.interval;

    if (interval > 0) {
        SimSpan phase = interval * (node->rank + 1) / node->cluster->node_count;
        SimSpan since = node_now(node) % interval;

        engine_after(node->engine, since < phase ? phase - since : phase + interval - since,
                     &node->component.owner, &repair_due, NULL, 0);
    }
}

/* refused.c - see refused.h. Applications are known here by their fields only. Nothing is foretold
 * where nodes join or leave, where partitions hold several rows, where coordinators of other data
 * centres are asked, or for writes that follow a read of the same datum. */
#include "models/data/cassandra/refused.h"

#include <string.h>

#include "models/data/cassandra/scan.h"

/* How one data centre's application servers ask. */
typedef struct Asker {
    const Component *first;
    Consistency read, write;
} Asker;

static const void *member(const Field *fields, const void *object, const char *name, FieldType type)
{
    const Field *field = field_find(fields, name);

    return field != NULL && field->type == type ? (const char *)object + field->offset : NULL;
}

/* A setting of a component's driver, or NULL. */
static const void *driver_setting(const Component *component, const char *name, FieldType type)
{
    const Field *table = field_find(component->kind->fields, "driver");

    return table != NULL && table->type == FIELD_TYPE_TABLE
               ? member(table->more, (const char *)component + table->offset, name, type)
               : NULL;
}

static double share_of_mix(const Component *client, const char *what)
{
    const Field *mix = field_find(client->kind->fields, "mix");
    const double *share =
        mix != NULL && mix->type == FIELD_TYPE_TABLE
            ? member(mix->more, (const char *)client + mix->offset, what, FIELD_TYPE_NUMBER)
            : NULL;

    return share != NULL ? *share : 0;
}

static bool has_members_only(const Cluster *cluster)
{
    for (guint i = 0; i < cluster->node_count; i++) {
        if (cluster->nodes[i]->plan.order != ORDER_NONE) { /* joins, takes a place or leaves */
            return false;
        }
    }
    return cluster->partition_rows <= 1 && cluster->legs == NULL;
}

Replicas *refused_replicas(const Ring *ring, const char *const *names, guint node_count)
{
    Replicas *replicas = replicas_new();

    for (guint i = 0; i < node_count; i++) {
        replicas_add_node(replicas, names[i], ring_node(ring, i).site);
    }
    for (guint i = 0; i < ring_count_ranges(ring); i++) {
        const RingRange *range = ring_range(ring, i);

        replicas_add_range(replicas, ring_share(ring, i), range->replicas, range->count);
    }
    return replicas;
}

ReplicasNeed refused_need(Consistency level, const Ring *ring, guint site)
{
    ReplicasNeed need = {{0}, 0};

    if (level == CONSISTENCY_EACH_QUORUM) {
        for (guint i = 0; i < ring_count_sites(ring); i++) {
            need.at[i] =
                ring_factor(ring, i) > 0 ? level_block_for(CONSISTENCY_LOCAL_QUORUM, ring, i) : 0;
        }
    } else if (level_is_local(level)) {
        need.at[site] = level_block_for(level, ring, site);
    } else if (level != CONSISTENCY_ANY) {
        need.all = level_block_for(level, ring, site);
    }
    return need;
}

/* The level that a setting of the driver names, or the cluster's own. */
static Consistency level_of(const Component *server, const char *setting, int own)
{
    const int *level = driver_setting(server, setting, FIELD_TYPE_CHOICE);

    return (Consistency)(level != NULL && *level != CONSISTENCY_DEFAULT ? *level : own + 1);
}

/* Whether all application servers of the node's data centre ask its own coordinators at the same
 * levels, and there is one. */
static bool find_asker(const Cassandra *node, Asker *asker)
{
    const GPtrArray *servers = world_of_kind(node->component.world, "wildfly");

    *asker = (Asker){NULL, 0, 0};
    for (guint i = 0; i < servers->len; i++) {
        const Component *server = servers->pdata[i];
        const int64_t *remote =
            driver_setting(server, "used_hosts_per_remote_dc", FIELD_TYPE_COUNT);
        char *const *store = member(server->kind->fields, server, "store", FIELD_TYPE_TEXT);
        Consistency read = level_of(server, "read_consistency", node->consistency.read);
        Consistency write = level_of(server, "write_consistency", node->consistency.write);

        if (server->site != node->component.site || store == NULL ||
            strcmp(*store, node->component.kind->name) != 0) {
            continue;
        }
        if (remote == NULL || *remote > 0 ||
            (asker->first != NULL && (asker->read != read || asker->write != write))) {
            return false;
        }
        *asker = (Asker){server, read == CONSISTENCY_ANY ? CONSISTENCY_ONE : read, write};
    }
    return asker->first != NULL;
}

/* The fewest data that any population or server asks for; `follows` is set when some write what
 * they have read before. */
static double fewest_keys(World *world, bool *follows)
{
    static const char *const kinds[] = {"client", "wildfly"};
    double fewest = G_MAXDOUBLE;

    for (guint k = 0; k < G_N_ELEMENTS(kinds); k++) {
        const GPtrArray *askers = world_of_kind(world, kinds[k]);

        for (guint i = 0; i < askers->len; i++) {
            const Component *asker = askers->pdata[i];
            const Field *fields = asker->kind->fields;
            const int64_t *keys = member(fields, asker, "keys", FIELD_TYPE_COUNT);
            const int64_t *users = member(fields, asker, "users", FIELD_TYPE_COUNT);
            const double *own = member(fields, asker, "own_key", FIELD_TYPE_RATIO);
            bool has_own = own != NULL && *own > 0 && users != NULL && *users > 0;

            fewest = keys != NULL ? MIN(fewest, (double)*keys) : fewest;
            fewest = has_own ? MIN(fewest, (double)*users) : fewest;
            *follows = *follows || share_of_mix(asker, "update") > 0;
        }
    }
    return fewest;
}

/* Neither LWT nor counters nor batches, which leave hints of their own. */
static bool has_plain_writes(World *world)
{
    const GPtrArray *clients = world_of_kind(world, "client");
    double others = 0;

    for (guint i = 0; i < clients->len; i++) {
        others += share_of_mix(clients->pdata[i], "cas") +
                  share_of_mix(clients->pdata[i], "batch") +
                  share_of_mix(clients->pdata[i], "counter");
    }
    return others <= 0;
}

static void predict_level(const Cassandra *node, Replicas *replicas, const char *counter,
                          Consistency level, double keys, Predictions *predictions)
{
    const char *dc = node->component.site->name;
    ReplicasNeed need = refused_need(level, node->cluster->ring, node->site);
    g_autofree char *metric = g_strdup_printf("%s{dc:%s}", counter, dc);
    g_autofree char *terms = g_strdup_printf(
        "%s asked of %s, range by range of the ring, of those nodes that are down while all others "
        "know it",
        level_read_names[level - 1], dc);

    predictions_state(predictions, "k of n replicas", terms, 0, metric, "refused");
    predictions_refuse(predictions, replicas, &need, keys);
}

/* Only where nobody is down for so long that hints are no longer kept. */
static bool keeps_hints(const Cassandra *node)
{
    return node->hinted_handoff_enabled && node->max_hint_window >= SIM_HOUR &&
           (node->hinted_handoff_disabled_datacenters == NULL ||
            node->hinted_handoff_disabled_datacenters[0] == NULL);
}

static void predict_hints(const Cassandra *node, Replicas *replicas, Consistency level, double keys,
                          Predictions *predictions)
{
    const char *dc = node->component.site->name;
    ReplicasNeed need = refused_need(level, node->cluster->ring, node->site);
    g_autofree char *metric = g_strdup_printf("hints_stored{dc:%s}", dc);
    g_autofree char *terms = g_strdup_printf(
        "shares of the data that those nodes hold which are down while all others know it and no "
        "write at %s in %s is refused",
        level_read_names[level - 1], dc);

    predictions_state(predictions, "a hint for each dead replica", terms, 0, metric, "a write");
    predictions_miss(predictions, replicas, &need, keys);
}

void refused_predict(const Component *self, Predictions *predictions)
{
    const Cassandra *node = (const Cassandra *)self;
    const Cluster *cluster = node->cluster;
    bool follows = false;
    double keys;

    if (node->rank != 0 || !has_members_only(cluster)) {
        return;
    }
    g_autofree const char **names = g_new(const char *, cluster->node_count);

    for (guint i = 0; i < cluster->node_count; i++) {
        names[i] = cluster->nodes[i]->component.name;
    }
    g_autoptr(Replicas) replicas = refused_replicas(cluster->ring, names, cluster->node_count);

    keys = fewest_keys(self->world, &follows);
    for (guint i = 0; i < cluster->node_count; i++) {
        const Cassandra *each = cluster->nodes[i];
        bool is_first = i == 0 || cluster->nodes[i - 1]->site != each->site;
        Asker asker;

        if (is_first && find_asker(each, &asker)) {
            predict_level(each, replicas, "store_reads", asker.read, keys, predictions);
            if (!follows) {
                predict_level(each, replicas, "store_writes", asker.write, keys, predictions);
            }
            if (keeps_hints(each) && has_plain_writes(self->world)) {
                predict_hints(each, replicas, asker.write, keys, predictions);
            }
        }
    }
}

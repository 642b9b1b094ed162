/* utilisation.c - see utilisation.h. Rates are those that the campaign counted while nothing was
 * done to it, costs the means of the configured laws, stretched by what neighbours take on average.
 * Not foretold where other work shares the hosts, nodes or hosts of a site differ, or memory and
 * disk are modelled (flushes and compaction have no rate of their own). Source: utilisation law
 * (Denning and Buzen, 1978). */
#include "models/data/cassandra/utilisation.h"

#include <math.h>
#include <string.h>

#include "models/data/cassandra/level.h"
#include "models/data/cassandra/service_time.h"
#include "sim/theory/prediction.h"
#include "sim/world/host.h"

/* Work whose cost is not one number: with any of it nothing is foretold. */
static const char *const other_work[] = {"coordinated_cas", "coordinated_batches",
                                         "coordinated_counters", "repair_ranges", "bytes_streamed"};

/* The nodes of one site. */
typedef struct SiteNodes {
    const Cassandra *first;
    guint count;
    bool are_alike;
} SiteNodes;

static bool is_like(const Cassandra *node, const Cassandra *first)
{
    return node->coordinator_service == first->coordinator_service &&
           node->write_service == first->write_service &&
           node->read_service == first->read_service && node->answer_cpu == first->answer_cpu &&
           node->forward_cpu == first->forward_cpu && node->hint_cpu == first->hint_cpu &&
           node->consistency.read == first->consistency.read && node->storage == NULL &&
           !node->is_outsider &&
           host_count_vcpus(node->component.host) == host_count_vcpus(first->component.host) &&
           strcmp(node->component.role, first->component.role) == 0;
}

static SiteNodes find_nodes(const Cluster *cluster, guint site)
{
    SiteNodes found = {.are_alike = true};

    for (guint rank = 0; rank < cluster->node_count; rank++) {
        const Cassandra *node = cluster->nodes[rank];

        if (node->site == site) {
            found.first = found.count++ == 0 ? node : found.first;
            found.are_alike = found.are_alike && is_like(node, found.first);
        }
    }
    return found;
}

/* Whether hosts of the role at the site do nothing else, and are as many as there are nodes. */
static bool have_hosts_of_their_own(const SiteNodes *nodes)
{
    const Component *first = &nodes->first->component;
    const World *world = first->world;
    guint hosts = 0;

    for (guint id = 0; id < world_count(world); id++) {
        const Component *other = world_component(world, id);
        const Component *host = other->host != NULL ? host_component(other->host) : other;

        if (host->site != first->site || strcmp(host->role, first->role) != 0) {
            continue;
        }
        if (other->host != NULL && other->kind != first->kind) {
            return false;
        }
        hosts += other->host == NULL ? 1 : 0;
    }
    return hosts == nodes->count;
}

static void add_work(Predictions *predictions, const char *metric, const char *dc, double cost_s)
{
    g_autofree char *name = dc != NULL ? g_strdup_printf("%s{dc:%s,phase:baseline}", metric, dc)
                                       : g_strdup_printf("%s{phase:baseline}", metric);

    predictions_add_work(predictions, name, cost_s);
}

/* Beyond two answers the coordinator pays for each. A remote site's copies come as one message,
 * whose receiver passes them on. */
static void add_all_work(const Cassandra *node, const char *dc, Predictions *predictions)
{
    const Ring *ring = node->cluster->ring;
    guint copies = 0, here = ring_factor(ring, node->site);
    guint answers = node->cluster->block_for[node->site][node->consistency.read];
    double coordinator_s = sim_span_to_s(node->coordinator_service->mean);
    double answer_s = sim_span_to_s(node->answer_cpu);
    double forward_s = here > 1 ? (here - 1) * sim_span_to_s(node->forward_cpu) : 0;

    for (guint site = 0; site < ring_count_sites(ring); site++) {
        copies += ring_factor(ring, site);
    }
    add_work(predictions, "coordinated_reads", dc,
             coordinator_s + (answers > 2 ? (answers - 2) * answer_s : 0));
    add_work(predictions, "coordinated_writes", dc,
             coordinator_s + (copies > 2 ? (copies - 2) * answer_s : 0) - forward_s);
    add_work(predictions, "coordinated_writes", NULL, forward_s);
    add_work(predictions, "mutations", dc, sim_span_to_s(node->write_service->mean));
    add_work(predictions, "replica_reads", dc, sim_span_to_s(node->read_service->mean));
    add_work(predictions, "hints_stored", dc, sim_span_to_s(node->hint_cpu));
    for (guint i = 0; i < G_N_ELEMENTS(other_work); i++) {
        add_work(predictions, other_work[i], dc, (double)NAN);
    }
}

static void predict_site(const SiteNodes *nodes, Predictions *predictions)
{
    const Cassandra *node = nodes->first;
    const char *dc = node->component.site->name;
    guint vcpus = nodes->count * host_count_vcpus(node->component.host);
    double stretch = host_mean_stretch(node->component.host);
    g_autofree char *metric =
        g_strdup_printf("utilisation{dc:%s,role:%s,phase:baseline}", dc, node->component.role);
    g_autofree char *terms =
        g_strdup_printf("statements and copies as counted, coordinator %.0f us, write %.0f us, "
                        "read %.0f us, %u vCPUs, each busy %.3f times as long",
                        sim_span_to_s(node->coordinator_service->mean) * 1e6,
                        sim_span_to_s(node->write_service->mean) * 1e6,
                        sim_span_to_s(node->read_service->mean) * 1e6, vcpus, stretch);

    predictions_state(predictions, "utilisation law", terms, stretch / vcpus, metric, "avg");
    predictions_vary(predictions, host_stretch_spread(node->component.host) / sqrt(nodes->count),
                     "what neighbours of the hosts take");
    add_all_work(node, dc, predictions);
}

void utilisation_predict(const Component *self, Predictions *predictions)
{
    const Cassandra *node = (const Cassandra *)self;
    SiteNodes nodes = find_nodes(node->cluster, node->site);

    if (nodes.first == node && nodes.are_alike && node->storage == NULL && !node->is_outsider &&
        node->cluster->legs == NULL && have_hosts_of_their_own(&nodes)) {
        predict_site(&nodes, predictions);
    }
}

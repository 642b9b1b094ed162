/* utilisation.c - see utilisation.h. Nothing is foretold where memory and disk are modelled:
 * flushes and compaction have no rate of their own. */
#include "models/data/cassandra/utilisation.h"

#include <math.h>

#include "models/data/cassandra/level.h"
#include "models/data/cassandra/service_time.h"
#include "models/parts/host_share.h"

/* Work whose cost is not one number: with any of it nothing is foretold. */
static const char *const other_work[] = {"coordinated_cas", "coordinated_batches",
                                         "coordinated_counters", "repair_ranges", "bytes_streamed"};

static bool costs_the_same(const Component *one, const Component *other)
{
    const Cassandra *first = (const Cassandra *)one, *node = (const Cassandra *)other;

    return node->coordinator_service == first->coordinator_service &&
           node->write_service == first->write_service &&
           node->read_service == first->read_service && node->answer_cpu == first->answer_cpu &&
           node->forward_cpu == first->forward_cpu && node->hint_cpu == first->hint_cpu &&
           node->consistency.read == first->consistency.read && node->storage == NULL &&
           !node->is_outsider && node->cluster->legs == NULL;
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

void utilisation_predict(const Component *self, Predictions *predictions)
{
    const Cassandra *node = (const Cassandra *)self;
    g_autofree char *terms =
        g_strdup_printf("statements and copies of Cassandra as counted, coordinator %.0f us, "
                        "write %.0f us, read %.0f us",
                        sim_span_to_s(node->coordinator_service->mean) * 1e6,
                        sim_span_to_s(node->write_service->mean) * 1e6,
                        sim_span_to_s(node->read_service->mean) * 1e6);

    if (host_share_begin(self, costs_the_same, terms, predictions)) {
        add_all_work(node, self->site->name, predictions);
    }
}

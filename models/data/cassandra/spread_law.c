/* spread_law.c - see spread_law.h. */
#include "models/data/cassandra/spread_law.h"

#include "models/data/cassandra/witness.h"

#define SLACK (20 * SIM_US) /* copies that arrive so near each other are one event */

struct SpreadLaw {
    guint sites;
    SimSpan *means; /* [from][to]; SIM_NEVER: no way */
    SimSpan *most;  /* by the coordinator's site: the law's limit */
};

static SimSpan mean_of(const SpreadLaw *law, guint from, guint to)
{
    return law->means[from * law->sites + to];
}

void spread_law_prepare(Cluster *cluster)
{
    const World *world = cluster->nodes[0]->component.world;
    SpreadLaw *law = cluster->spread_law = g_new0(SpreadLaw, 1);
    guint sites = law->sites = cluster->site_count;

    law->means = g_new(SimSpan, sites * sites);
    law->most = g_new0(SimSpan, sites);
    for (guint i = 0; i < sites * sites; i++) {
        law->means[i] =
            network_base_delay(world, cluster->sites[i / sites], cluster->sites[i % sites]);
    }
    for (guint from = 0; from < sites; from++) {
        for (guint to = 0; to < sites; to++) {
            if (ring_factor(cluster->ring, to) > 0 && mean_of(law, from, to) != SIM_NEVER &&
                mean_of(law, to, from) != SIM_NEVER) {
                law->most[from] =
                    MAX(law->most[from], mean_of(law, from, to) + mean_of(law, to, to) +
                                             mean_of(law, to, from) + SLACK);
            }
        }
    }
}

void spread_law_free(Cluster *cluster)
{
    if (cluster->spread_law != NULL) {
        g_free(cluster->spread_law->means);
        g_free(cluster->spread_law->most);
        g_clear_pointer(&cluster->spread_law, g_free);
    }
}

void spread_law_note(Write *write, WayPart part, const Cassandra *from, const Cassandra *to,
                     SimTime arrival)
{
    SimSpan mean = mean_of(write->node->cluster->spread_law, from->site, to->site);
    SimSpan late = arrival - node_now(from) - mean;

    write->way.late[part] = MAX(write->way.late[part], late);
}

void spread_law_hold(const Write *write, SimTime last)
{
    Cassandra *node = write->node;
    const SpreadLaw *law = node->cluster->spread_law;
    SimSpan limit = law->most[node->site] + write->way.work;

    if (write->way.is_excused) {
        return;
    }
    for (guint part = 0; part < WAY_PARTS; part++) {
        limit += write->way.late[part];
    }
    if (last - write->way.sent > limit && witness_has_suffered(write)) {
        return;
    }
    g_assert_cmpint(last - write->way.sent, <=, limit);
    node->writes_in_time++;
}

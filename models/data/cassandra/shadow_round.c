/* shadow_round.c - see shadow_round.h. */
#include "models/data/cassandra/shadow_round.h"

#define ASK_AGAIN (5 * SIM_S)
#define SEED_GOES_ON (30 * SIM_S)
#define OTHERS_END (60 * SIM_S)

static void on_ask_again(void *self, void *subject, uint64_t detail);
static const EventType ask_again = {"cassandra.shadow-round", on_ask_again};

bool shadow_round_is_seed(const Cassandra *node)
{
    return node->rank == 0 || node->cluster->nodes[node->rank - 1]->site != node->site;
}

static bool is_open(const Cassandra *from, const Cassandra *to)
{
    const Component *link =
        network_link(from->component.world, from->component.site, to->component.site);

    return link != NULL && !link->condition.down;
}

/* Whether a question to the seed would be answered now. */
static bool answers(const Cassandra *node, const Cassandra *seed)
{
    return seed != node && shadow_round_is_seed(seed) && node_gossips(seed) &&
           seed->component.is_up && !seed->component.owner.is_held && is_open(node, seed) &&
           is_open(seed, node);
}

static bool hears_a_seed(const Cassandra *node)
{
    for (guint i = 0; i < node->cluster->node_count; i++) {
        if (answers(node, node->cluster->nodes[i])) {
            return true;
        }
    }
    return false;
}

static void ask_later(Cassandra *node, SimSpan asked_for)
{
    engine_after(node->engine, ASK_AGAIN, &node->component.owner, &ask_again, NULL,
                 (uint64_t)(asked_for + ASK_AGAIN));
}

static void on_ask_again(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    SimSpan asked_for = (SimSpan)detail;

    (void)subject;
    if (hears_a_seed(node) || (shadow_round_is_seed(node) && asked_for >= SEED_GOES_ON)) {
        node_enter_ring(node);
    } else if (asked_for >= OTHERS_END) {
        history_note(world_history(node->component.world), "cassandra.start-failed",
                     &node->component, NULL, NULL, NULL, NULL);
        component_stop(&node->component, NULL);
    } else {
        ask_later(node, asked_for);
    }
}

bool shadow_round_passes(Cassandra *node)
{
    if (hears_a_seed(node)) {
        return true;
    }
    ask_later(node, 0);
    return false;
}

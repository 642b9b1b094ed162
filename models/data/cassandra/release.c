/* release.c - which release the defaults are those of. */
#include "models/data/cassandra/release.h"

#include "sim/config/json_place.h"

#define COMPACTION_4_0 (64.0 * 1024 * 1024) /* compaction_throughput_mb_per_sec */

const char *const release_names[] = {"3.11", "4.0", "4.1", "5.0", NULL};

static bool is_given(const Cassandra *node, const char *name)
{
    return json_member(node->component.settings, name) != NULL;
}

static bool is_given_in(const Cassandra *node, const char *section, const char *name)
{
    return json_member(json_member(node->component.settings, section), name) != NULL;
}

void release_apply(Cassandra *node)
{
    if (node->release >= RELEASE_4_0) {
        node->num_tokens = is_given(node, "num_tokens") ? node->num_tokens : 16;
        node->allocates_tokens = !is_given(node, "allocate_tokens_for_keyspace");
        node->relay = is_given(node, "relay") ? node->relay : RELAY_RANDOM;
        node->cross_node_timeout =
            is_given(node, "cross_node_timeout") ? node->cross_node_timeout : true;
        if (!is_given(node, "dynamic_snitch_badness_threshold")) {
            node->dynamic_snitch_badness_threshold = 1.0;
        }
        if (!is_given_in(node, "storage", "compaction_throughput")) {
            node->storage_settings.compaction_throughput = COMPACTION_4_0;
        }
        if (!is_given_in(node, "repair", "validation_rate")) { /* as throttled as compaction */
            node->repair_settings.validation_rate = COMPACTION_4_0;
        }
        if (!is_given(node, "read_repair_chance")) {
            node->read_repair_chance = 0; /* gone too, and 0 before */
        }
        if (!is_given(node, "dclocal_read_repair_chance")) {
            node->dclocal_read_repair_chance = 0; /* the option is gone */
        }
    }
    if (node->release >= RELEASE_4_1) {
        double limit = 24.0 * 1024 * 1024;

        if (!is_given_in(node, "repair", "stream_rate")) {
            node->repair_settings.stream_rate = limit;
        }
        if (!is_given(node, "stream_throughput_outbound")) {
            node->stream_throughput_outbound = limit;
        }
        if (!is_given(node, "inter_dc_stream_throughput_outbound")) {
            node->inter_dc_stream_throughput_outbound = limit;
        }
    }
}

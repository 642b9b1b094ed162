/* nodetool.h - what `nodetool` prints when it asks a node: the node's own view, right or wrong. */
#pragma once

#include "models/data/cassandra/node.h"
#include "sim/world/view.h"

/* The views of the kind, ends with VIEW_END. */
extern const ViewDef nodetool_views[];

/* The others: nodetool_info.c. */
ViewShow nodetool_show_tpstats;
ViewShow nodetool_show_netstats;
ViewShow nodetool_show_gossipinfo;
ViewShow nodetool_show_describering;
ViewShow nodetool_show_ring;

/* nodetool_cluster.c */
ViewShow nodetool_show_describecluster;

/* The version of the schema that the asked one has heard of `rank`, as a UUID. Caller frees. */
char *nodetool_print_schema(const Cassandra *asked, guint rank);

/* Of memory and disk: nodetool_storage.c. */
ViewShow nodetool_show_compactionstats;
ViewShow nodetool_show_tablestats;
ViewShow nodetool_show_log;

/* Threads that flush, memtables that wait for one, compactions. */
void nodetool_count_pools(const Storage *storage, guint *flushing, guint *waiting,
                          guint *compacting);

/* --- what they share --- */

/* False and `error` while the process that is asked does not gossip yet: it knows of nobody. */
bool nodetool_check_gossips(const Cassandra *asked, GError **error);

/* Its public address; a host that has none is shown by name, as with `-r`. Caller frees. */
char *nodetool_print_address(const Cassandra *node);
int nodetool_widest_address(const Cluster *cluster);

/* Its host id: a random UUID, the same in each life. Caller frees. */
char *nodetool_print_host_id(const Cassandra *node);

/* A size as Cassandra prints one (FileUtils.stringifyFileSize, pattern "#.##"). Caller frees. */
char *nodetool_print_size(double size_bytes);

/* The numbers of the sites that have nodes, in order of name; returns how many. */
guint nodetool_sort_sites(const Cluster *cluster, guint *sites);

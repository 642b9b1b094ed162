/* ring_dump.h - the tokens of a real ring: what `nodetool ring` printed.
 * Source: Cassandra 3.11 tools/nodetool/Ring: a section for each data centre ("Datacenter: DC01"),
 * a head, the last token alone, then a row for each token: address, rack, status, state, load,
 * owns, token. Status, load and shares are not read: they follow from the run. */
#pragma once

#include "models/data/cassandra/node.h"

/* Gives the nodes of the cluster, whose ring has no tokens yet, those of the dump at `path`. A
 * row's address is the public address of a node or, for nodes without one, its name ("DC01-db1").
 * What does not fit is told with line and column: data centres and addresses that the scenario does
 * not have, other racks, tokens out of range or given twice, nodes with more or fewer tokens than
 * `num_tokens`. `setting` is the field, for a file that cannot be read. False when anything was
 * told. */
bool ring_dump_read(Cluster *cluster, const char *path, const cJSON *setting, DiagList *diags);

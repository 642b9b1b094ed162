/* nodetool.h - what `nodetool` prints when it asks a node: the node's own view, right or wrong. */
#pragma once

#include "sim/world/view.h"

/* The views of the kind: status, ... ends with VIEW_END. */
extern const ViewDef nodetool_views[];

/* A size as Cassandra prints one (FileUtils.stringifyFileSize, pattern "#.##"). Caller frees. */
char *nodetool_print_size(double size_bytes);

/* metrics.h - what a Cassandra node measures and tells history. Private to this folder. */
#pragma once

#include "sim/world/component.h"

extern const MetricDef cassandra_metrics[];
extern const NoteDef cassandra_notes[];

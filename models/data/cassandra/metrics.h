/* metrics.h - what a Cassandra node measures. Private to this folder. */
#pragma once

#include "sim/world/metric.h"

extern const MetricDef cassandra_metrics[];

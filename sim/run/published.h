/* published.h - figures that others have published of what a scenario simulates, beside the
 * simulated ones. They decide nothing: a model that is off shows by how much. Kept as fact
 * "published" of the results, a JSON array of { name, metric, aggregate, comparison, published,
 * unit, source, note, observed, low, high, method }. */
#pragma once

#include "sim/results/results_read.h"
#include "sim/scenario/scenario.h"

/* The array as text, NULL when the scenario states none. Caller frees. */
char *published_compare(const Scenario *scenario, Results *results);

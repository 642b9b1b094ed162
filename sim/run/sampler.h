/* sampler.h - reads every declared metric of every component at each sample interval and hands it
 * to the results: the one place where a metric table is turned into rows. */
#pragma once

#include "sim/results/results_write.h"
#include "sim/world/world.h"

typedef struct Sampler Sampler;

/* Writes the rows of components and metrics at once. `start`: the instant of the scenario's time 0.
 * All three outlive the sampler. */
Sampler *sampler_new(World *world, ResultsWriter *writer, int run, SimTime start);
void sampler_free(Sampler *sampler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sampler, sampler_free)

/* Writes what happened since the last call (or the world's start) as the sample that began then. */
void sampler_take(Sampler *sampler);

/* capacity_tiers.h - how busy each tier is, and who answers: what a look at one rate shows beside
 * its margins. */
#pragma once

#include "sim/study/capacity.h"

/* The tiers of a trial: CPUs and disks of each group of nodes at each site, stations of textbook
 * queues; those that never work left out. Caller unrefs the array of CapacityTier; `law` and
 * `saturation` are not set. */
GPtrArray *tiers_measure(const Trial *trial);
void tier_free(CapacityTier *tier);

/* Sets `law` and `saturation` of tiers seen at `rate` from the same ones of another look, at
 * `base_rate`, and sorts them, the first to be full first. */
void tiers_foretell(GPtrArray *tiers, double rate, const GPtrArray *base, double base_rate);

/* How busy the busiest is; 0 without tiers. */
double tiers_busiest(const GPtrArray *tiers);

/* Which site answered what share of the requests that reached any. Caller unrefs. */
GPtrArray *shares_measure(const Trial *trial);
void share_free(CapacityShare *share);

/* predict_refused.h - the share of statements that find too few replicas ("refused"), or how many
 * copies of a write are missing where none is refused ("a write"), foretold from who is down: in
 * each replication the longest stretch of samples in which the same nodes are down, one at least,
 * and every other node believes so many down and no more. Before, statements time out or are still
 * accepted; afterwards nodes come back that not all know of yet. */
#pragma once

#include "sim/base/estimate.h"
#include "sim/results/results_read.h"
#include "sim/theory/prediction.h"

/* The stretches of a campaign, found at the first asking. */
typedef struct RefusedStretches RefusedStretches;
RefusedStretches *refused_stretches_new(Results *results);
void refused_stretches_free(RefusedStretches *stretches);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RefusedStretches, refused_stretches_free)

/* What is foretold of a prediction with a refusal, and what was seen: the means over the
 * replications that have such a stretch. The interval is that of the difference between the two,
 * with room for the data lying elsewhere than their shares of the ring say. False when no
 * replication has one, or nothing is refused and nothing was to be. */
bool refused_estimate(RefusedStretches *stretches, const Prediction *prediction, double confidence,
                      double *foretold, Estimate *estimate);

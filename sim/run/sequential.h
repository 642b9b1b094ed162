/* sequential.h - a campaign that goes on until its figures are known as exactly as asked for. */
#pragma once

#include "sim/results/judge/precision.h"
#include "sim/run/campaign.h"

/* Runs campaigns of more and more replications in the order's directory, each taking over those
 * that have ended, until precision_look asks for no more, one is interrupted or a replication is
 * lost. What is merged at the end is that of the last; `result` speaks of all. */
bool sequential_run(const CampaignOrder *order, Precision *precision, CampaignResult *result,
                    GError **error);

/* One campaign, after what the order's `fetch` brings. */
bool sequential_round(const CampaignOrder *order, CampaignResult *result, GError **error);

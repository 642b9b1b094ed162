/* progress.h - how far a campaign is, on standard error: a bar on a terminal, else a line for each
 * change of phase and at most one in ten seconds. */
#pragma once

#include "sim/cli/options.h"
#include "sim/run/campaign.h"

typedef struct Progress Progress;

/* The mode of the options, decided for this terminal. */
Progress *progress_new(const Options *options);
void progress_free(Progress *progress);

/* A CampaignWatch; `progress` is its context. */
void progress_show(void *progress, const CampaignState *state);

/* Takes the bar away. */
void progress_end(Progress *progress);

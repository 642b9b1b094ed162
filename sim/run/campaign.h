/* campaign.h - all replications of a scenario: a process each, as many at once as there are jobs,
 * merged in order of their index, so that nothing depends on who finished first. */
#pragma once

#include "sim/run/run.h"

/* What the parent tells while replications run; one for each progress message and each end. */
typedef struct CampaignState {
    const Scenario *scenario;
    guint running, finished, crashed, total;
    const RunProgress *progress; /* one for each replication, `total` of them; run -1: not begun */
} CampaignState;
typedef void CampaignWatch(void *context, const CampaignState *state);

typedef struct CampaignOrder {
    const Scenario *scenario;
    const Kind *const *kinds;
    guint jobs;            /* replications at once, at least 1 */
    const char *directory; /* existing and ours: runs write "run-0000.sqlite" in it */
    const char *changes;   /* flags that changed the scenario, kept with the results; may be NULL */
    SimSpan until;         /* end early at this scenario time; 0: do not */
    double wall_limit_s;   /* 0: none */
    CampaignWatch *watch;  /* may be NULL */
    void *context;
} CampaignOrder;

typedef enum CampaignEnd {
    CAMPAIGN_COMPLETED,
    CAMPAIGN_INTERRUPTED, /* Ctrl-C or SIGTERM: what was done so far is kept */
    CAMPAIGN_WALL_LIMIT,
    CAMPAIGN_CRASHED, /* at least one replication died: our bug */
    CAMPAIGN_FAILED,  /* wrong input or a full disk: said on standard error by the replication */
} CampaignEnd;

typedef struct CampaignResult {
    CampaignEnd end;
    int signal;    /* that interrupted it */
    guint written; /* replications whose results file is whole */
    int crashed;   /* index of the first that died, -1: none */
} CampaignResult;

/* Runs them and merges what they wrote into `directory`/results.sqlite. False and `error` when the
 * merge failed or no replication wrote anything. */
bool campaign_run(const CampaignOrder *order, CampaignResult *result, GError **error);

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

/* Puts replications `first` to `end` (not included) that have ended elsewhere into `directory`, by
 * the names of campaign_run_path; those that it leaves out are run here. */
typedef bool CampaignFetch(void *context, const char *directory, guint first, guint end,
                           GError **error);

typedef struct CampaignOrder {
    const Scenario *scenario;
    const Kind *const *kinds;
    guint first;           /* index of the first replication; those before it are not ours */
    guint replications;    /* so many from there; 0: as many as the scenario says */
    guint jobs;            /* replications at once, at least 1 */
    const char *directory; /* existing and ours: runs write "run-0000.sqlite" in it; what ended in
                              such a file there is not run again */
    const char *earlier;   /* results file of the same campaign: nor is what ended in it; NULL */
    const char *changes;   /* flags that changed the scenario, kept with the results; may be NULL */
    SimSpan until;         /* end early at this scenario time; 0: do not */
    double wall_limit_s;   /* 0: none */
    CampaignWatch *watch;  /* may be NULL */
    void *context;
    CampaignFetch *fetch; /* for sequential.h; may be NULL */
    void *fetch_context;
} CampaignOrder;

typedef enum CampaignEnd {
    CAMPAIGN_COMPLETED,
    CAMPAIGN_INTERRUPTED, /* Ctrl-C or SIGTERM: what was done so far is kept */
    CAMPAIGN_WALL_LIMIT,
    CAMPAIGN_CRASHED, /* at least one replication died: our bug */
    CAMPAIGN_FAILED,  /* wrong input: said on standard error by the replication */
    CAMPAIGN_NO_DISK, /* a replication could not write: likewise; nothing is merged */
} CampaignEnd;

typedef struct CampaignResult {
    CampaignEnd end;
    int signal;          /* that interrupted it */
    guint written;       /* replications whose results file is whole */
    guint taken;         /* of these, not run again */
    guint counted;       /* replications whose instructions were counted */
    double instructions; /* of all of these together */
    int crashed;         /* index of the first that died, -1: none */
    char crashed_of[96]; /* what it died of, in words */
} CampaignResult;

/* Runs them and merges what they wrote into `directory`/results.sqlite; replications that died, or
 * were never begun because the campaign was told to end, stand there as lost. False and `error`
 * when that failed. The replications' own files stay. */
bool campaign_run(const CampaignOrder *order, CampaignResult *result, GError **error);

/* The file that replication `run` writes in `directory`. Caller frees. */
char *campaign_run_path(const char *directory, guint run);

/* Whether `name` is that of a file of a replication that has ended. */
bool campaign_is_run_file(const char *name);

/* What all that decides the bytes of a replication comes to: the resolved scenario without the
 * number of replications, the seed, the files that it names, when it is to end and the build of the
 * program. Replications of equal identity and index are the same. Caller frees. */
char *campaign_identity(const Scenario *scenario, SimSpan until);

/* The same without the build of the program: equal on all machines. Caller frees. */
char *campaign_content(const Scenario *scenario, SimSpan until);

/* chunk_plan.h - a campaign divided into chunks for other machines: ranges of replications. The
 * plan is a file that all of them see; each chunk leaves one directory beside it
 * ("chunk-0003/results.sqlite"), written elsewhere and renamed when it is whole. */
#pragma once

#include "sim/cli/job.h"
#include "sim/results/results_read.h"

typedef struct ChunkPlan {
    char *folder; /* that it stands in */
    char *hash;   /* of all of it */
    char *scenario, *flags, *version;
    char *seed;    /* that was a flag; "" when it is the scenario's */
    char *content; /* see campaign_content */
    SimSpan until;
    double confidence; /* 0: the scenario's */
    guint replications, chunks;
    bool is_counted; /* the number of replications was a flag, and not the scenario's */
} ChunkPlan;

/* Plans `options` (replications, chunks, changes) of a scenario that was read. Caller frees. */
ChunkPlan *chunk_plan_new(const Options *options, const Scenario *scenario, const char *folder);

/* Writes "folder/plan.json", in whose place no other plan may stand. */
bool chunk_plan_write(const ChunkPlan *plan, GError **error);

/* Reads a plan by its file or folder. NULL and `error` when it is none, was changed by hand or cut
 * off, or is of another version of the program. */
ChunkPlan *chunk_plan_read(const char *path, GError **error);
void chunk_plan_free(ChunkPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChunkPlan, chunk_plan_free)

/* The replications of a chunk: `first` and how many. */
guint chunk_plan_first(const ChunkPlan *plan, guint chunk);
guint chunk_plan_count(const ChunkPlan *plan, guint chunk);

/* The directory that a chunk leaves. Caller frees. */
char *chunk_plan_path(const ChunkPlan *plan, guint chunk);

/* Makes `job` for the plan's scenario as it was planned; `own` receives the options that it points
 * into. False and `error` (or words on standard error) when the scenario cannot be read or is not
 * the one that was planned. Clear both afterwards. */
bool chunk_plan_job(const ChunkPlan *plan, const Options *options, const Kind *const *kinds,
                    Options *own, Job *job, GError **error);
void chunk_plan_clear_options(Options *own);

/* The results of a chunk, checked: of this plan, this chunk, this version, with each of its
 * replications ended. NULL and `error` when not; `build` receives which build of the program made
 * it. Caller frees both. */
Results *chunk_plan_results(const ChunkPlan *plan, guint chunk, char **build, GError **error);

/* Which build of the program this is: equal for equal bytes of it. Caller frees. */
char *chunk_build(void);

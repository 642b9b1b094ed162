/* invariant_data.h - judges of checks over the history that need no phases or users' seconds:
 * no-resurrected-delete, read-your-writes, lww-overwrite, no-lost-update, linearizable,
 * replicas-down-per-range. */
#pragma once

#include "sim/results/judge/judge.h"

/* Judges `check`, one of those; `most` is the limit of replicas-down-per-range. */
void invariant_judge_data(Results *results, const char *check, int64_t most, Judged *judged);

/* wall.h - the wall clock, for progress and run-meta.json only: nothing that a run computes may see
 * it. */
#pragma once

/* Seconds of a clock that never goes back. */
double wall_seconds(void);

/* Now as ISO 8601 in UTC. Caller frees. */
char *wall_timestamp(void);

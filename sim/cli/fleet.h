/* fleet.h - one `run` on several processes, as a build with MPI=1 offers: rank 0 does all that one
 * process does, but has replications run by the other ranks as they become free. They send back the
 * bytes of a replication's own file, which do not depend on who ran it; figures are looked at only
 * when all of a round are there, so that adaptive stopping does not depend on it either. In a build
 * without, there is one process. */
#pragma once

#include "sim/cli/command.h"

/* First and last. A process that ends otherwise takes the others with it. */
void fleet_begin(int *argc, char ***argv);
void fleet_end(void);

/* How many processes; whether this one is not the first. */
int fleet_size(void);
bool fleet_is_worker(void);

/* What a worker does: runs replications of the one scenario on the command line until rank 0 ends.
 * `options` NULL: they could not be read, which rank 0 says. */
int fleet_work(const Options *options, const Kind *const *kinds);

/* A CampaignFetch: has them run. */
bool fleet_fetch(void *context, const char *directory, guint first, guint end, GError **error);

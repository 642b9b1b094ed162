/* failover_stale.h - who is still sent to a lost data centre after t seconds: the share of each
 * population's requests, over time and at the times that closed forms foretell. */
#pragma once

#include "reports/sections.h"

/* When what happened, in seconds of the run, as the median replication had it; NAN: it did not. */
typedef struct FailoverTimes {
    const char *dc;
    double lost, noticed, changed, left;
} FailoverTimes;

/* A figure and a table; nothing when nobody was sent there. */
void failover_put_stale(const Telling *telling, const FailoverTimes *times);

/* failover.h - for each data centre that a fault took away: when it was noticed, when answers
 * changed, when the last client left, what was lost by whom, beside closed forms, and what to
 * change first. */
#pragma once

#include "reports/sections.h"

void failover_put(const Telling *telling);

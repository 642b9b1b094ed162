/* range_watch.h - how many replicas of one range were down at the same time: more than one of three
 * at a site, and its majority is gone. */
#pragma once

#include <glib.h>

#include "sim/base/sim_time.h"

typedef struct RangeWatch RangeWatch;

/* Told of each time that the replicas down of any range have become more than allowed: `down` of
 * `count`, and their names, as text. */
typedef void RangeFinding(void *context, SimTime time, guint down, guint count, const char *names);

RangeWatch *range_watch_new(void);
void range_watch_free(RangeWatch *watch);

/* More than `most` down at once is worth telling. */
void range_watch_allow(RangeWatch *watch, guint most, RangeFinding *tell, void *context);

/* A replica by number; `name` outlives the watch. Harmless when it is known. */
void range_watch_replica(RangeWatch *watch, uint32_t replica, const char *name);

/* A set of replicas that hold the same data. */
void range_watch_add(RangeWatch *watch, const uint32_t *replicas, guint count);
/* The ring changes: all ranges are to be added anew. */
void range_watch_forget(RangeWatch *watch);

/* All are added: looks at them, for the ring may have changed while replicas were down. */
void range_watch_ready(RangeWatch *watch, SimTime now);

/* A replica serves no more, or serves again. Harmless when that is known. */
void range_watch_change(RangeWatch *watch, uint32_t replica, bool serves, SimTime now);

guint range_watch_count(const RangeWatch *watch);
/* Most replicas of one range down at once so far, and since when; 0: none. */
guint range_watch_most(const RangeWatch *watch, SimTime *since);

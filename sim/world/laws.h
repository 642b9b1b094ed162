/* laws.h - holds every station of a world to the laws of queues, window by window.
 * A broken law is our bug, never a result: either a model miscounts or what it publishes is wrong,
 * and no figure of the run can be trusted. */
#pragma once

#include "sim/world/world.h"

typedef struct Laws Laws;

/* Before world_start; the world is wired and outlives it. */
Laws *laws_new(const World *world);
void laws_free(Laws *laws);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Laws, laws_free)

/* Holds all laws for the window from the last call (or the run's begin) to now, between two events.
 * NULL when they hold; otherwise which one is broken, where, when, and both sides in numbers.
 * Caller frees. */
char *laws_check(Laws *laws);

/* Stations, and windows of them that were held to the laws so far. */
guint laws_count_stations(const Laws *laws);
uint64_t laws_count_windows(const Laws *laws);

/* shadow_round.h - a node that starts asks the seeds who is there before it gossips itself. Private
 * to this folder. Source: Cassandra 3.11 Gossiper.doShadowRound, StorageService.checkForEndpoint-
 * Collision: a SYN to the seeds each 5 s; a seed that hears nobody goes on after 30 s
 * (cassandra.ring_delay_ms), any other node ends after 60 s with "Unable to gossip with any peers".
 * The round trip of the answer is left out. */
#pragma once

#include "models/data/cassandra/node.h"

/* The first node of each site is a seed. */
bool shadow_round_is_seed(const Cassandra *node);

/* The commit log is replayed: true when a seed answers at once. Otherwise it goes on asking, and
 * node_enter_ring or the end of the process follows. */
bool shadow_round_passes(Cassandra *node);

/* It has heard who is there, and joins them (cassandra.c). */
void node_enter_ring(Cassandra *node);

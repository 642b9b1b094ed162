/* token_allocator.h - tokens that share a site's keys evenly: what a node that bootstraps chooses
 * where allocate_tokens_for_keyspace names the keyspace. Private to this folder.
 * Source: Cassandra 3.11 dht/tokenallocator/TokenAllocation, ReplicationAwareTokenAllocator. Only
 * the tokens of the own site count, with one rack or with as many as there are replicas at least;
 * the first nodes of a site, as many as its replicas, draw theirs. Of the middles of all ranges the
 * one is taken that lowers the variance of what tokens and nodes own most, where a node that has
 * some of its tokens so far is to own as much of its part. */
#pragma once

#include "models/data/cassandra/ring.h"

/* The tokens of one site so far. */
typedef struct TokenAllocator TokenAllocator;

/* `factor` replicas in the site; whether racks count as one node each is for the caller to say by
 * the `group` of each token. */
TokenAllocator *token_allocator_new(guint factor);
void token_allocator_free(TokenAllocator *allocator);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TokenAllocator, token_allocator_free)

/* A token of `node`, in `group` (its rack, or itself). */
void token_allocator_add(TokenAllocator *allocator, int64_t token, guint node, guint group);

/* Whether there is enough to go by: nodes for all replicas, and `count` tokens. */
bool token_allocator_can_choose(const TokenAllocator *allocator, guint count);

/* The next token for `node`, which will have `count` in all. It is not added. */
int64_t token_allocator_choose(TokenAllocator *allocator, guint node, guint group, guint count);

/* The variance of what tokens own, each taken `tokens` times smaller than a node, and of what nodes
 * own: what a choice lowers. */
double token_allocator_unevenness(TokenAllocator *allocator, guint tokens);

/* ring.h - the token ring: who owns a token and which nodes hold its replicas.
 * Sources: Cassandra 3.11 TokenMetadata (look-up), NetworkTopologyStrategy (replicas, in the order
 * in which relays are chosen), StorageService.effectiveOwnership (what `nodetool status` prints).
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define RING_REPLICAS_MOST 24 /* sum of all replication factors */
#define RING_SITES_MOST 16

typedef struct Ring Ring;

/* Where a node stands towards the ring: all tokens are there from the begin, replicas are found
 * over those of members. A joining node is none yet, a leaving one still is. */
typedef enum RingMember { RING_NORMAL, RING_OUTSIDE, RING_JOINING, RING_LEAVING } RingMember;

/* Where a node stands. Racks are numbered anew in each site. */
typedef struct RingNode {
    uint16_t site, rack;
} RingNode;

/* The keys with tokens in (token of the range before, token], and their replicas in ring order.
 * Bit i of a mask stands for replicas[i]. Nodes that became replicas later stand behind the others,
 * and those that no longer are keep their bit: its meaning never changes. */
typedef struct RingRange {
    int64_t token;
    uint16_t owner;
    uint16_t count;
    uint16_t replicas[RING_REPLICAS_MOST]; /* nodes */
    uint32_t mask;                         /* all that are replicas now */
    uint32_t pending;                      /* that will be once the change under way is complete */
    uint32_t losing;                       /* replicas that will be none then */
    uint32_t site_mask[RING_SITES_MOST];   /* those at a site */
} RingRange;

/* A ring without tokens. `factors` has one replication factor for each site; both arrays are
 * copied. */
Ring *ring_new(const RingNode *nodes, guint node_count, const uint32_t *factors, guint site_count);
void ring_free(Ring *ring);

/* Gives `node` one more token. False, and nothing done, when it is taken or is the smallest one. */
bool ring_add_token(Ring *ring, guint node, int64_t token);

/* Gives `node` that many tokens drawn from splitmix64 with `state`, which moves on; taken ones are
 * drawn anew (BootStrapper.getRandomTokens). */
void ring_draw_node_tokens(Ring *ring, guint node, guint count, uint64_t *state);

/* Gives every node in order `tokens_each` of them. */
void ring_draw_tokens(Ring *ring, guint tokens_each, uint64_t *state);

/* Sorts the tokens and finds the replicas of each range. Needs at least one token. */
void ring_close(Ring *ring);

/* `node` stands so from now on. Before ring_close, or later: then replicas are found anew. */
void ring_set_member(Ring *ring, guint node, RingMember member);
RingMember ring_member(const Ring *ring, guint node);

/* `heir`, which has no tokens of its own, joins in the place of `dead` and takes its tokens when it
 * becomes a normal member; `dead` is outside then. */
void ring_take_over(Ring *ring, guint heir, guint dead);

/* Whether a node joins or leaves now. */
bool ring_is_changing(const Ring *ring);

/* The bits of `mask` whose nodes stand at `site`. */
uint32_t ring_bits_at(const Ring *ring, const RingRange *range, uint32_t mask, guint site);

/* Of a closed ring: its ranges in order of token; the index of the range that `token` is in. */
guint ring_count_ranges(const Ring *ring);
const RingRange *ring_range(const Ring *ring, guint index);
guint ring_find(const Ring *ring, int64_t token);

guint ring_count_sites(const Ring *ring);
RingNode ring_node(const Ring *ring, guint node);
uint32_t ring_factor(const Ring *ring, guint site);

/* The share of all keys in a range (0 to 1). */
double ring_share(const Ring *ring, guint index);

/* The share of all keys that `node` holds a replica of: "Owns (effective)". */
double ring_owns(const Ring *ring, guint node);

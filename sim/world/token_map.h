/* token_map.h - who holds a datum: what a store offers to the clients in the world, as a cluster
 * tells its drivers (system.local and system.peers, from which they make a token map). Its changes
 * are known to all at once. */
#pragma once

#include "sim/world/world.h"

/* Puts the components that hold `key` into `found`, in the ring's order, `most` at most; how many
 * they are. */
typedef guint TokenMapFind(void *context, uint64_t key, Component **found, guint most);

typedef struct TokenMap {
    TokenMapFind *find; /* NULL: nobody offers one */
    void *context;
} TokenMap;

/* The world's; the store fills it in while the world is wired. */
static inline TokenMap *token_map_of(World *world)
{
    return (TokenMap *)world_shared(world, "token map", sizeof(TokenMap), NULL);
}

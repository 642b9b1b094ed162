/* pool.h - fixed-size structs that come and go with each request, without an allocation each.
 * Memory grows in slabs and is reused newest first; it returns to the system with the pool. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct Pool Pool;

/* A pool of items of `item_size` bytes. `name` is kept by pointer and shown when items are missing
 * at the end. */
Pool *pool_new(const char *name, size_t item_size);

/* Frees the pool and all its items, taken or not. */
void pool_free(Pool *pool);

/* A zeroed item, or one with anything in it for a caller that writes all of it. Never NULL. */
static inline void *pool_take(Pool *pool);
static inline void *pool_take_raw(Pool *pool);

/* Gives `item` back; NULL does nothing. Under AddressSanitizer a given item is poisoned. */
static inline void pool_give(Pool *pool, void *item);

/* How many items are out now. */
uint64_t pool_count_out(const Pool *pool);

/* --- what happens with every item --------------------------------------------------------------
 * Open so that it needs no calls; nobody else looks in. */

#if defined(__SANITIZE_ADDRESS__)
#define POOL_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_POISONS 1
#endif
#endif

#ifdef POOL_POISONS
#include <sanitizer/asan_interface.h>
#define POOL_POISON(item, size) __asan_poison_memory_region(item, size)
#define POOL_UNPOISON(item, size) __asan_unpoison_memory_region(item, size)
#define POOL_IS_POISONED(item) (__asan_address_is_poisoned(item) != 0)
#else
#define POOL_POISON(item, size) ((void)0)
#define POOL_UNPOISON(item, size) ((void)0)
#define POOL_IS_POISONED(item) false
#endif

/* What stands in an item while it is free. */
typedef struct PoolFree {
    struct PoolFree *next;
} PoolFree;

struct Pool {
    PoolFree *free_items; /* newest given first */
    uint64_t count_out;
    size_t used_size;  /* what was asked for, at least a PoolFree: so much is zeroed */
    size_t stride;     /* from one item to the next */
    size_t slab_items; /* in the next slab */
    GPtrArray *slabs;
    const char *name;
};

/* Another slab on the list of free items, which is empty. */
void pool_add_slab(Pool *pool);

static inline void *pool_take_raw(Pool *pool)
{
    PoolFree *item;

    if (G_UNLIKELY(pool->free_items == NULL)) {
        pool_add_slab(pool);
    }
    item = pool->free_items;
    POOL_UNPOISON(item, pool->used_size);
    pool->free_items = item->next;
    pool->count_out++;
    return item;
}

static inline void *pool_take(Pool *pool)
{
    return memset(pool_take_raw(pool), 0, pool->used_size);
}

static inline void pool_give(Pool *pool, void *item)
{
    PoolFree *given = (PoolFree *)item;

    if (item == NULL) {
        return;
    }
    g_assert(!POOL_IS_POISONED(item)); /* given twice */
    g_assert(pool->count_out > 0);
    given->next = pool->free_items;
    pool->free_items = given;
    pool->count_out--;
    POOL_POISON(item, pool->stride);
}

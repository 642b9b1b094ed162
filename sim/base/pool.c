/* pool.c - slabs of equal items threaded on a free list. */
#include "sim/base/pool.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define POOL_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_POISONS 1
#endif
#endif

#ifdef POOL_POISONS
#include <sanitizer/asan_interface.h>
#define POISON(item, size) __asan_poison_memory_region(item, size)
#define UNPOISON(item, size) __asan_unpoison_memory_region(item, size)
#define IS_POISONED(item) (__asan_address_is_poisoned(item) != 0)
#else
#define POISON(item, size) ((void)0)
#define UNPOISON(item, size) ((void)0)
#define IS_POISONED(item) false
#endif

/* Items start where any type may; slabs double from the first size to the most. */
enum { POOL_ALIGNMENT = 16, FIRST_SLAB_ITEMS = 32, MOST_SLAB_BYTES = 256 * 1024 };

/* What stands in an item while it is free. */
typedef struct FreeItem {
    struct FreeItem *next;
} FreeItem;

struct Pool {
    const char *name;
    size_t item_size;     /* as asked for: so much is zeroed */
    size_t stride;        /* from one item to the next */
    size_t slab_items;    /* in the next slab */
    FreeItem *free_items; /* newest given first */
    GPtrArray *slabs;
    uint64_t count_out;
};

Pool *pool_new(const char *name, size_t item_size)
{
    Pool *pool = g_new0(Pool, 1);
    size_t room = MAX(item_size, sizeof(FreeItem));

    g_assert(item_size > 0);
    pool->name = name;
    pool->item_size = item_size;
    pool->stride = (room + POOL_ALIGNMENT - 1) / POOL_ALIGNMENT * POOL_ALIGNMENT;
    pool->slab_items = FIRST_SLAB_ITEMS;
    pool->slabs = g_ptr_array_new_with_free_func(g_free);
    return pool;
}

void pool_free(Pool *pool)
{
    if (pool == NULL) {
        return;
    }
    if (pool->count_out > 0) {
        g_debug("pool '%s': %" G_GUINT64_FORMAT " items still out at the end", pool->name,
                pool->count_out);
    }
    g_ptr_array_free(pool->slabs, TRUE);
    g_free(pool);
}

static void add_slab(Pool *pool)
{
    char *slab = g_malloc_n(pool->slab_items, pool->stride);

    g_ptr_array_add(pool->slabs, slab);
    /* From the last to the first, so that they are taken in the order of their addresses. */
    for (size_t i = pool->slab_items; i-- > 0;) {
        FreeItem *item = (FreeItem *)(void *)(slab + i * pool->stride);

        item->next = pool->free_items;
        pool->free_items = item;
        POISON(item, pool->stride);
    }
    if (pool->slab_items * 2 * pool->stride <= MOST_SLAB_BYTES) {
        pool->slab_items *= 2;
    }
}

void *pool_take(Pool *pool)
{
    FreeItem *item;

    if (G_UNLIKELY(pool->free_items == NULL)) {
        add_slab(pool);
    }
    item = pool->free_items;
    UNPOISON(item, pool->item_size < sizeof(FreeItem) ? sizeof(FreeItem) : pool->item_size);
    pool->free_items = item->next;
    pool->count_out++;
    memset(item, 0, MAX(pool->item_size, sizeof(FreeItem)));
    return item;
}

void pool_give(Pool *pool, void *item)
{
    FreeItem *given = item;

    if (item == NULL) {
        return;
    }
    g_assert(!IS_POISONED(item)); /* given twice */
    g_assert_cmpuint(pool->count_out, >, 0);
    given->next = pool->free_items;
    pool->free_items = given;
    pool->count_out--;
    POISON(item, pool->stride);
}

uint64_t pool_count_out(const Pool *pool)
{
    return pool->count_out;
}

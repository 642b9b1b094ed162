/* pool.c - slabs of equal items threaded on a free list. */
#include "sim/base/pool.h"

/* Items that fill a cache line begin at one, others where any type may; slabs double from the first
 * size to the most. */
enum { POOL_ALIGNMENT = 16, CACHE_LINE = 64, FIRST_SLAB_ITEMS = 32, MOST_SLAB_BYTES = 256 * 1024 };

Pool *pool_new(const char *name, size_t item_size)
{
    Pool *pool = g_new0(Pool, 1);
    size_t alignment = item_size >= CACHE_LINE ? CACHE_LINE : POOL_ALIGNMENT;

    g_assert(item_size > 0);
    pool->name = name;
    pool->used_size = MAX(item_size, sizeof(PoolFree));
    pool->stride = (pool->used_size + alignment - 1) / alignment * alignment;
    pool->slab_items = FIRST_SLAB_ITEMS;
    pool->slabs = g_ptr_array_new_with_free_func(g_aligned_free);
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

void pool_add_slab(Pool *pool)
{
    char *slab = g_aligned_alloc(pool->slab_items, pool->stride, CACHE_LINE);

    g_ptr_array_add(pool->slabs, slab);
    /* From the last to the first, so that they are taken in the order of their addresses. */
    for (size_t i = pool->slab_items; i-- > 0;) {
        PoolFree *item = (PoolFree *)(void *)(slab + i * pool->stride);

        item->next = pool->free_items;
        pool->free_items = item;
        POOL_POISON(item, pool->stride);
    }
    if (pool->slab_items * 2 * pool->stride <= MOST_SLAB_BYTES) {
        pool->slab_items *= 2;
    }
}

uint64_t pool_count_out(const Pool *pool)
{
    return pool->count_out;
}

/* pool.h - fixed-size structs that come and go with each request, without an allocation each.
 * Memory grows in slabs and is reused newest first; it returns to the system with the pool. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct Pool Pool;

/* A pool of items of `item_size` bytes. `name` is kept by pointer and shown when items are missing
 * at the end. */
Pool *pool_new(const char *name, size_t item_size);

/* Frees the pool and all its items, taken or not. */
void pool_free(Pool *pool);

/* A zeroed item. Never NULL. */
void *pool_take(Pool *pool);

/* Gives `item` back; NULL does nothing. Under AddressSanitizer a given item is poisoned. */
void pool_give(Pool *pool, void *item);

/* How many items are out now. */
uint64_t pool_count_out(const Pool *pool);

/* version.h - what orders the writes of one key: a positive number made of the microseconds of the
 * wall clock that stamped it and, in the last four digits, of who stamped it. Who stands for the
 * value: at equal microseconds the larger number wins, as the larger value does. A delete has 5000
 * more, so that at equal microseconds it beats every value, as a tombstone does.
 * Source: Cassandra 3.11 db/Conflicts, rows/Cells.reconcile. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define VERSION_WRITERS 5000 /* numbers of those who stamp: 0 to 4999 */

static inline int64_t version_make(int64_t clock_us, uint32_t writer, bool is_delete)
{
    return clock_us * (2 * VERSION_WRITERS) + writer + (is_delete ? VERSION_WRITERS : 0);
}

static inline bool version_is_delete(int64_t version)
{
    return version % (2 * VERSION_WRITERS) >= VERSION_WRITERS;
}

/* The same stamp on a delete. */
static inline int64_t version_as_delete(int64_t version)
{
    return version_is_delete(version) ? version : version + VERSION_WRITERS;
}

/* The microseconds of the clock that stamped it. */
static inline int64_t version_clock_us(int64_t version)
{
    return version / (2 * VERSION_WRITERS);
}

/* sort.h - the one way in which the simulated world puts things in order.
 * A comparison that returns 0 for two different things leaves their order to the algorithm and to
 * how they stood before: two runs that differ elsewhere then differ here too. So it is our bug, in
 * every build, when two neighbours of the result compare as equal and are not, byte for byte. */
#pragma once

#include <glib.h>
#include <stddef.h>

/* Sorts `count` items of `size` bytes in place; `compare` is told where two items stand, as qsort's
 * is. */
void sort_items(void *items, size_t count, size_t size, GCompareFunc compare);

/* The same for the items of an array; those of a pointer array are pointers. */
void sort_array(GArray *array, GCompareFunc compare);
void sort_pointers(GPtrArray *array, GCompareFunc compare);

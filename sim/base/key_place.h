/* key_place.h - where the search for a key begins in an open table of 2^n places, and how it goes
 * on. Data are mostly numbered from 0 and met with their neighbours: eight of those stay side by
 * side, so that as many keys take as few cache lines as they can; the eights are spread by a hash.
 * Who finds his place taken goes on by KEY_STEP, past the neighbours of the other: where tables
 * keep the order of the numbers, several stretches of them grow into one another and a key that
 * meets one goes to its end, through hundreds of places. */
#pragma once

#include <stdint.h>

/* Odd, so that each place is reached. */
#define KEY_STEP 9

/* Finalizer of splitmix64 (Steele, Lea and Flood, 2014). */
static inline uint64_t key_mix(uint64_t word)
{
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
    word = (word ^ word >> 27) * 0x94d049bb133111ebu;
    return word ^ word >> 31;
}

/* Below `capacity`, a power of two. */
static inline uint64_t key_place(uint64_t key, uint64_t capacity)
{
    return (8 * key_mix(key >> 3) + (key & 7)) & (capacity - 1);
}

/* rng.h - named random streams, one for each component and use.
 * Generator: xoshiro256++ 1.0 (Blackman and Vigna, 2019), its 256 bits filled by splitmix64 from a
 * hash of run seed and name, so that one more component or one more draw elsewhere shifts nobody.
 */
#pragma once

#include <gsl/gsl_rng.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Rng {
    uint64_t state[4];
} Rng;

/* Fills `rng` from the run's seed and the stream's name ("clients@DC03/arrival"). Never fails. */
void rng_init(Rng *rng, uint64_t run_seed, const char *name);

/* The stream of one thing that is done with `rng`, named by a number that the thing brings along (a
 * request's id): what it draws does not depend on when its turn comes, so two variants of a world
 * give it the same luck though their queues differ. `rng` is only looked at: draw from it nowhere.
 */
Rng rng_of_one(const Rng *rng, uint64_t number);

/* 64 bits of such a one, where that is all it draws; others than those of rng_of_one. */
uint64_t rng_word_of(const Rng *rng, uint64_t number);

/* One number of two, for either of them. */
uint64_t rng_fold(uint64_t number, uint64_t part);

/* The seed of replication `index` of a campaign with `seed`; index 0 is the seed itself. */
uint64_t rng_replication_seed(uint64_t seed, uint32_t index);

/* The next 64 bits. */
static inline uint64_t rng_next(Rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t sum = s[0] + s[3];
    uint64_t result = ((sum << 23) | (sum >> 41)) + s[0];
    uint64_t shifted = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* Uniform strictly between 0 and 1: (k + 0.5) / 2^52. One draw. With 53 bits the largest k would
 * round to 1; with 52 both u and 1 - u are exact. */
static inline double rng_uniform_of(uint64_t word)
{
    return ((double)(word >> 12) + 0.5) * 0x1p-52;
}

static inline double rng_uniform(Rng *rng)
{
    return rng_uniform_of(rng_next(rng));
}

/* Uniform among 0 .. count-1 (count >= 1), one draw; bias below count / 2^64. */
static inline uint64_t rng_below_of(uint64_t word, uint64_t count)
{
    return (uint64_t)(((unsigned __int128)word * count) >> 64);
}

static inline uint64_t rng_below(Rng *rng, uint64_t count)
{
    return rng_below_of(rng_next(rng), count);
}

/* True with probability `ratio` (0 to 1). One draw, whatever `ratio` is, so that streams stay in
 * step. */
static inline bool rng_chance(Rng *rng, double ratio)
{
    return rng_uniform(rng) < ratio;
}

/* A 64-bit FNV-1a hash of `text`, the one used for stream and event names. */
uint64_t rng_hash(const char *text);

/* The generator as a GSL type, so that GSL's distributions work on it in reports and tests. */
const gsl_rng_type *rng_gsl_type(void);

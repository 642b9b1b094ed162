/* rng.c - seeding of named streams, and the generator in GSL's clothes. */
#include "sim/base/rng.h"

/* The step of splitmix64: 2^64 divided by the golden ratio. */
#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

/* The finaliser of splitmix64 (Steele, Lea and Flood, 2014; Vigna's constants): a bijection that
 * changes half of the bits for one changed bit. */
static uint64_t mix(uint64_t bits)
{
    bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
    return bits ^ (bits >> 31);
}

static void fill_state(uint64_t state[4], uint64_t counter)
{
    for (int i = 0; i < 4; i++) {
        counter += GOLDEN;
        state[i] = mix(counter);
    }
}

uint64_t rng_hash(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    }
    return hash;
}

void rng_init(Rng *rng, uint64_t run_seed, const char *name)
{
    /* Mixed before the name comes in: neighbouring seeds and similar names must not cancel out. */
    fill_state(rng->state, mix(mix(run_seed + GOLDEN) ^ rng_hash(name)));
}

Rng rng_of_one(const Rng *rng, uint64_t number)
{
    Rng one;

    fill_state(one.state, rng->state[0] ^ mix(number + GOLDEN));
    return one;
}

uint64_t rng_fold(uint64_t number, uint64_t part)
{
    return mix(mix(number + GOLDEN) + part);
}

uint64_t rng_word_of(const Rng *rng, uint64_t number)
{
    return mix(rng->state[1] ^ mix(number + GOLDEN));
}

uint64_t rng_replication_seed(uint64_t seed, uint32_t index)
{
    return index == 0 ? seed : mix(mix(seed + GOLDEN) + (uint64_t)index * GOLDEN);
}

static void gsl_set(void *state, unsigned long seed)
{
    fill_state(((Rng *)state)->state, (uint64_t)seed);
}

static unsigned long gsl_get(void *state)
{
    return (unsigned long)rng_next(state);
}

static double gsl_get_double(void *state)
{
    return rng_uniform(state);
}

static const gsl_rng_type gsl_type = {
    .name = "xoshiro256++",
    .max = UINT64_MAX,
    .min = 0,
    .size = sizeof(Rng),
    .set = gsl_set,
    .get = gsl_get,
    .get_double = gsl_get_double,
};

const gsl_rng_type *rng_gsl_type(void)
{
    return &gsl_type;
}

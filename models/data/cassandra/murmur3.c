/* murmur3.c - from a partition key to its token on the ring. */
#include "models/data/cassandra/murmur3.h"

#include <glib.h>
#include <string.h>

#define C1 UINT64_C(0x87c37b91114253d5)
#define C2 UINT64_C(0x4cf5ad432745937f)

static uint64_t rotate_left(uint64_t value, unsigned bits)
{
    return (value << bits) | (value >> (64 - bits));
}

static uint64_t mix_final(uint64_t k)
{
    k ^= k >> 33;
    k *= UINT64_C(0xff51afd7ed558ccd);
    k ^= k >> 33;
    k *= UINT64_C(0xc4ceb9fe1a85ec53);
    return k ^ (k >> 33);
}

static uint64_t mix_first(uint64_t k1)
{
    return rotate_left(k1 * C1, 31) * C2;
}

static uint64_t mix_second(uint64_t k2)
{
    return rotate_left(k2 * C2, 33) * C1;
}

static uint64_t read_little_endian(const uint8_t *bytes)
{
    uint64_t value;

    memcpy(&value, bytes, sizeof value);
    return GUINT64_FROM_LE(value);
}

/* Bytes from .. to - 1 of the tail, each sign-extended before it is shifted to its place. */
static uint64_t gather_signed(const uint8_t *tail, size_t from, size_t to)
{
    uint64_t value = 0;

    for (size_t i = from; i < to; i++) {
        value ^= (uint64_t)(int64_t)(int8_t)tail[i] << (8 * (i - from));
    }
    return value;
}

int64_t murmur3_token(const void *key, size_t size)
{
    const uint8_t *bytes = key;
    size_t blocks = size / 16, rest = size % 16;
    uint64_t h1 = 0, h2 = 0;

    if (size == 0) {
        return MURMUR3_TOKEN_LEAST;
    }
    for (size_t i = 0; i < blocks; i++) {
        h1 ^= mix_first(read_little_endian(bytes + 16 * i));
        h1 = (rotate_left(h1, 27) + h2) * 5 + 0x52dce729;
        h2 ^= mix_second(read_little_endian(bytes + 16 * i + 8));
        h2 = (rotate_left(h2, 31) + h1) * 5 + 0x38495ab5;
    }
    if (rest > 8) {
        h2 ^= mix_second(gather_signed(bytes + 16 * blocks, 8, rest));
    }
    if (rest > 0) {
        h1 ^= mix_first(gather_signed(bytes + 16 * blocks, 0, MIN(rest, 8)));
    }
    h1 ^= size;
    h2 ^= size;
    h1 += h2;
    h2 += h1;
    h1 = mix_final(h1) + mix_final(h2);
    return (int64_t)h1 == MURMUR3_TOKEN_LEAST ? INT64_MAX : (int64_t)h1;
}

int64_t murmur3_token_of_bigint(int64_t key)
{
    uint64_t bytes = GUINT64_TO_BE((uint64_t)key);

    return murmur3_token(&bytes, sizeof bytes);
}

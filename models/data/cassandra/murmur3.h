/* murmur3.h - from a partition key to its token on the ring.
 * Source: Cassandra 3.11 Murmur3Partitioner and MurmurHash.hash3_x64_128, with its quirk: the tail
 * (the last size mod 16 bytes) is read as signed bytes, so plain MurmurHash3 differs for keys whose
 * tail has a byte of 0x80 or more. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The smallest token: it belongs to no key but the empty one. */
#define MURMUR3_TOKEN_LEAST INT64_MIN

/* The token of a serialized partition key. An empty key has the smallest token. */
int64_t murmur3_token(const void *key, size_t size);

/* The token of a key of type bigint: its 8 bytes, most significant first. */
int64_t murmur3_token_of_bigint(int64_t key);

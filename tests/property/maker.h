/* maker.h - small scenarios made up by a seed. The field tables are the grammar: every setting that
 * a kind's or a fault's rows allow can appear, with a value within its limits; what rows cannot say
 * (which names exist, who leads to whom) stands here. */
#pragma once

#include <cjson/cJSON.h>
#include <stdint.h>

#include "sim/base/rng.h"
#include "sim/config/field.h"

/* What a network of textbook queues may hold. */
typedef enum MakerQueues {
    MAKER_QUEUES_ANY,      /* all that the tables allow */
    MAKER_QUEUES_MONOTONE, /* open, one class of customers (no forks), one line a station, no
                              losses, no choice that looks at queues: more servers can only help,
                              on each path */
    MAKER_QUEUES_ONE,      /* one station of any kind */
} MakerQueues;
cJSON *maker_queues(uint64_t seed, MakerQueues what);

/* Two or three data centres called Zqa, Zqb, Zqc, one or two regions called Rga and Rgb, web,
 * application and data servers, a zone with health checks ("x-zone", "x-checks"), users, and up to
 * two faults. */
cJSON *maker_sites(uint64_t seed);

/* A value of a row within its limits in the user's notation; NULL for what only its owner can make
 * up (names, paths, trees). Caller deletes. */
cJSON *maker_value(const Field *field, Rng *rng);

/* A distribution with that mean: "erlang(k=3, mean=250ms)"; "ns" and whole means keep it exact when
 * doubled. Caller frees. */
char *maker_law(double mean, const char *unit, Rng *rng);

/* Members of every object in another order. */
void maker_permute(cJSON *node, Rng *rng);

/* Every duration in every text twice as long, also within distributions: each must be a whole
 * number of its unit. */
void maker_double_times(cJSON *node);

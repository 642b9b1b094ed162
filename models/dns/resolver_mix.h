/* resolver_mix.h - which kind of resolver each client has, and where Route 53 thinks that its
 * questions come from: fixed for a client in a run, drawn from its id. Sources: Bhowmick et al.,
 * PAM 2023 (8.7 % of resolvers extend TTLs); Moura et al., IMC 2018 (farms for 30 % of clients). */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef enum ResolverClass {
    CLASS_PLAIN,
    CLASS_FARM,
    CLASS_SMALL_FLOOR,
    CLASS_MEDIUM_FLOOR,
    CLASS_LARGE_FLOOR,
    CLASS_STICKY,
    CLASSES,
} ResolverClass;

/* Where Route 53 thinks that a query comes from. The last ones are on another continent. */
typedef enum Whence {
    WHENCE_HOME,
    WHENCE_NEAR,     /* the continent is right, the country is not */
    WHENCE_UNMAPPED, /* an address that no table knows */
    WHENCE_AFAR,     /* and one more for each of afar_continents */
} Whence;
#define AFAR 3
#define WHENCES (WHENCE_AFAR + AFAR)
extern const char *const afar_continents[AFAR];

typedef struct ResolverMix {
    double farm_ratio; /* of those that honour the time to live */
    double small_ratio, medium_ratio, large_ratio, sticky_ratio;
    double unmapped_ratio, without_ecs_ratio, foreign_ratio;
    double without_ecs_country_ratio, without_ecs_continent_ratio; /* of those without ECS */
    double foreign_continent_ratio;                                /* of the foreign ones */
    const char *continent; /* where the clients really are; may be NULL */
    uint64_t salt;         /* of this run and region */
} ResolverMix;

ResolverClass resolver_mix_class(const ResolverMix *mix, uint64_t client);

/* `mislocated`: share of clients, over all those of the mix, that seem to be far away. */
int resolver_mix_whence(const ResolverMix *mix, uint64_t client, double mislocated);

/* Which of the `count` resolvers of its class. */
guint resolver_mix_instance(const ResolverMix *mix, uint64_t client, guint count);

/* Share of the clients that seem to come from there. */
double resolver_mix_share(const ResolverMix *mix, int whence);

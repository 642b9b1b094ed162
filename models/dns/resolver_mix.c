/* resolver_mix.c - clients to resolvers by hashes of their ids. */
#include "models/dns/resolver_mix.h"

const char *const afar_continents[AFAR] = {"NA", "EU", "AS"};

/* Number `use` of the numbers from 0 to 1 that belong to a client: splitmix64 of its id. */
static double client_number(const ResolverMix *mix, uint64_t client, uint64_t use)
{
    uint64_t bits = mix->salt + client * 0x9e3779b97f4a7c15u + use * 0xd1342543de82ef95u;

    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
    bits ^= bits >> 31;
    return (double)(bits >> 11) * 0x1p-53;
}

ResolverClass resolver_mix_class(const ResolverMix *mix, uint64_t client)
{
    const double extended[] = {mix->small_ratio, mix->medium_ratio, mix->large_ratio,
                               mix->sticky_ratio};
    double number = client_number(mix, client, 0);

    for (guint i = 0; i < G_N_ELEMENTS(extended); i++) {
        if (number < extended[i]) {
            return CLASS_SMALL_FLOOR + i;
        }
        number -= extended[i];
    }
    return client_number(mix, client, 1) < mix->farm_ratio ? CLASS_FARM : CLASS_PLAIN;
}

/* Another continent than one's own. */
static int client_afar(const ResolverMix *mix, uint64_t client)
{
    int others[AFAR];
    int count = 0;

    for (int i = 0; i < AFAR; i++) {
        if (g_strcmp0(afar_continents[i], mix->continent) != 0) {
            others[count++] = WHENCE_AFAR + i;
        }
    }
    return others[(int)(client_number(mix, client, 5) * count)];
}

int resolver_mix_whence(const ResolverMix *mix, uint64_t client, double mislocated)
{
    double kind = client_number(mix, client, 3);
    double luck = client_number(mix, client, 4);

    if (mislocated > 0 && client_number(mix, client, 6) < mislocated) {
        return client_afar(mix, client);
    }
    if (kind < mix->unmapped_ratio) {
        return WHENCE_UNMAPPED;
    }
    kind -= mix->unmapped_ratio;
    if (kind < mix->without_ecs_ratio) {
        return luck < mix->without_ecs_continent_ratio ? client_afar(mix, client)
               : luck < mix->without_ecs_country_ratio ? WHENCE_NEAR
                                                       : WHENCE_HOME;
    }
    kind -= mix->without_ecs_ratio;
    if (kind < mix->foreign_ratio) {
        return luck < mix->foreign_continent_ratio ? client_afar(mix, client) : WHENCE_NEAR;
    }
    return WHENCE_HOME;
}

guint resolver_mix_instance(const ResolverMix *mix, uint64_t client, guint count)
{
    return (guint)(client_number(mix, client, 2) * count);
}

static double share_afar(const ResolverMix *mix)
{
    int others = 0;

    for (int i = 0; i < AFAR; i++) {
        others += g_strcmp0(afar_continents[i], mix->continent) != 0 ? 1 : 0;
    }
    return (mix->without_ecs_ratio * mix->without_ecs_continent_ratio +
            mix->foreign_ratio * mix->foreign_continent_ratio) /
           others;
}

double resolver_mix_share(const ResolverMix *mix, int whence)
{
    double country = MAX(mix->without_ecs_country_ratio, mix->without_ecs_continent_ratio);

    switch (whence) {
    case WHENCE_UNMAPPED:
        return mix->unmapped_ratio;
    case WHENCE_NEAR:
        return mix->without_ecs_ratio * (country - mix->without_ecs_continent_ratio) +
               mix->foreign_ratio * (1 - mix->foreign_continent_ratio);
    case WHENCE_HOME:
        return 1 - mix->unmapped_ratio - mix->without_ecs_ratio - mix->foreign_ratio +
               mix->without_ecs_ratio * (1 - country);
    default:
        return g_strcmp0(afar_continents[whence - WHENCE_AFAR], mix->continent) == 0
                   ? 0
                   : share_afar(mix);
    }
}

/* client_cache.c - how long client programs keep addresses. */
#include "models/parts/client_cache.h"

#define BROWSER_KEEPS (60 * SIM_S)
#define JVM_KEEPS (30 * SIM_S)
#define JVM_KEEPS_NEGATIVE (10 * SIM_S)
#define WINDOWS_KEEPS (86400 * SIM_S)
#define WINDOWS_KEEPS_NEGATIVE (900 * SIM_S)

const char *const client_cache_policies[] = {
    [CLIENT_CACHE_NONE] = "none",       [CLIENT_CACHE_HONOURS] = "honours",
    [CLIENT_CACHE_BROWSER] = "browser", [CLIENT_CACHE_BROWSER_OWN] = "browser-own",
    [CLIENT_CACHE_JVM] = "jvm",         [CLIENT_CACHE_FOREVER] = "forever",
    [CLIENT_CACHE_WINDOWS] = "windows", NULL,
};

SimTime client_cache_expiry(ClientCachePolicy policy, SimTime now, SimSpan time_to_live)
{
    switch (policy) {
    case CLIENT_CACHE_NONE:
        return now;
    case CLIENT_CACHE_HONOURS:
        return now + time_to_live;
    case CLIENT_CACHE_BROWSER:
        return now + BROWSER_KEEPS;
    case CLIENT_CACHE_BROWSER_OWN:
        return now + MAX(BROWSER_KEEPS, time_to_live);
    case CLIENT_CACHE_JVM:
        return now + JVM_KEEPS;
    case CLIENT_CACHE_FOREVER:
        return SIM_NEVER;
    case CLIENT_CACHE_WINDOWS:
        return now + MIN(time_to_live, WINDOWS_KEEPS);
    case CLIENT_CACHE_POLICIES:
        break;
    }
    g_assert_not_reached();
}

SimTime client_cache_negative_expiry(ClientCachePolicy policy, SimTime now, SimSpan time_to_live)
{
    return policy == CLIENT_CACHE_JVM       ? now + JVM_KEEPS_NEGATIVE
           : policy == CLIENT_CACHE_WINDOWS ? now + MIN(time_to_live, WINDOWS_KEEPS_NEGATIVE)
                                            : now;
}

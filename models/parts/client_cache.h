/* client_cache.h - the address cache of one client program: how long it keeps an answer is the
 * program's policy and not always the record's time to live. Sources: Chromium net::HostCache (60 s
 * for the system resolver, at least 60 s for its own), Firefox network.dnsCacheExpiration 60 s,
 * Java networkaddress.cache.ttl 30 s, Android netd (honours the time to live). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/sim_time.h"

#define CLIENT_CACHE_ADDRESSES 8

typedef enum ClientCachePolicy {
    CLIENT_CACHE_NONE,        /* asks its resolver each time (glibc without nscd) */
    CLIENT_CACHE_HONOURS,     /* the remaining time to live (Android, macOS) */
    CLIENT_CACHE_BROWSER,     /* 60 s, the time to live unknown to it (Chromium, Firefox) */
    CLIENT_CACHE_BROWSER_OWN, /* the longer of 60 s and the time to live (Chromium's resolver) */
    CLIENT_CACHE_JVM,         /* 30 s */
    CLIENT_CACHE_FOREVER,     /* resolves once (JVM with a security manager, many firmwares) */
    CLIENT_CACHE_WINDOWS,     /* the remaining time to live, of denials too (Windows DNS client) */
    CLIENT_CACHE_POLICIES,
} ClientCachePolicy;

/* "none", "honours", "browser", "browser-own", "jvm", "forever", "windows", NULL: for a field of
 * choices. */
extern const char *const client_cache_policies[];

/* Zeroed: empty. */
typedef struct ClientCache {
    SimTime expires;
    uint8_t count;
    uint32_t addresses[CLIENT_CACHE_ADDRESSES];
} ClientCache;

/* Until when an answer of now with `time_to_live` is kept; `now` itself for not at all. */
SimTime client_cache_expiry(ClientCachePolicy policy, SimTime now, SimSpan time_to_live);

/* Until when it is kept that there is no answer, which the resolver keeps for `time_to_live`:
 * networkaddress.cache.negative.ttl of 10 s in Java, 15 min at the longest in Windows
 * (MaxNegativeCacheTtl), `now` itself for all others, which leave that to their resolver. */
SimTime client_cache_negative_expiry(ClientCachePolicy policy, SimTime now, SimSpan time_to_live);

/* Whether there is an answer that may still be used. */
static inline bool client_cache_holds(const ClientCache *cache, SimTime now)
{
    return cache->count > 0 && cache->expires > now;
}

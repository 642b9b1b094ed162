/* client_parts.h - what the parts of the client model share: the population of one load entry in
 * one region, its users, and a user's request from intention to answer. */
#pragma once

#include "sim/base/pool.h"
#include "sim/world/call.h"
#include "sim/world/history.h"
#include "sim/world/world.h"

/* How a program keeps the answer of a look-up. Sources: Chromium and Firefox DNS caches, Java
 * InetAddress, Android libcore, as each choice's help says. */
typedef enum CachePolicy {
    CACHE_TTL,      /* the remaining time to live: Android, systemd-resolved, IoT stacks */
    CACHE_BROWSER,  /* 60 s, time to live unknown: Chromium with the system's resolver, Firefox */
    CACHE_BUILT_IN, /* the longer of 60 s and the time to live: Chromium's own resolver */
    CACHE_JVM,      /* 30 s: networkaddress.cache.ttl */
    CACHE_NONE,     /* asks each time */
    CACHE_FOREVER,  /* until a connection fails: firmware that resolves at boot */
    CACHE_POLICIES,
} CachePolicy;

/* What to do when an address does not answer and the answer had more. */
typedef enum AddressFallback {
    FALLBACK_NONE,       /* gives up with the first */
    FALLBACK_SEQUENTIAL, /* the next one after the connect timeout or refusal */
    FALLBACK_FAST,       /* the next one as well after `fallback_delay`; who connects first wins */
} AddressFallback;

#define CLIENT_ANSWERS 64 /* different answers that one population has seen */

#define CLIENT_ADDRESSES 32 /* different addresses in them; later ones are never avoided */

typedef struct Answer {
    uint32_t addresses[MESSAGE_ADDRESSES];
    uint32_t count;
} Answer;

/* One user or device: what it remembers between requests. */
typedef struct User {
    SimTime answer_until; /* the cached answer may be used before this */
    SimTime idle_since;   /* of the kept connection */
    Component *peer;      /* of the kept connection, NULL: none */
    uint32_t peer_incarnation;
    uint32_t peer_address; /* that the kept connection leads to */
    uint32_t avoided;      /* bit i: address i of the population's table failed last time */
    float access_delay_us; /* one way, of the access network */
    float access_loss;
    uint16_t served; /* requests on the kept connection */
    uint8_t answer;  /* 1 + index into the population's answers, 0: none */
    uint8_t cache;   /* CachePolicy */
    uint8_t last_dc; /* index of the site that served it last, 255: none yet */
    bool has_ticket; /* can resume TLS */
    bool is_busy;    /* the kept connection is in use by a request */
} User;

typedef struct Client {
    Component component; /* first */
    /* load, as k6 names it */
    int executor, arrivals;
    double rate;
    SimSpan time_unit, start_time, duration;
    const cJSON *stages, *regions;
    char *clients;
    struct {
        double read, write;
    } mix;
    /* population */
    int64_t users, keys;
    double own_key;
    char *host_name;
    int64_t port;
    const cJSON *caches, *access;
    /* behaviour */
    SimSpan connect_timeout, read_timeout, fallback_delay, keep_alive, dns_timeout;
    int64_t dns_attempts, retries, keep_alive_requests, request_size, answer_size;
    int fallback, tls;
    double retry_budget, ticket_ratio;
    SimSpan backoff_first, backoff_most;
    bool backoff_jitter, remembers_failures, idempotent_writes, retry_on_status;
    Draw patience;
    /* measurements */
    uint64_t attempts, lookups, connects, connects_refused, connects_timed_out, calls_failed,
        budget_refusals, stale_connections;
    Gauge in_flight;
    /* state */
    Rng arrival_rng, user_rng, mix_rng, retry_rng;
    Component *resolver;
    Pool *requests, *dials;
    struct Request *first; /* all that are under way */
    User *population;
    Answer answers[CLIENT_ANSWERS];
    uint32_t answers_known;
    uint32_t addresses[CLIENT_ADDRESSES]; /* seen in answers */
    uint32_t addresses_known;
    EventId arrival_event;
    double retry_tokens;
    double share;          /* of the load entry that comes from this region */
    double share_before;   /* that comes from the regions named before it */
    double top_rate_per_s; /* largest rate of all stages, before load_factor */
    uint64_t next_id;
    uint64_t first_user;  /* session of this population's user 0 */
    uint64_t first_datum; /* his own datum; those of other regions are others */
} Client;

typedef struct Request Request;

/* One connection being opened; may outlive the request that wanted it, which then lets go of it. */
typedef struct Dial {
    struct Dial *next;
    Request *request; /* NULL: nobody wants it any more */
    SimTime begun;
    uint32_t address;
} Dial;

/* What one user wants, with all its attempts. */
struct Request {
    struct Request *next, *previous;
    Client *client;
    User *user;
    SimTime intended, deadline;
    uint64_t id, key;
    Component *peer;
    const Site *dc;     /* that answered or failed it last */
    const char *reason; /* of the last failure */
    uint32_t attempts, dns_tries;
    Dial *dials;              /* connections being opened */
    uint32_t dialled_address; /* of the connection in use */
    uint8_t tried;            /* bit i: address i was dialled in this attempt */
    bool is_write, is_reused, is_refused_safe;
    EventId timer;
};

/* --- client_request.c: the life of a request --- */

/* A user wants something now. */
void request_begin(Client *client, User *user, uint64_t key, bool is_write);

/* Ends one that the run leaves unfinished. */
void request_abandon(Request *request);

/* --- client_user.c: what a user remembers --- */

/* Makes the population: access network, cache and ticket of each user, drawn once. False when
 * something was reported. */
bool users_make(Client *client, DiagList *diags);

/* The user's answer if it may still be used, NULL otherwise. */
const Answer *user_answer(const Client *client, const User *user);

/* Remembers an answer for as long as the user's cache does; the answer to use, or NULL when it
 * holds no address. */
const Answer *user_remember(Client *client, User *user, const Message *reply);

/* The next address to dial that is not in `tried`: first those that did not fail last time. -1 when
 * all were tried. */
int user_next_address(Client *client, const User *user, const Answer *answer, uint8_t tried);

/* Remembers that an address failed, or that it worked: by address, whatever answer it came in, as
 * OkHttp's route database does. */
void user_mark_address(Client *client, User *user, uint32_t address, bool is_failed);

/* Whether the kept connection can carry another request now. */
bool user_has_connection(const Client *client, const User *user);

/* --- client_arrivals.c: when the next one comes --- */

/* Reads stages and shares; false when something was reported. */
bool arrivals_read(Client *client, DiagList *diags);

/* Schedules the next arrival, or none when the load is over. */
void arrivals_schedule(Client *client);

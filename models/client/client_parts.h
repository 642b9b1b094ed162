/* client_parts.h - what the parts of the client model share: the population of one load entry in
 * one region, its users, and a user's request from intention to answer. */
#pragma once

#include "models/parts/client_cache.h"
#include "sim/base/pool.h"
#include "sim/world/call.h"
#include "sim/world/history.h"
#include "sim/world/world.h"

/* What to do when an address does not answer and the answer had more. */
typedef enum AddressFallback {
    FALLBACK_NONE,       /* gives up with the first */
    FALLBACK_SEQUENTIAL, /* the next one after the connect timeout or refusal */
    FALLBACK_FAST,       /* the next one as well after `fallback_delay`; who connects first wins */
} AddressFallback;

/* Versions of TLS, as the field's words. */
enum { TLS_NONE, TLS_1_2, TLS_1_3, TLS_1_3_EARLY };

/* Addresses are known by number: their rank among all that the population has seen. */
#define ADDRESSES_MARKED 64 /* the first ones, which users can remember as failed */

/* One user or device: what it remembers between requests. */
typedef struct User {
    SimTime answer_until; /* the cached answer may be used before this */
    SimTime kept_until;   /* the kept connection is open until then */
    SimTime used_at;      /* when it last carried something */
    Component *peer;      /* of the kept connection, NULL: none */
    const char *route;    /* of its session: what the cookie says; NULL: none */
    uint64_t avoided;     /* bit i: address number i failed last time */
    SimTime avoided_until;
    uint32_t peer_incarnation;
    uint32_t connection;   /* number that the peer gave to it */
    float access_delay_us; /* one way, of the access network */
    float access_loss;
    uint16_t addresses[CLIENT_CACHE_ADDRESSES]; /* the answer: numbers */
    uint16_t peer_address;                      /* number; of the kept connection */
    uint16_t left;                              /* requests that it may still carry */
    uint8_t count;                              /* addresses in the answer */
    uint8_t cache;                              /* ClientCachePolicy */
    uint8_t last_dc; /* index of the site that served it last, 255: none yet */
    bool has_ticket; /* can resume TLS */
    bool is_busy;    /* the kept connection is in use by a request */
} User;

/* One straight piece of a ramping rate. */
typedef struct Stage {
    SimSpan length;
    double target; /* requests each time unit at its end */
} Stage;

typedef struct Client {
    Component component; /* first */
    /* load, as k6 names it */
    int executor, arrivals;
    double rate;
    SimSpan time_unit, start_time, duration;
    const cJSON *stages, *regions;
    char *clients;
    struct {
        double read, write, delete, cas, batch, counter, update;
    } mix;
    /* population */
    int64_t users, keys;
    double own_key;
    char *host_name, **servers;
    int64_t port;
    int names;
    SimSpan list_refresh;
    const cJSON *caches, *access;
    /* behaviour */
    SimSpan connect_timeout, read_timeout, fallback_delay, failure_memory, keep_alive, dns_timeout;
    int64_t dns_attempts, retries, request_size;
    int fallback, tls, tcp_stack;
    TcpKeepalive keepalive;
    SimSpan nat_idle;
    bool retry_on_connect, retry_on_timeout, retry_on_reset;
    double retry_budget, ticket_ratio;
    SimSpan backoff_first, backoff_most;
    bool backoff_jitter, idempotent_writes, retry_on_status;
    Draw patience;
    /* measurements */
    uint64_t first_tries, first_dark;
    uint64_t attempts, lookups, connects, connects_refused, connects_timed_out, calls_failed,
        budget_refusals, stale_connections;
    Gauge in_flight;
    Ledger ledger;
    /* state */
    Rng arrival_rng, user_rng, mix_rng, retry_rng;
    Component *resolver;
    const GPtrArray *registries; /* NULL: names come from the resolver */
    Pool *requests, *dials;
    struct Request *first; /* all that are under way */
    User *population;
    GArray *addresses; /* of uint32_t: all that were seen, by number */
    GArray *ramp;      /* of Stage */
    EventId arrival_event;
    double arrival_left_ns; /* until the next arrival at arrival_since, at a load_factor of 1 */
    SimTime arrival_since;
    double arrival_factor; /* load_factor since then */
    double retry_tokens, retry_tokens_most;
    double share;          /* of the load entry that comes from this region */
    double share_before;   /* that comes from the regions named before it */
    double top_rate_per_s; /* largest rate of all stages, before load_factor */
    uint64_t next_id;
    uint64_t first_user;  /* session of this population's user 0 */
    uint64_t first_datum; /* his own datum; those of other regions are others */
} Client;

/* The shares of all that change something. */
static inline double client_changes(const Client *client)
{
    return client->mix.write + client->mix.delete + client->mix.cas + client->mix.batch +
           client->mix.counter + client->mix.update;
}

typedef struct Request Request;

/* One connection being opened; may outlive the request that wanted it, which then lets go of it. */
typedef struct Dial {
    struct Dial *next;
    Request *request; /* NULL: nobody wants it any more */
    const User *user;
    SimTime begun;
    uint16_t address; /* number */
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
    Dial *dials;      /* connections being opened */
    uint64_t avoided; /* bit i: address number i answered this request with 500 or above */
    uint16_t tried[CLIENT_CACHE_ADDRESSES]; /* numbers dialled in this attempt */
    uint8_t tried_count;
    uint32_t connection; /* its server's number of the one in use */
    uint16_t address;    /* number; of the connection in use */
    uint16_t change;     /* HTTP_WRITE and what of HTTP_CHANGES */
    bool is_write, is_reused;
    bool is_headed; /* its first target is counted */
    EventId timer;
};

/* --- client_request.c: the life of a request --- */

/* A user wants something now: to read the datum (`change` is 0), or HTTP_WRITE with what of
 * HTTP_CHANGES it is. */
void request_begin(Client *client, User *user, uint64_t key, uint32_t change);

/* A server closed an idle connection. */
void request_hear_close(Client *client, const Message *message);

/* Ends one that the run leaves unfinished. */
void request_abandon(Request *request);

/* --- client_target.c --- */

/* What tells this dialling from all others, for the luck of its packets. */
uint64_t request_dial_luck(const Request *request);

/* The first server that a request turns to, over a kept connection or by an address: counted once,
 * and whether its host lies in the dark. */
void request_count_peer(Request *request, const Component *peer);
void request_count_address(Request *request, uint32_t address);

/* --- client_tls.c --- */

/* Round trips of the TLS handshake. */
int request_tls_round_trips(const Request *request);

/* Whether the server has shown a certificate that is not valid, which ends the request: neither
 * OkHttp nor browsers try another address then. Also with a ticket (assumption: Chromium verifies
 * again). */
bool request_sees_bad_certificate(const Request *request);

/* --- client_user.c: what a user remembers --- */

/* Makes the population: access network, cache and ticket of each user, drawn once. False when
 * something was reported. */
bool users_make(Client *client, DiagList *diags);

/* Whether the user's answer may still be used. */
bool user_has_answer(const Client *client, const User *user);

/* It remembers that there is no answer, and does not ask. */
bool user_has_no_answer(const Client *client, const User *user);

/* Remembers an answer for as long as the user's cache does. False when it holds no address. */
bool user_remember(Client *client, User *user, const Message *reply);

/* The number of the next address to dial that this attempt has not tried: first those that neither
 * failed the user last time nor answered this request badly. -1 when all were tried. */
int user_next_address(const Request *request);

/* Remembers for `failure_memory` that an address failed; that it worked. */
void user_mark_failed(const Client *client, User *user, uint16_t address);
void user_mark_good(User *user, uint16_t address);

/* The mark of an address; 0 for one that is not among the first ADDRESSES_MARKED. */
static inline uint64_t address_mark(uint16_t address)
{
    return address < ADDRESSES_MARKED ? (uint64_t)1 << address : 0;
}

/* Whether the kept connection can carry another request now. */
bool user_has_connection(const Client *client, const User *user);

/* Keeps the connection that `reply` came over, unless its server closes it. */
void user_keep_connection(const Client *client, User *user, Component *peer, const Message *reply);

/* --- client_names.c: lists of servers in the client --- */

enum { NAMES_RESOLVER, NAMES_SERVERS, NAMES_REGISTRY };

/* Whom look-ups are asked of: the region's resolver, or registries; for a list that stands in the
 * client nobody. Reports what is missing. */
void names_wire(Client *client, DiagList *diags);

/* Gives each user the list, in an order of his own. */
void names_give_list(Client *client);

/* Whom the user's next look-up goes to. */
Component *names_ask_whom(const Client *client, const User *user, uint32_t tries);

/* Whether the user has a list that is old but better than none: it is used on, and asked for anew
 * beside that. */
bool names_use_old_list(Client *client, User *user);

/* --- client_arrivals.c: when the next one comes --- */

/* Reads stages and shares; false when something was reported. */
bool arrivals_read(Client *client, DiagList *diags);

/* Draws the next arrival, or none when the load is over. */
void arrivals_schedule(Client *client);

/* The load_factor has changed: the wait under way goes on at the new speed. */
void arrivals_change_speed(Client *client);

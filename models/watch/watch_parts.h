/* watch_parts.h - what monitors share: a question to the service over the simulated network, and
 * what a monitor says. A monitor only knows what its own questions told it: what is true stands in
 * the history of users' requests, and reports put the two beside each other. */
#pragma once

#include "sim/world/call.h"
#include "sim/world/world.h"

/* What is asked of whom, as every monitor's section says it. */
typedef struct WatchAim {
    char *host_name, *address_text, **from;
    int64_t port;
    int path;
    uint32_t address; /* of address_text; 0: host_name is looked up each time */
} WatchAim;

extern const char *const watch_path_words[];

/* The rows of the aim of struct S, whose member it is. */
#define WATCH_AIM_FIELDS(S)                                                                        \
    FIELD_ROW(S, aim.from, "from", FIELD_TYPE_TEXTS, char **,                                      \
              .help = "Sites it asks from, the main one first; absent: the regions of the users"), \
        FIELD_ROW(S, aim.host_name, "host_name", FIELD_TYPE_TEXT, char *, .initial = "app.",       \
                  .help = "Name that is looked up before each check",                              \
                  .source = "the seed's zone"),                                                    \
        FIELD_ROW(S, aim.address_text, "address", FIELD_TYPE_TEXT, char *,                         \
                  .help = "IPv4 address that is asked instead of a name"),                         \
        FIELD_ROW(S, aim.port, "port", FIELD_TYPE_COUNT, int64_t, .initial = "443", .lowest = "1", \
                  .highest = "65535", .help = "TCP port", .source = "RFC 2818"),                   \
        FIELD_ROW(S, aim.path, "path", FIELD_TYPE_CHOICE, int, .initial = "deep",                  \
                  .more = watch_path_words,                                                        \
                  .help = "deep: the application answers; shallow: the web server by itself",      \
                  .source = "the seed: pages of the application are watched")

/* One question under way, owned by who asks. `done` is called once unless the asker stops first. */
typedef struct WatchQuestion WatchQuestion;
typedef void WatchAnswered(WatchQuestion *question, bool is_ok, SimSpan took);
struct WatchQuestion {
    Component *asker;
    const WatchAim *aim;
    SimSpan timeout; /* of look-up, connect, handshake and answer together */
    WatchAnswered *done;
    void *context;
    SimTime begun;
    uint64_t user; /* which resolver's cache it meets */
};

/* Looks up, connects, asks over HTTPS; an answer below 400 in time is good. */
void watch_ask(WatchQuestion *question);

/* Opens a connection to `address` and closes it: whether the kernel there answers at all. */
void watch_knock(WatchQuestion *question);

/* What all monitors are: first member of each. */
typedef struct Watcher {
    Component component;
    bool is_down; /* what it says now */
    Gauge says_down;
    uint64_t checks, checks_failed, alerts;
} Watcher;

#define WATCHER_METRICS(S)                                                                         \
    {"says_down", METRIC_TYPE_GAUGE, METRIC_AT(S, watcher.says_down, Gauge), "ratio",              \
     "1 while it says that the service is down"},                                                  \
        {"checks", METRIC_TYPE_COUNTER, METRIC_AT(S, watcher.checks, uint64_t), "1",               \
         "Checks made"},                                                                           \
        {"watch_checks_failed", METRIC_TYPE_COUNTER,                                               \
         METRIC_AT(S, watcher.checks_failed, uint64_t), "1", "Checks that failed"},                \
    {                                                                                              \
        "alerts", METRIC_TYPE_COUNTER, METRIC_AT(S, watcher.alerts, uint64_t), "1",                \
            "Times that it said the service is down"                                               \
    }

/* Changes what it says; tells people when that is "down". */
void watcher_say(Watcher *watcher, bool is_down);

/* What they tell; declared once, by kind 'watch'. */
extern const NoteDef watch_notes[];

/* For on_wire: reads the address and finds who can be asked for a name; reports. */
void watch_aim_wire(WatchAim *aim, Component *self, DiagList *diags);

/* Site `index` of "from", or of the users' regions; NULL beyond the last. An unknown name is
 * reported when `diags` is not NULL. */
Site *watch_site(const cJSON *settings, World *world, guint index, DiagList *diags);

/* people.c: an alert reached them. */
void people_hear(Component *people);

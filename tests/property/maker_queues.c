/* maker_queues.c - networks of textbook queues by a seed. */
#include <string.h>

#include "models/queueing/network_parts.h"
#include "sim/config/json_place.h"
#include "tests/property/maker.h"

typedef struct Network {
    Rng rng;
    MakerQueues what;
    guint stations;
    bool has_fork;
    double gap_s; /* between arrivals: so long that rounding to nanoseconds reorders nothing */
} Network;

static const char *const station_names[] = {"qa", "qb", "qc", "qd"};

static const char *pick_station(Network *network)
{
    return station_names[rng_below(&network->rng, network->stations)];
}

/* "10%" of a hundred in whole per cents, so that they sum to 1. */
static void add_step(cJSON *list, const char *kind, const char *name, double hundredths)
{
    cJSON *step = cJSON_CreateObject();

    if (name != NULL) {
        cJSON_AddStringToObject(step, kind, name);
    } else {
        cJSON_AddTrueToObject(step, "out");
    }
    cJSON_AddNumberToObject(step, "probability", hundredths / 100);
    cJSON_AddItemToArray(list, step);
}

static cJSON *make_balance(Network *network)
{
    static const char *const words[] = {"random", "round-robin", "shortest", "power-of-2"};
    cJSON *balance = cJSON_CreateObject();
    cJSON *among = cJSON_CreateArray();

    cJSON_AddStringToObject(balance, "balance", words[rng_below(&network->rng, 4)]);
    cJSON_AddItemToObject(balance, "among", among);
    for (guint i = 0; i < network->stations; i++) {
        cJSON_AddItemToArray(among, cJSON_CreateString(station_names[i]));
    }
    return balance;
}

/* Where a source or, half of the time out, a station leads. */
static cJSON *make_route(Network *network, bool may_leave)
{
    uint64_t dice = rng_below(&network->rng, 4);
    cJSON *list;

    if (dice == 0 && network->what == MAKER_QUEUES_ANY && network->stations > 1 && !may_leave) {
        return make_balance(network);
    }
    if (dice == 1 && network->has_fork && !may_leave) {
        return cJSON_CreateString("fk");
    }
    if (dice < 3 && !may_leave) {
        return cJSON_CreateString(pick_station(network));
    }
    list = cJSON_CreateArray();
    add_step(list, "station", pick_station(network), may_leave ? 30 : 60);
    add_step(list, "station", may_leave ? NULL : station_names[0], may_leave ? 70 : 40);
    return list;
}

/* A distribution whose mean is a share of the time between arrivals. */
static void add_law(Network *network, cJSON *part, const char *name, double factor)
{
    double mean_ns = network->gap_s * 1e9 * factor;
    g_autofree char *law = maker_law(2 * (double)(int64_t)(mean_ns / 2), "ns", &network->rng);

    cJSON_AddStringToObject(part, name, law);
}

static bool is_allowed(const Network *network, const Field *field, const cJSON *part)
{
    static const char *const lossy[] = {"room",     "patience", "breakdown", "discipline",
                                        "vacation", "balking",  NULL};

    if (network->what == MAKER_QUEUES_ONE && strcmp(field->name, "vacation") == 0) {
        return false; /* it allows of one server only */
    }
    return json_member(part, field->name) == NULL &&
           (network->what != MAKER_QUEUES_MONOTONE || !g_strv_contains(lossy, field->name));
}

/* What else the rows allow. */
static void add_settings(Network *network, cJSON *part, const Field *fields)
{
    for (; fields->name != NULL; fields++) {
        cJSON *value = NULL;

        if (!is_allowed(network, fields, part) || !rng_chance(&network->rng, 0.25)) {
            continue;
        }
        if (fields->type == FIELD_TYPE_DRAW) {
            add_law(network, part, fields->name, 2); /* in the scale of the others */
        } else if ((value = maker_value(fields, &network->rng)) != NULL) {
            cJSON_AddItemToObject(part, fields->name, value);
        }
    }
}

static bool has_line(const cJSON *station)
{
    const cJSON *discipline = json_member(station, "discipline");

    return discipline == NULL || strcmp(discipline->valuestring, "fcfs") == 0 ||
           strcmp(discipline->valuestring, "random") == 0;
}

/* What one row cannot say of another: who is in service has room, who waits has a line, a breakdown
 * has both its times, and who takes vacations is alone and does not break down. */
static void reconcile(Network *network, cJSON *station)
{
    cJSON *breakdown = json_member(station, "breakdown");
    cJSON *room = json_member(station, "room");
    cJSON *servers = json_member(station, "servers");

    if (room != NULL) {
        cJSON_SetNumberValue(room, room->valuedouble + servers->valuedouble);
    }
    if (!has_line(station)) {
        cJSON_DeleteItemFromObjectCaseSensitive(station, "patience");
        cJSON_DeleteItemFromObjectCaseSensitive(station, "vacation");
    }
    if (breakdown != NULL) {
        cJSON_DeleteItemFromObjectCaseSensitive(breakdown, "up");
        cJSON_DeleteItemFromObjectCaseSensitive(breakdown, "down");
        add_law(network, breakdown, "up", 20);
        add_law(network, breakdown, "down", 2);
        cJSON_DeleteItemFromObjectCaseSensitive(station, "vacation");
    }
    if (json_member(station, "vacation") != NULL) {
        cJSON_SetNumberValue(servers, 1);
    }
}

static void add_stations(Network *network, cJSON *queueing)
{
    cJSON *stations = cJSON_AddObjectToObject(queueing, "stations");

    for (guint i = 0; i < network->stations; i++) {
        cJSON *station = cJSON_AddObjectToObject(stations, station_names[i]);
        uint64_t servers = 1 + rng_below(&network->rng, 3);

        cJSON_AddNumberToObject(station, "servers", (double)servers);
        add_law(network, station, "service",
                (double)servers * (0.2 + 0.9 * rng_uniform(&network->rng)));
        add_settings(network, station, station_kind.fields);
        reconcile(network, station);
        if (rng_chance(&network->rng, 0.5)) {
            cJSON_AddItemToObject(station, "to", make_route(network, true));
        }
    }
}

static void add_fork(Network *network, cJSON *queueing)
{
    cJSON *fork = cJSON_AddObjectToObject(cJSON_AddObjectToObject(queueing, "forks"), "fk");
    cJSON *to = cJSON_AddArrayToObject(fork, "to");

    for (guint i = 0; i < network->stations; i++) {
        cJSON_AddItemToArray(to, cJSON_CreateString(station_names[i]));
    }
    cJSON_AddNumberToObject(fork, "need",
                            (double)(1 + rng_below(&network->rng, network->stations)));
    cJSON_AddBoolToObject(fork, "cancel", rng_chance(&network->rng, 0.5));
}

static void add_callers(Network *network, cJSON *queueing)
{
    cJSON *sources = cJSON_AddObjectToObject(queueing, "sources");
    cJSON *in = cJSON_AddObjectToObject(sources, "in");

    add_law(network, in, "interarrival", 1);
    cJSON_AddItemToObject(in, "to", make_route(network, false));
    if (rng_chance(&network->rng, 0.3)) {
        cJSON *other = cJSON_AddObjectToObject(sources, "other");

        add_law(network, other, "interarrival", 3);
        cJSON_AddItemToObject(other, "to", make_route(network, false));
    }
    if (network->what == MAKER_QUEUES_ANY && rng_chance(&network->rng, 0.3)) {
        cJSON *terminals =
            cJSON_AddObjectToObject(cJSON_AddObjectToObject(queueing, "populations"), "terminals");

        cJSON_AddNumberToObject(terminals, "customers", (double)(1 + rng_below(&network->rng, 5)));
        add_law(network, terminals, "think", 4);
        cJSON_AddItemToObject(terminals, "to", make_route(network, false));
    }
}

static void add_times(Network *network, cJSON *scenario, uint64_t seed)
{
    cJSON *simulation = cJSON_AddObjectToObject(scenario, "simulation");
    bool is_monotone = network->what == MAKER_QUEUES_MONOTONE;

    cJSON_AddNumberToObject(simulation, "seed", (double)(seed % 1000000));
    cJSON_AddStringToObject(simulation, "warmup", is_monotone ? "0s" : "3600s");
    cJSON_AddStringToObject(simulation, "duration", "18000s");
    cJSON_AddStringToObject(simulation, "settle", "0s");
    cJSON_AddStringToObject(simulation, "sample_interval", "1800s");
    cJSON_AddNumberToObject(simulation, "replications", 1);
}

cJSON *maker_queues(uint64_t seed, MakerQueues what)
{
    Network network = {.what = what};
    cJSON *scenario = cJSON_CreateObject();
    cJSON *queueing;

    rng_init(&network.rng, seed, "maker/queues");
    network.stations = what == MAKER_QUEUES_ONE
                           ? 1
                           : 1 + (guint)rng_below(&network.rng, G_N_ELEMENTS(station_names));
    network.has_fork = rng_chance(&network.rng, 0.3) && what == MAKER_QUEUES_ANY;
    network.gap_s = 20 + (double)rng_below(&network.rng, 200);
    cJSON_AddStringToObject(scenario, "version", "1");
    add_times(&network, scenario, seed);
    queueing = cJSON_AddObjectToObject(cJSON_AddObjectToObject(scenario, "system"), "queueing");
    add_stations(&network, queueing);
    if (network.has_fork) {
        add_fork(&network, queueing);
    }
    add_callers(&network, queueing);
    return scenario;
}

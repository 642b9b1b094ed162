/* queueing.c - a network of textbook queues: makes its sources, populations, stations and forks.
 * It is there so that the engine can be held against closed forms through the front door, and
 * because queues are worth teaching. */
#include "models/queueing/closed_forms.h"
#include "models/queueing/network_parts.h"
#include "models/queueing/offered_load.h"
#include "sim/config/json_place.h"

typedef struct Queueing {
    Component component;
    const cJSON *sources, *populations, *stations, *forks; /* configuration */
    Customers customers;
} Queueing;

Customers *queueing_customers(const Component *component)
{
    const GPtrArray *networks = world_of_kind(component->world, queueing_kind.name);

    g_assert_cmpuint(networks->len, ==, 1);
    return &((Queueing *)g_ptr_array_index(networks, 0))->customers;
}

/* --- set-up ---------------------------------------------------------------------------------
 */

static bool is_comment(const char *name)
{
    return strcmp(name, "$comment") == 0 || g_str_has_prefix(name, "x-");
}

/* Adds one component for each member of `parts`; how many. */
static guint add_parts(const Kind *kind, const char *section, const cJSON *parts, World *world,
                       DiagList *diags)
{
    const cJSON *member;
    guint count = 0;

    if (parts != NULL && !cJSON_IsObject(parts)) {
        diag_add(diags, DIAG_ERROR, parts, DIAG_KEY, "'%s' must be an object of %ss by name",
                 section, kind->name);
        return 1; /* said enough */
    }
    cJSON_ArrayForEach(member, parts)
    {
        const char *name = member->string;

        if (is_comment(name)) {
            continue;
        }
        count++;
        if (*name == '\0' || name[strcspn(name, "@/*{},: ")] != '\0') {
            diag_add(diags, DIAG_ERROR, member, DIAG_KEY,
                     "the name of a %s has no space and none of @ / * { } , : in it, like \"web\"",
                     kind->name);
            continue;
        }
        world_add(world, kind, name, NULL, NULL, NULL, member, diags);
    }
    return count;
}

/* "to": "x" would not say which is meant. */
static void check_names(const Queueing *self, DiagList *diags)
{
    const cJSON *fork;

    cJSON_ArrayForEach(fork, self->forks)
    {
        if (!is_comment(fork->string) && json_member(self->stations, fork->string) != NULL) {
            diag_add(diags, DIAG_ERROR, fork, DIAG_KEY, "there is a station and a fork called '%s'",
                     fork->string);
        }
    }
}

static void read_routes(const Kind *kind, PartRoute (*route_of)(Component *), World *world,
                        DiagList *diags)
{
    const GPtrArray *parts = world_of_kind(world, kind->name);

    for (guint i = 0; i < parts->len; i++) {
        Component *part = g_ptr_array_index(parts, i);
        PartRoute route = route_of(part);

        route_read(route.route, route.to, part, route.use, world, diags);
    }
}

/* Ways on which a customer would go round at one instant, for ever. */
static void check_rounds(World *world, DiagList *diags)
{
    const GPtrArray *forks = world_of_kind(world, fork_kind.name);
    const GPtrArray *stations = world_of_kind(world, station_kind.name);

    for (guint i = 0; i < forks->len; i++) {
        const Component *fork = g_ptr_array_index(forks, i);

        if (fork_is_endless(fork)) {
            diag_add(diags, DIAG_ERROR, json_member(fork->settings, "to"), DIAG_KEY,
                     "fork '%s' leads to itself: customers would be split for ever",
                     fork->settings->string);
        }
    }
    for (guint i = 0; i < stations->len; i++) {
        station_check_refused(g_ptr_array_index(stations, i), diags);
    }
}

/* Once all parts are there. */
static void connect_parts(World *world, DiagList *diags)
{
    const GPtrArray *forks = world_of_kind(world, fork_kind.name);
    guint before = diag_count_errors(diags);

    for (guint i = 0; i < forks->len; i++) {
        fork_find_branches(g_ptr_array_index(forks, i), world, diags);
    }
    read_routes(&source_kind, source_route, world, diags);
    read_routes(&population_kind, population_route, world, diags);
    read_routes(&station_kind, station_route, world, diags);
    read_routes(&station_kind, station_refused_route, world, diags);
    read_routes(&fork_kind, fork_route, world, diags);
    if (diag_count_errors(diags) == before) {
        check_rounds(world, diags);
    }
    if (diag_count_errors(diags) == before) {
        offered_load_check(world, diags);
    }
}

static void queueing_make(Component *component, World *world, DiagList *diags)
{
    Queueing *self = (Queueing *)component;
    guint before = diag_count_errors(diags), callers;

    self->customers =
        (Customers){pool_new("customers", sizeof(Customer)), pool_new("joins", join_size())};
    callers = add_parts(&source_kind, "sources", self->sources, world, diags);
    callers += add_parts(&population_kind, "populations", self->populations, world, diags);
    if (add_parts(&station_kind, "stations", self->stations, world, diags) == 0) {
        diag_add(diags, DIAG_ERROR, component->settings, DIAG_KEY, "'queueing' has no 'stations'");
    }
    add_parts(&fork_kind, "forks", self->forks, world, diags);
    if (callers == 0) {
        diag_add(diags, DIAG_ERROR, component->settings, DIAG_KEY,
                 "nobody comes: 'queueing' needs 'sources' or 'populations'");
    }
    check_names(self, diags);
    if (diag_count_errors(diags) == before) {
        connect_parts(world, diags);
    }
}

static void queueing_predict(const Component *component, Predictions *predictions)
{
    closed_forms_predict(component->world, predictions);
}

static void queueing_free(Component *component)
{
    Queueing *self = (Queueing *)component;

    pool_free(self->customers.customers);
    pool_free(self->customers.joins);
}

/* --- the tables -----------------------------------------------------------------------------
 */

#define PARTS_SCHEMA(required, properties)                                                         \
    "{\"type\": \"object\", \"patternProperties\": {\"^(x-|\\\\$comment$)\": {}}, "                \
    "\"additionalProperties\": {\"type\": \"object\", \"additionalProperties\": false, "           \
    "\"required\": [" required "], \"patternProperties\": {\"^(x-|\\\\$comment$)\": {}}, "         \
    "\"properties\": {" properties "}}}"
#define TO_SCHEMA "\"to\": {\"type\": [\"string\", \"array\", \"object\"]}"
#define DRAW_SCHEMA(name) "\"" name "\": {\"type\": \"string\"}"

#define COUNT_SCHEMA(name) "\"" name "\": {\"type\": [\"integer\", \"string\"]}"
#define BURST_SCHEMA                                                                               \
    "\"burst\": {\"type\": \"object\", \"required\": [\"interarrival\", \"usual\", \"lasts\"], "   \
    "\"properties\": {" DRAW_SCHEMA("interarrival") ", " DRAW_SCHEMA("usual") ", " DRAW_SCHEMA(    \
        "lasts") "}}"
#define BREAKDOWN_SCHEMA                                                                           \
    "\"breakdown\": {\"type\": \"object\", \"required\": [\"up\", \"down\"], \"properties\": "     \
    "{" DRAW_SCHEMA("up") ", " DRAW_SCHEMA("down") ", \"while_down\": {\"enum\": [\"resume\", "    \
                                                   "\"repeat\", \"lose\", \"refuse\"]}}}"

#define DISCIPLINE_SCHEMA                                                                          \
    "\"discipline\": {\"enum\": [\"fcfs\", \"ps\", \"lcfs-pr\", \"random\", \"priority\"]}, "
#define LINE_SCHEMA COUNT_SCHEMA("servers") ", " DISCIPLINE_SCHEMA COUNT_SCHEMA("room") ", "
#define WORK_SCHEMA                                                                                \
    DRAW_SCHEMA("service") ", " DRAW_SCHEMA("patience") ", " DRAW_SCHEMA("vacation") ", "
#define BALKING_SCHEMA "\"balking\": {\"type\": [\"boolean\", \"string\"]}, "
#define REFUSED_SCHEMA "\"refused\": {\"type\": [\"string\", \"array\", \"object\"]}, "
#define STATION_SCHEMA                                                                             \
    LINE_SCHEMA WORK_SCHEMA BALKING_SCHEMA REFUSED_SCHEMA BREAKDOWN_SCHEMA ", " TO_SCHEMA

static const Field queueing_fields[] = {
    FIELD_JSON(Queueing, sources, .help = "Streams of customers from outside, by name",
               .schema = PARTS_SCHEMA(
                   "\"interarrival\", \"to\"",
                   DRAW_SCHEMA("interarrival") ", \"batch\": {\"type\": [\"number\", "
                                               "\"string\"]}, " COUNT_SCHEMA(
                                                   "priority") ", " BURST_SCHEMA ", " TO_SCHEMA)),
    FIELD_JSON(
        Queueing, populations, .help = "Fixed numbers of customers that think, by name",
        .schema = PARTS_SCHEMA("\"customers\", \"think\", \"to\"",
                               COUNT_SCHEMA("customers") ", " DRAW_SCHEMA("think") ", " TO_SCHEMA)),
    FIELD_JSON(Queueing, stations, .help = "Servers with a line before them, by name",
               .schema = PARTS_SCHEMA("\"service\"", STATION_SCHEMA)),
    FIELD_JSON(Queueing, forks, .help = "Splits of a customer into parts, by name",
               .schema = PARTS_SCHEMA("\"to\"",
                                      "\"need\": {\"type\": [\"integer\", \"string\"]}, "
                                      "\"cancel\": {\"type\": [\"boolean\", \"string\"]}, "
                                      "\"then\": {\"type\": [\"string\", \"array\", \"object\"]}, "
                                      "\"to\": {\"type\": [\"string\", \"array\"], \"items\": "
                                      "{\"type\": \"string\"}}")),
    FIELD_END,
};

const Kind queueing_kind = {
    .name = "queueing",
    .help = "A network of textbook queues, to hold against closed forms",
    .leaves_out = "places and links between stations: customers go on at once, as the closed forms "
                  "assume",
    .size = sizeof(Queueing),
    .scope = KIND_ONE,
    .fields = queueing_fields,
    .on_make = queueing_make,
    .on_predict = queueing_predict,
    .on_free = queueing_free,
};

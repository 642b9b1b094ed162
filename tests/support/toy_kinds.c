/* toy_kinds.c - see toy_kinds.h. */
#include "tests/support/toy_kinds.h"

typedef struct ToyWeb {
    Component component;
    SimSpan timeout;
    int64_t workers;
    uint64_t served;
} ToyWeb;

static const Field web_fields[] = {
    FIELD_SPAN(ToyWeb, timeout, .initial = "5s", .lowest = "1ms", .highest = "1min",
               .help = "Gives up after this", .source = "test"),
    FIELD_COUNT(ToyWeb, workers, .initial = "400", .lowest = "1", .help = "Requests at once",
                .source = "test"),
    FIELD_END,
};
static const MetricDef web_metrics[] = {
    METRIC_COUNTER(ToyWeb, served, "Requests answered"),
    METRIC_END,
};
static const Kind web_kind = {.name = "web",
                              .help = "A toy web server",
                              .leaves_out = "Everything",
                              .size = sizeof(ToyWeb),
                              .scope = KIND_ON_NODE,
                              .fields = web_fields,
                              .metrics = web_metrics};

typedef struct ToyStore {
    Component component;
    const cJSON *keyspaces;
} ToyStore;

static const Field store_fields[] = {
    FIELD_JSON(ToyStore, keyspaces, .flags = FIELD_REQUIRED, .help = "What it holds"),
    FIELD_END,
};
static const Kind store_kind = {.name = "cassandra",
                                .help = "A toy store",
                                .leaves_out = "Everything",
                                .size = sizeof(ToyStore),
                                .scope = KIND_ON_NODE,
                                .fields = store_fields};

typedef struct ToyNames {
    Component component;
    char *zone;
} ToyNames;

static const Field names_fields[] = {
    FIELD_TEXT(ToyNames, zone, .flags = FIELD_REQUIRED | FIELD_PATH, .help = "File of the zone"),
    FIELD_END,
};
static const Kind names_kind = {.name = "names",
                                .help = "A toy name server",
                                .leaves_out = "Everything",
                                .size = sizeof(ToyNames),
                                .scope = KIND_ONE,
                                .fields = names_fields};

typedef struct ToyUsers {
    Component component;
    double rate;
    SimSpan patience;
    const cJSON *regions;
} ToyUsers;

static const Field users_fields[] = {
    FIELD_NUMBER(ToyUsers, rate, .flags = FIELD_REQUIRED, .lowest = "0", .highest = "1000000",
                 .help = "Requests a second"),
    FIELD_SPAN(ToyUsers, patience, .initial = "8s", .lowest = "0s", .help = "Waits so long",
               .source = "test"),
    FIELD_JSON(ToyUsers, regions, .help = "Shares by region"),
    FIELD_END,
};
static const NoteDef users_notes[] = {
    {.name = "client.rerouted",
     .help = "Went elsewhere",
     .labels = {"from", "to"},
     .values = {"dc", "dc"}},
    {.name = "route53.health-changed",
     .help = "Changed",
     .labels = {"dc", "to"},
     .values = {"dc", "healthy|unhealthy"}},
    NOTE_END,
};
static const Kind users_kind = {.name = "users",
                                .help = "Toy users",
                                .leaves_out = "Everything",
                                .size = sizeof(ToyUsers),
                                .scope = KIND_PER_LOAD,
                                .fields = users_fields,
                                .notes = users_notes};

const Kind *const toy_kinds[] = {&store_kind, &names_kind, &users_kind, &web_kind, NULL};

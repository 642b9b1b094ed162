/* maker_sites.c - small companies by a seed: data centres, regions, servers, users, faults. */
#include <string.h>

#include "sim/config/json_place.h"
#include "sim/scenario/fault.h"
#include "sim/scenario/scenario_kind.h"
#include "sim/world/host.h"
#include "sim/world/network.h"
#include "tests/property/maker.h"

extern const Kind *const all_kinds[]; /* build/kinds.c, generated */

typedef struct Company {
    Rng rng;
    guint sites, regions, apps, dbs;
    bool has_ring_change; /* one fault joins or leaves */
    cJSON *scenario, *system;
} Company;

static const char *const site_names[] = {"Zqa", "Zqb", "Zqc"};
static const char *const region_names[] = {"Rga", "Rgb"};
static const char *const countries[] = {"DE", "US", "BR"};
static const char *const continents[] = {"EU", "NA", "SA"};

static cJSON *add_rtts(Company *company, cJSON *object, guint count)
{
    for (guint i = 0; i < count; i++) {
        g_autofree char *rtt = g_strdup_printf("%dms", 5 + (int)rng_below(&company->rng, 120));

        cJSON_AddStringToObject(object, site_names[i], rtt);
    }
    return object;
}

/* Settings that say nothing without others, which are made up together with them: four laws, lists
 * of addresses. */
static const char *const helpless[] = {"legs", "names", NULL};

/* Some of the settings that the rows allow. */
static void add_settings(Company *company, cJSON *section, const Field *fields, double ratio)
{
    for (; fields->name != NULL; fields++) {
        bool is_free =
            !g_strv_contains(helpless, fields->name) && json_member(section, fields->name) == NULL;
        cJSON *value =
            is_free && rng_chance(&company->rng, ratio) ? maker_value(fields, &company->rng) : NULL;

        if (value != NULL) {
            cJSON_AddItemToObject(section, fields->name, value);
        }
    }
}

static cJSON *add_kind(Company *company, const char *name)
{
    cJSON *section = cJSON_AddObjectToObject(company->system, name);

    add_settings(company, section, scenario_kind_find(all_kinds, name)->fields, 0.06);
    return section;
}

/* --- places --------------------------------------------------------------------------------- */

static void add_datacenters(Company *company)
{
    cJSON *list = cJSON_AddObjectToObject(company->system, "datacenters");

    for (guint i = 0; i < company->sites; i++) {
        cJSON *dc = cJSON_AddObjectToObject(list, site_names[i]);

        cJSON_AddStringToObject(dc, "country", countries[i]);
        cJSON_AddStringToObject(dc, "continent", continents[i]);
        cJSON_AddStringToObject(dc, "state",
                                i > 0 && rng_chance(&company->rng, 0.3) ? "backup" : "live");
    }
}

static void add_wan(Company *company)
{
    cJSON *wan = cJSON_AddObjectToObject(company->system, "wan");
    cJSON *rtt = cJSON_AddObjectToObject(wan, "rtt");
    cJSON *regions = cJSON_AddObjectToObject(wan, "regions");
    cJSON *link = cJSON_AddObjectToObject(wan, "link");

    for (guint i = 0; i < company->sites; i++) {
        for (guint k = i + 1; k < company->sites; k++) {
            g_autofree char *pair = g_strdup_printf("%s-%s", site_names[i], site_names[k]);
            g_autofree char *span = g_strdup_printf("%dms", 8 + (int)rng_below(&company->rng, 100));

            cJSON_AddStringToObject(rtt, pair, span);
        }
    }
    for (guint i = 0; i < company->regions; i++) {
        cJSON *region = cJSON_AddObjectToObject(regions, region_names[i]);

        cJSON_AddStringToObject(region, "country", countries[i]);
        cJSON_AddStringToObject(region, "continent", continents[i]);
        add_rtts(company, cJSON_AddObjectToObject(region, "rtt"), company->sites);
    }
    if (rng_chance(&company->rng, 0.5)) {
        cJSON *checkers = cJSON_AddObjectToObject(wan, "checkers");
        cJSON *checker = cJSON_AddObjectToObject(checkers, "Cka");

        cJSON_AddStringToObject(checker, "continent", "NA");
        add_rtts(company, cJSON_AddObjectToObject(checker, "rtt"), company->sites);
    }
    add_settings(company, link, link_kind.fields, 0.1);
    cJSON_DeleteItemFromObjectCaseSensitive(link, "rtt");
}

static char *address(guint site, guint number)
{
    return g_strdup_printf("192.0.2.%u", 10 * (site + 1) + number + 1);
}

static void add_nodes(Company *company)
{
    cJSON *nodes = cJSON_AddObjectToObject(company->system, "nodes");
    cJSON *db = cJSON_AddObjectToObject(nodes, "db");
    cJSON *app = cJSON_AddObjectToObject(nodes, "app");
    cJSON *addresses;

    cJSON_AddStringToObject(db, "in", "*");
    cJSON_AddNumberToObject(db, "count", company->dbs);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(db, "runs"), cJSON_CreateString("cassandra"));
    cJSON_AddStringToObject(app, "in", "*");
    cJSON_AddNumberToObject(app, "count", company->apps);
    cJSON *runs = cJSON_AddArrayToObject(app, "runs");

    cJSON_AddItemToArray(runs, cJSON_CreateString("httpd"));
    cJSON_AddItemToArray(runs, cJSON_CreateString("wildfly"));
    addresses = cJSON_AddObjectToObject(app, "addresses");
    for (guint i = 0; i < company->sites; i++) {
        cJSON *list = cJSON_AddArrayToObject(addresses, site_names[i]);

        for (guint k = 0; k < company->apps; k++) {
            g_autofree char *text = address(i, k);

            cJSON_AddItemToArray(list, cJSON_CreateString(text));
        }
    }
}

/* --- names ---------------------------------------------------------------------------------- */

static cJSON *make_check(const char *id, const char *where)
{
    cJSON *check = cJSON_CreateObject();
    cJSON *config = cJSON_AddObjectToObject(check, "HealthCheckConfig");

    cJSON_AddStringToObject(check, "Id", id);
    cJSON_AddStringToObject(config, "Type", "HTTPS");
    cJSON_AddStringToObject(config, "IPAddress", where);
    cJSON_AddNumberToObject(config, "Port", 443);
    cJSON_AddStringToObject(config, "ResourcePath", "/health");
    cJSON_AddNumberToObject(config, "RequestInterval", 10);
    return check;
}

static cJSON *make_record(const char *id, const char *where, double ttl_s)
{
    cJSON *record = cJSON_CreateObject();
    cJSON *value = cJSON_CreateObject();

    cJSON_AddStringToObject(record, "Name", "app.");
    cJSON_AddStringToObject(record, "Type", "A");
    cJSON_AddStringToObject(record, "SetIdentifier", id);
    cJSON_AddTrueToObject(record, "MultiValueAnswer");
    cJSON_AddNumberToObject(record, "TTL", ttl_s);
    cJSON_AddStringToObject(value, "Value", where);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(record, "ResourceRecords"), value);
    cJSON_AddStringToObject(record, "HealthCheckId", id);
    return record;
}

static void add_zone(Company *company)
{
    cJSON *zone = cJSON_AddObjectToObject(company->scenario, "x-zone");
    cJSON *records = cJSON_AddArrayToObject(zone, "ResourceRecordSets");
    cJSON *checks = cJSON_AddArrayToObject(cJSON_AddObjectToObject(company->scenario, "x-checks"),
                                           "HealthChecks");
    double ttl_s = (double)(5 + rng_below(&company->rng, 60));

    for (guint i = 0; i < company->sites; i++) {
        for (guint k = 0; k < company->apps; k++) {
            g_autofree char *where = address(i, k);
            g_autofree char *id = g_strdup_printf("%s-%u", site_names[i], k + 1);

            cJSON_AddItemToArray(records, make_record(id, where, ttl_s));
            cJSON_AddItemToArray(checks, make_check(id, where));
        }
    }
    cJSON *route53 = add_kind(company, "route53");

    cJSON_AddStringToObject(route53, "zone", "zone.json");
    cJSON_DeleteItemFromObjectCaseSensitive(json_member(route53, "health_checks"),
                                            "RequestInterval"); /* 10 or 30 and nothing between */
}

/* --- what runs ------------------------------------------------------------------------------ */

/* Operations of the store drawn from four laws instead of sent. */
static void add_legs(Company *company, cJSON *section)
{
    const Field *legs = field_find(scenario_kind_find(all_kinds, "cassandra")->fields, "legs");
    cJSON *table = cJSON_AddObjectToObject(section, "legs");

    for (const Field *leg = legs->more; leg->name != NULL; leg++) {
        cJSON_AddItemToObject(table, leg->name, maker_value(leg, &company->rng));
    }
}

static void add_cassandra(Company *company)
{
    cJSON *section = add_kind(company, "cassandra");
    cJSON *keyspaces = cJSON_AddObjectToObject(section, "keyspaces");
    cJSON *replication =
        cJSON_AddObjectToObject(cJSON_AddObjectToObject(keyspaces, "iot"), "replication");

    cJSON_AddStringToObject(replication, "class", "NetworkTopologyStrategy");
    for (guint i = 0; i < company->sites; i++) {
        cJSON_AddNumberToObject(replication, site_names[i],
                                (double)(1 + rng_below(&company->rng, company->dbs)));
    }
    cJSON_DeleteItemFromObjectCaseSensitive(section, "num_tokens");
    cJSON_AddNumberToObject(section, "num_tokens", 4);
    if (rng_chance(&company->rng, 0.06)) {
        add_legs(company, section);
    }
}

/* Addresses in the program instead of a name. */
static void add_servers(Company *company, cJSON *users)
{
    cJSON *list = cJSON_AddArrayToObject(users, "servers");

    cJSON_AddStringToObject(users, "names", "servers");
    for (guint i = 0; i < company->sites; i++) {
        g_autofree char *text = address(i, (guint)rng_below(&company->rng, company->apps));

        cJSON_AddItemToArray(list, cJSON_CreateString(text));
    }
}

static void add_load(Company *company)
{
    cJSON *users =
        cJSON_AddObjectToObject(cJSON_AddObjectToObject(company->scenario, "load"), "users");
    cJSON *regions;

    cJSON_AddNumberToObject(users, "rate", (double)(10 + rng_below(&company->rng, 30)));
    cJSON_AddNumberToObject(users, "users", (double)(5 + rng_below(&company->rng, 40)));
    cJSON_AddNumberToObject(users, "keys", (double)(5 + rng_below(&company->rng, 60)));
    cJSON_AddStringToObject(users, "executor", "constant-arrival-rate");
    cJSON_AddStringToObject(users, "timeUnit", "1s");
    cJSON_AddStringToObject(users, "startTime", "0s");
    cJSON_AddStringToObject(users, "duration", "0s");
    regions = cJSON_AddObjectToObject(users, "regions");
    for (guint i = 0; i < company->regions; i++) {
        cJSON_AddNumberToObject(regions, region_names[i], 1.0 / company->regions);
    }
    add_settings(company, users, scenario_kind_find(all_kinds, "client")->fields, 0.06);
    if (json_member(users, "servers") == NULL && rng_chance(&company->rng, 0.1)) {
        add_servers(company, users);
    }
}

/* --- what breaks ---------------------------------------------------------------------------- */

static cJSON *make_target(Company *company, const FaultDef *fault)
{
    cJSON *target = cJSON_CreateObject();
    const char *site = site_names[rng_below(&company->rng, company->sites)];

    if (fault->scope == FAULT_ON_HOSTS || fault->scope == FAULT_ON_LINKS ||
        fault->scope == FAULT_ON_PROCESSES) {
        cJSON_AddStringToObject(target, "dc", site);
    }
    if (fault->scope == FAULT_ON_PROCESSES) {
        cJSON_AddStringToObject(target, "process",
                                fault->process != NULL           ? fault->process
                                : rng_chance(&company->rng, 0.5) ? "wildfly"
                                                                 : "cassandra");
    }
    if (fault->scope == FAULT_ON_HOSTS && !fault->needs_dc) {
        cJSON_AddStringToObject(target, "role", rng_chance(&company->rng, 0.5) ? "app" : "db");
        cJSON_AddStringToObject(target, "mode", rng_chance(&company->rng, 0.5) ? "one" : "all");
    }
    return target;
}

/* Arguments that must name something. */
static void add_names(Company *company, const FaultDef *fault, cJSON *arguments)
{
    if (fault->ip_argument != NULL) {
        cJSON_AddStringToObject(arguments, fault->ip_argument, "203.0.113.1");
    }
    if (fault->dc_argument != NULL && rng_chance(&company->rng, 0.5)) {
        cJSON_AddStringToObject(arguments, fault->dc_argument,
                                site_names[rng_below(&company->rng, company->sites)]);
    }
}

static cJSON *make_arguments(Company *company, const Field *fields)
{
    cJSON *arguments = cJSON_CreateObject();

    for (; fields->name != NULL; fields++) {
        bool is_wanted = (fields->flags & FIELD_REQUIRED) != 0 || rng_chance(&company->rng, 0.3);
        cJSON *value = is_wanted ? maker_value(fields, &company->rng) : NULL;

        if (value != NULL) {
            cJSON_AddItemToObject(arguments, fields->name, value);
        }
    }
    return arguments;
}

/* Whether the arguments fit each other and a target of one site. */
static bool is_fitting(const FaultDef *fault, const cJSON *arguments)
{
    char *one[] = {(char *)site_names[0], NULL};
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autofree void *values = g_malloc0(MAX(fault->size, 1));
    bool is_right = true;

    if (fault->refuse != NULL) {
        field_defaults(fault->arguments, values);
        is_right = field_read(fault->arguments, values, arguments, diags) &&
                   fault->refuse(values, one, false) == NULL;
        field_clear(fault->arguments, values);
    }
    return is_right;
}

/* Else only those that must be given. */
static void drop_what_does_not_fit(const FaultDef *fault, cJSON *arguments)
{
    if (is_fitting(fault, arguments)) {
        return;
    }
    for (const Field *field = fault->arguments; field->name != NULL; field++) {
        if ((field->flags & FIELD_REQUIRED) == 0) {
            cJSON_DeleteItemFromObjectCaseSensitive(arguments, field->name);
        }
    }
}

static bool restarts_by_itself(const cJSON *arguments)
{
    const cJSON *supervisor = json_member(arguments, "supervisor");

    return json_member(arguments, "restart_after") != NULL ||
           (supervisor != NULL && strcmp(supervisor->valuestring, "systemd") == 0);
}

/* Whether it stands for itself: neither a change of records from a file nor the place of a node
 * that is dead by then. */
static bool stands_alone(const FaultDef *fault)
{
    const Field *field = field_find(fault->arguments, "change");

    return (field == NULL || (field->flags & FIELD_REQUIRED) == 0) &&
           strcmp(fault->func, "ops.replace") != 0;
}

static const FaultDef *pick_fault(Rng *rng)
{
    const FaultDef *picked = NULL;
    guint seen = 0;

    for (const FaultDef *fault = fault_next(NULL); fault != NULL; fault = fault_next(fault)) {
        if (!stands_alone(fault)) {
            continue;
        }
        if (rng_below(rng, ++seen) == 0) {
            picked = fault;
        }
    }
    return picked;
}

/* --- orders --------------------------------------------------------------------------------- */

static bool changes_ring(const FaultDef *fault)
{
    return strcmp(fault->func, "ops.bootstrap") == 0 ||
           strcmp(fault->func, "ops.decommission") == 0;
}

/* A site whose last node is to join or to leave needs one replica less than it has nodes. */
static void spare_a_node(Company *company, guint site)
{
    cJSON *keyspace =
        json_member(json_member(json_member(company->system, "cassandra"), "keyspaces"), "iot");
    cJSON *factor = json_member(json_member(keyspace, "replication"), site_names[site]);

    cJSON_SetNumberValue(factor, company->dbs - 1);
    company->has_ring_change = true;
}

/* One node, told what to do. */
static void order_node(Company *company, const FaultDef *fault, cJSON *action)
{
    guint site = (guint)rng_below(&company->rng, company->sites);
    g_autofree char *node = g_strdup_printf("%s-db%u", site_names[site], company->dbs);
    cJSON *target = json_member(action, "target");
    cJSON *arguments = json_member(action, "arguments");

    cJSON_DeleteItemFromObjectCaseSensitive(target, "dc");
    cJSON_AddStringToObject(target, "node", node);
    cJSON_DeleteItemFromObjectCaseSensitive(target, "process");
    cJSON_AddStringToObject(target, "process", "cassandra");
    if (changes_ring(fault)) {
        spare_a_node(company, site);
    } else if (strcmp(fault->func, "ops.alter-schema") == 0) {
        cJSON_AddStringToObject(arguments, rng_chance(&company->rng, 0.5) ? "adds" : "drops",
                                "humidity");
    }
}

/* --- one fault ------------------------------------------------------------------------------ */

/* Whether this company has what the fault is about. */
static bool has_what_it_needs(const Company *company, const FaultDef *fault)
{
    const cJSON *wan = json_member(company->system, "wan");

    return (fault->scope != FAULT_ON_CHECKERS || json_member(wan, "checkers") != NULL) &&
           (!changes_ring(fault) || (company->dbs > 1 && !company->has_ring_change));
}

static void add_fault(Company *company, cJSON *method, guint number)
{
    const FaultDef *fault = pick_fault(&company->rng);
    g_autofree char *name = g_strdup_printf("fault-%u", number + 1);
    g_autofree char *at = g_strdup_printf("%dms", (int)rng_below(&company->rng, 2500));
    g_autofree char *duration = g_strdup_printf("%dms", 100 + (int)rng_below(&company->rng, 1500));
    cJSON *action;

    if (!has_what_it_needs(company, fault)) {
        return;
    }
    action = cJSON_CreateObject();
    cJSON_AddItemToArray(method, action);
    cJSON_AddStringToObject(action, "type", "action");
    cJSON_AddStringToObject(action, "name", name);
    cJSON_AddStringToObject(action, "at", at);
    if (!fault->is_heal) {
        cJSON_AddStringToObject(action, "duration", duration);
    }
    cJSON_AddStringToObject(action, "func", fault->func);
    cJSON_AddItemToObject(action, "target", make_target(company, fault));
    cJSON_AddItemToObject(action, "arguments", make_arguments(company, fault->arguments));
    drop_what_does_not_fit(fault, json_member(action, "arguments"));
    add_names(company, fault, json_member(action, "arguments"));
    if (g_str_has_prefix(fault->func, "ops.")) {
        order_node(company, fault, action);
    }
    if (restarts_by_itself(json_member(action, "arguments"))) {
        cJSON_DeleteItemFromObjectCaseSensitive(action, "duration"); /* one or the other */
    }
}

/* --- the whole ------------------------------------------------------------------------------ */

static void add_times(cJSON *scenario, uint64_t seed)
{
    cJSON *simulation = cJSON_AddObjectToObject(scenario, "simulation");

    cJSON_AddNumberToObject(simulation, "seed", (double)(seed % 1000000));
    cJSON_AddStringToObject(simulation, "warmup", "1s");
    cJSON_AddStringToObject(simulation, "duration", "4s");
    cJSON_AddStringToObject(simulation, "settle", "1s");
    cJSON_AddStringToObject(simulation, "sample_interval", "2s");
    cJSON_AddNumberToObject(simulation, "replications", 1);
}

cJSON *maker_sites(uint64_t seed)
{
    Company company = {.scenario = cJSON_CreateObject()};
    cJSON *method;
    guint faults;

    rng_init(&company.rng, seed, "maker/sites");
    company.sites = 2 + (guint)rng_below(&company.rng, 2);
    company.regions = 1 + (guint)rng_below(&company.rng, 2);
    company.apps = 1 + (guint)rng_below(&company.rng, 2);
    company.dbs = 1 + (guint)rng_below(&company.rng, 2);
    cJSON_AddStringToObject(company.scenario, "version", "1");
    add_times(company.scenario, seed);
    company.system = cJSON_AddObjectToObject(company.scenario, "system");
    add_datacenters(&company);
    add_nodes(&company);
    add_wan(&company);
    add_settings(&company, cJSON_AddObjectToObject(company.system, "host"), host_kind.fields, 0.06);
    add_kind(&company, "httpd");
    add_kind(&company, "wildfly");
    add_cassandra(&company);
    add_kind(&company, "resolver");
    add_zone(&company);
    add_load(&company);
    method = cJSON_AddArrayToObject(company.scenario, "method");
    faults = (guint)rng_below(&company.rng, 3);
    for (guint i = 0; i < faults; i++) {
        add_fault(&company, method, i);
    }
    return company.scenario;
}

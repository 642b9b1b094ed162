/* scaled.c - see scaled.h. */
#include "tests/bench/scaled.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define ZONE "scenarios/conf/route53-multi-asia.json"
#define DRILL "scenarios/drills/dc03-lost.json"
#define RATE 2750 /* requests a second */
#define DB_NODES 4
#define APP_NODES 2
#define ADDRESS_TEXT 32

static const struct Place {
    const char *name;
    uint32_t first; /* its addresses are 192.0.2.(first + 1) and (first + 2) */
} places[] = {{"DC01", 10}, {"DC02", 20}, {"DC03", 30}, {"DCB1", 40}, {"DCB2", 50}};

/* The first two keep the address that the health checks know. */
static void address_of(char text[ADDRESS_TEXT], uint32_t first, uint32_t index)
{
    if (index < APP_NODES) {
        g_snprintf(text, ADDRESS_TEXT, "192.0.2.%u", first + 1 + index);
    } else {
        g_snprintf(text, ADDRESS_TEXT, "10.%u.%u.%u", first, index / 250, index % 250 + 1);
    }
}

static bool write_tree(const char *directory, const char *name, cJSON *tree)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    char *text = cJSON_Print(tree);
    bool is_good = g_file_set_contents(path, text, -1, NULL);

    cJSON_free(text);
    cJSON_Delete(tree);
    return is_good;
}

/* The first address of a record with several answers; 0 for another record. */
static uint32_t first_of_record(const cJSON *record)
{
    const cJSON *values = cJSON_GetObjectItemCaseSensitive(record, "ResourceRecords");
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(values, 0), "Value");
    uint32_t last = 0;

    if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(record, "MultiValueAnswer"))) {
        return 0;
    }
    last = (uint32_t)g_ascii_strtoull(strrchr(value->valuestring, '.') + 1, NULL, 10);
    return last;
}

/* One record for an address becomes one for each of its share of the data centre's addresses. */
static cJSON *scaled_zone(uint32_t factor)
{
    g_autofree char *text = NULL;
    cJSON *zone, *records, *record;
    int count;

    if (!g_file_get_contents(ZONE, &text, NULL, NULL)) {
        return NULL;
    }
    zone = cJSON_Parse(text);
    records = cJSON_GetObjectItemCaseSensitive(zone, "ResourceRecordSets");
    count = cJSON_GetArraySize(records);
    for (int i = 0; i < count; i++) {
        uint32_t last = first_of_record(record = cJSON_GetArrayItem(records, i));

        for (uint32_t more = 1; last > 0 && more < factor; more++) {
            cJSON *copy = cJSON_Duplicate(record, true);
            g_autofree char *name = g_strdup_printf(
                "%s-%u", cJSON_GetObjectItemCaseSensitive(copy, "SetIdentifier")->valuestring,
                more);
            char address[ADDRESS_TEXT];
            cJSON *values = cJSON_GetObjectItemCaseSensitive(copy, "ResourceRecords");

            address_of(address, last / 10 * 10, more * APP_NODES + last % 10 - 1);
            cJSON_ReplaceItemInObjectCaseSensitive(copy, "SetIdentifier", cJSON_CreateString(name));
            cJSON_ReplaceItemInObjectCaseSensitive(cJSON_GetArrayItem(values, 0), "Value",
                                                   cJSON_CreateString(address));
            cJSON_AddItemToArray(records, copy);
        }
    }
    return zone;
}

static cJSON *scaled_nodes(uint32_t factor)
{
    cJSON *nodes = cJSON_CreateObject(), *db = cJSON_AddObjectToObject(nodes, "db");
    cJSON *app = cJSON_AddObjectToObject(nodes, "app");
    cJSON *addresses = cJSON_AddObjectToObject(app, "addresses");

    cJSON_AddNumberToObject(db, "count", DB_NODES * factor);
    cJSON_AddNumberToObject(app, "count", APP_NODES * factor);
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        cJSON *list = cJSON_AddArrayToObject(addresses, places[i].name);

        for (uint32_t j = 0; j < APP_NODES * factor; j++) {
            char address[ADDRESS_TEXT];

            address_of(address, places[i].first, j);
            cJSON_AddItemToArray(list, cJSON_CreateString(address));
        }
    }
    return nodes;
}

char *scaled_write(const char *directory, uint32_t factor, uint32_t warmup_s)
{
    g_autofree char *warmup = g_strdup_printf("%us", warmup_s);
    g_autofree char *drill = g_canonicalize_filename(DRILL, NULL);
    cJSON *zone = scaled_zone(factor), *scenario = cJSON_CreateObject(), *system;
    cJSON *extends = cJSON_AddArrayToObject(scenario, "extends");

    cJSON_AddStringToObject(scenario, "version", "1");
    cJSON_AddStringToObject(scenario, "title", "What does a larger company cost us?");
    cJSON_AddItemToArray(extends, cJSON_CreateString(drill));
    cJSON_AddStringToObject(cJSON_AddObjectToObject(scenario, "simulation"), "warmup", warmup);
    cJSON_AddNumberToObject(cJSON_AddObjectToObject(scenario, "configuration"), "peak_rate",
                            (double)RATE * factor);
    system = cJSON_AddObjectToObject(scenario, "system");
    cJSON_AddItemToObject(system, "nodes", scaled_nodes(factor));
    cJSON_AddStringToObject(cJSON_AddObjectToObject(system, "route53"), "zone", "zone.json");
    if (zone == NULL || !write_tree(directory, "zone.json", zone) ||
        !write_tree(directory, "scenario.json", scenario)) {
        return NULL;
    }
    return g_build_filename(directory, "scenario.json", NULL);
}

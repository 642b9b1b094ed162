/* scenario_load.c - see scenario_load.h. */
#include "sim/scenario/scenario_load.h"

#include "sim/config/json_merge.h"
#include "sim/config/json_place.h"
#include "sim/scenario/scenario_fields.h"
#include "sim/scenario/scenario_kind.h"
#include "sim/scenario/scenario_names.h"
#include "sim/scenario/scenario_origins.h"

/* Shares that users write by hand add up to 1 to so much. */
#define SHARE_SLACK 1e-6

/* --- regions ------------------------------------------------------------------------------- */

/* A shared table may name more data centres than this scenario has; a name is wrong when one of
 * ours is missing. */
static void check_rtts(const Scenario *scenario, const cJSON *rtt, const char *name,
                       DiagList *diags)
{
    g_auto(GStrv) known = names_of_datacenters(scenario);
    bool is_complete = true;

    for (char **dc = known; *dc != NULL; dc++) {
        if (json_member(rtt, *dc) == NULL) {
            diag_add(diags, DIAG_ERROR, rtt, DIAG_KEY,
                     "'rtt' of '%s' says nothing about data centre '%s'", name, *dc);
            is_complete = false;
        }
    }
    NAMES_EACH(member, rtt)
    {
        SimSpan span;

        if (!is_complete) {
            names_check(diags, member, DIAG_KEY, "data centre", member->string, known);
        }
        if (!cJSON_IsString(member) || !sim_span_parse(member->valuestring, &span) || span < 0) {
            diag_add(diags, DIAG_ERROR, member, DIAG_VALUE,
                     "'%s' must be a round trip with a unit, like \"98ms\"", member->string);
        }
    }
}

Region *scenario_region_read(const Scenario *scenario, const cJSON *tree, bool is_used,
                             DiagList *diags)
{
    RegionText text = {0};
    Region *region = g_new0(Region, 1);

    field_defaults(region_fields, &text);
    field_read(region_fields, &text, tree, diags);
    if (is_used && text.rtt != NULL && names_check_object(diags, text.rtt, "rtt")) {
        check_rtts(scenario, text.rtt, tree->string, diags);
    }
    region->name = g_strdup(tree->string);
    region->country = g_strdup(text.country);
    region->continent = g_strdup(text.continent);
    region->subdivision = g_strdup(text.subdivision);
    region->rtt = text.rtt;
    region->tree = tree;
    field_clear(region_fields, &text);
    return region;
}

void scenario_region_free(gpointer item)
{
    Region *region = item;

    g_free(region->name);
    g_free(region->country);
    g_free(region->continent);
    g_free(region->subdivision);
    g_free(region);
}

/* --- entries ------------------------------------------------------------------------------- */

/* The entry over the profile that its "clients" names, in a tree of its own. */
static cJSON *merge_profile(Scenario *scenario, const cJSON *entry, const Kind *kind,
                            DiagList *diags)
{
    const cJSON *profiles = scenario_section(scenario, "clients");
    const cJSON *named = json_member(entry, "clients");
    const cJSON *profile = NULL;
    cJSON *merged;

    if (cJSON_IsString(named)) {
        profile = json_member(profiles, named->valuestring);
        if (profile == NULL) {
            g_autoptr(GPtrArray) names = g_ptr_array_new();

            NAMES_EACH(member, profiles)
            {
                g_ptr_array_add(names, member->string);
            }
            g_ptr_array_add(names, NULL);
            names_check(diags, named, DIAG_VALUE, "client profile", named->valuestring,
                        (char *const *)names->pdata);
        }
    }
    merged = profile == NULL ? cJSON_CreateObject()
                             : json_copy(profile, origins_copied, scenario->origins);
    merged = json_merge(merged, entry, origins_copied, scenario->origins);
    if (merged->string != NULL) {
        cJSON_free(merged->string);
    }
    merged->string = (char *)cJSON_malloc(strlen(entry->string) + 1);
    memcpy(merged->string, entry->string, strlen(entry->string) + 1);
    origins_copied(scenario->origins, entry, merged);
    if (kind == NULL || kind->fields == NULL || field_find(kind->fields, "clients") == NULL) {
        cJSON *clients = json_member(merged, "clients");

        if (clients != NULL) {
            origins_forget(scenario->origins, clients);
            cJSON_Delete(cJSON_DetachItemViaPointer(merged, clients));
        }
    }
    g_ptr_array_add(scenario->merged, merged);
    return merged;
}

static void use_region(Scenario *scenario, GHashTable *used, const cJSON *share, DiagList *diags)
{
    const cJSON *regions = json_member(scenario_section(scenario, "wan"), "regions");
    const cJSON *region = json_member(regions, share->string);

    if (region == NULL) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();

        NAMES_EACH(member, regions)
        {
            g_ptr_array_add(names, member->string);
        }
        g_ptr_array_add(names, NULL);
        names_check(diags, share, DIAG_KEY, "region", share->string, (char *const *)names->pdata);
    } else {
        g_hash_table_add(used, (void *)region);
    }
}

static void check_regions(Scenario *scenario, GHashTable *used, const cJSON *tree, DiagList *diags)
{
    const cJSON *regions = json_member(tree, "regions");
    double sum = 0;
    bool is_clean = true;

    if (regions == NULL || !names_check_object(diags, regions, "regions")) {
        return;
    }
    NAMES_EACH(share, regions)
    {
        use_region(scenario, used, share, diags);
        if (!cJSON_IsNumber(share) || share->valuedouble < 0 || share->valuedouble > 1) {
            diag_add(diags, DIAG_ERROR, share, DIAG_VALUE,
                     "'%s' must be a share from 0 to 1, like 0.35", share->string);
            is_clean = false;
        } else {
            sum += share->valuedouble;
        }
    }
    if (is_clean && (sum < 1 - SHARE_SLACK || sum > 1 + SHARE_SLACK)) {
        diag_add(diags, DIAG_ERROR, regions, DIAG_KEY,
                 "the shares of 'regions' add up to %.6g, not to 1", sum);
    }
}

static void read_entry(Scenario *scenario, const Kind *kind, GHashTable *used, const cJSON *entry,
                       DiagList *diags)
{
    LoadEntry *load;

    if (!names_check_object(diags, entry, entry->string)) {
        return;
    }
    load = g_new0(LoadEntry, 1);
    load->name = g_strdup(entry->string);
    load->tree = merge_profile(scenario, entry, kind, diags);
    g_ptr_array_add(scenario->loads, load);
    check_regions(scenario, used, load->tree, diags);
    if (kind != NULL) {
        scenario_kind_check(kind, load->tree, SECTION_WHOLE, diags);
    }
}

void scenario_load_read(Scenario *scenario, const Kind *const *kinds, DiagList *diags)
{
    const Kind *kind = scenario_kind_of_scope(kinds, KIND_PER_LOAD);
    const cJSON *load = json_member(scenario->root, "load");
    const cJSON *regions = json_member(scenario_section(scenario, "wan"), "regions");
    GHashTable *used = g_hash_table_new(NULL, NULL); /* of regions; only looked up */

    if (load != NULL && names_check_object(diags, load, "load")) {
        NAMES_EACH(entry, load)
        {
            read_entry(scenario, kind, used, entry, diags);
        }
    }
    NAMES_EACH(region, regions)
    {
        bool is_used = g_hash_table_contains(used, region);
        Region *read = scenario_region_read(scenario, region, is_used, diags);

        if (is_used) {
            g_ptr_array_add(scenario->regions, read);
        } else {
            scenario_region_free(read);
        }
    }
    g_hash_table_destroy(used);
}

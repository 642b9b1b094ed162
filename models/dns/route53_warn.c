/* route53_warn.c - zones that AWS would take and that may still not be what was meant: addresses
 * that lead nowhere, places that get no answer, answers that are kept for too long, and more than
 * an account has without asking. */
#include "models/dns/route53_parts.h"
#include "sim/world/host.h"

#define ADDRESS_TEXT 16

/* Health checks of one account (Route 53 Developer Guide, Quotas): AWS raises it on request. */
#define CHECKS_MOST 200

/* Records of one hosted zone (the same page). */
#define RECORDS_MOST 10000

/* Route 53 Developer Guide, best practices: a time to live of 60 s or less with health checks. */
#define TTL_ADVISED_S 60

static const char *address_text(uint32_t address, char text[ADDRESS_TEXT])
{
    g_snprintf(text, ADDRESS_TEXT, "%u.%u.%u.%u", address >> 24, address >> 16 & 255,
               address >> 8 & 255, address & 255);
    return text;
}

/* The addresses of all records that no host has, each once, at the record that has the first. */
static void warn_of_addresses(const Route53 *self, World *world, DiagList *diags)
{
    g_autoptr(GString) list = g_string_new(NULL);
    g_autoptr(GArray) told = g_array_new(false, false, sizeof(uint32_t));
    DiagPlace place = {0};

    for (guint i = 0; i < self->zone->sets->len; i++) {
        const RecordSet *set = g_ptr_array_index(self->zone->sets, i);

        for (guint k = 0; k < set->addresses->len; k++) {
            uint32_t address = g_array_index(set->addresses, uint32_t, k);
            bool is_told = host_find_address(world, address) != NULL;
            char text[ADDRESS_TEXT];

            for (guint t = 0; t < told->len; t++) {
                is_told = is_told || g_array_index(told, uint32_t, t) == address;
            }
            if (is_told) {
                continue;
            }
            if (told->len == 0) {
                place = set->place;
            }
            g_string_append_printf(list, "%s%s (%s)", told->len > 0 ? ", " : "",
                                   address_text(address, text), set->name);
            g_array_append_val(told, address);
        }
    }
    if (told->len > 0) {
        diag_add_at(diags, DIAG_WARNING, place,
                    "no host of this scenario has these addresses of the zone: %s", list->str);
    }
}

static bool has_default(const RecordGroup *group)
{
    for (guint i = 0; i < group->members->len; i++) {
        if (strcmp(record_group_at(group, i)->set->country, "*") == 0) {
            return true;
        }
    }
    return false;
}

/* Whether somebody at `site` would be answered by `group` when all is healthy. */
static bool is_served(const RecordGroup *group, const Site *site)
{
    const char *continent = site->continent;

    if (continent == NULL && site->country != NULL) {
        continent = dns_place_continent(site->country);
    }
    for (guint i = 0; i < group->members->len; i++) {
        const RecordSet *set = record_group_at(group, i)->set;

        if (set->continent[0] != '\0' ? g_strcmp0(set->continent, continent) == 0
                                      : g_strcmp0(set->country, site->country) == 0 &&
                                            (set->subdivision[0] == '\0' ||
                                             g_strcmp0(set->subdivision, site->subdivision) == 0)) {
            return true;
        }
    }
    return false;
}

/* Who is left without an answer by a geolocation group without a default record. */
static void warn_of_places(const RecordGroup *group, const World *world, DiagList *diags)
{
    g_autoptr(GString) regions = g_string_new(NULL);

    for (guint i = 0; i < world_count_sites(world); i++) {
        const Site *site = world_site(world, i);

        if (site->type == SITE_REGION && !is_served(group, site)) {
            g_string_append_printf(regions, ", region '%s'", site->name);
        }
    }
    diag_add_at(diags, DIAG_WARNING, record_group_at(group, 0)->set->place,
                "'%s' type %s: no default record (\"CountryCode\": \"*\"): NODATA for clients "
                "whose address no table knows%s",
                group->name, group->type, regions->str);
}

static void warn_of_quota(const Route53 *self, DiagList *diags)
{
    if (self->checks->checks->len > CHECKS_MOST) {
        diag_add(diags, DIAG_WARNING, self->component.settings, DIAG_KEY,
                 "there are %u health checks; AWS takes %d in an account unless asked for more",
                 self->checks->checks->len, CHECKS_MOST);
    }
    if (self->zone->sets->len > RECORDS_MOST) {
        diag_add(diags, DIAG_WARNING, self->component.settings, DIAG_KEY,
                 "there are %u records; AWS takes %d in a hosted zone unless asked for more",
                 self->zone->sets->len, RECORDS_MOST);
    }
}

/* The first record of a group that is checked and kept for long: caches answer with it for so long
 * after its site is gone. */
static void warn_of_ttl(const RecordGroup *group, DiagList *diags)
{
    for (guint i = 0; i < group->members->len; i++) {
        const RecordSet *set = record_group_at(group, i)->set;

        if (set->check_id != NULL && set->alias_name == NULL && set->ttl_s > TTL_ADVISED_S) {
            diag_add_at(diags, DIAG_WARNING, set->place,
                        "'%s' type %s: a time to live of %" G_GINT64_FORMAT
                        " s with a health check: caches give the old answer for so long; AWS "
                        "advises %d s or less",
                        group->name, group->type, set->ttl_s, TTL_ADVISED_S);
            return;
        }
    }
}

void route53_warn(const Route53 *self, World *world, DiagList *diags)
{
    warn_of_quota(self, diags);
    warn_of_addresses(self, world, diags);
    for (guint i = 0; i < self->zone->groups->len; i++) {
        const RecordGroup *group = g_ptr_array_index(self->zone->groups, i);

        if (group->policy == ROUTING_GEOLOCATION && !has_default(group)) {
            warn_of_places(group, world, diags);
        }
        warn_of_ttl(group, diags);
    }
}

/* route53_read.c - AWS CLI JSON to record sets, each mistake at its place. */
#include "models/dns/route53_read.h"

#include <arpa/inet.h>
#include <string.h>

#include "models/dns/dns_place.h"
#include "models/dns/geo_distance.h"

#define NAME_LONGEST 1024       /* of the API's member, with escapes */
#define NAME_LONGEST_OF_DNS 255 /* RFC 1035, 2.3.4 */
#define LABEL_LONGEST 63        /* the same */
#define TTL_MOST 2147483647
#define WEIGHT_MOST 255

const char *const route53_record_types[] = {"A",   "AAAA",  "CAA",  "CNAME", "DS",  "HTTPS",
                                            "MX",  "NAPTR", "NS",   "PTR",   "SOA", "SPF",
                                            "SRV", "SSHFP", "SVCB", "TLSA",  "TXT", NULL};

/* Second part of ISO 3166-2 of the states of the USA and the District of Columbia: the only
 * subdivisions of geolocation. */
static const char *const us_states[] = {
    "AK", "AL", "AR", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "HI", "IA",
    "ID", "IL", "IN", "KS", "KY", "LA", "MA", "MD", "ME", "MI", "MN", "MO", "MS",
    "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA",
    "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VT", "WA", "WI", "WV", "WY", NULL};

static const char *const continents[] = {"AF", "AN", "AS", "EU", "OC", "NA", "SA", NULL};

/* The member whose presence decides the policy; the order is that of RoutingPolicy. */
static const char *const policy_members[] = {[ROUTING_WEIGHTED] = "Weight",
                                             [ROUTING_LATENCY] = "Region",
                                             [ROUTING_FAILOVER] = "Failover",
                                             [ROUTING_GEOLOCATION] = "GeoLocation",
                                             [ROUTING_MULTIVALUE] = "MultiValueAnswer",
                                             [ROUTING_GEOPROXIMITY] = "GeoProximityLocation",
                                             [ROUTING_IP_BASED] = "CidrRoutingConfig"};

/* "App" to "app.": lower case, trailing dot, \052 to "*". NULL without a name. */
static char *name_normal(const char *text)
{
    g_autofree char *lower = g_ascii_strdown(text, -1);
    const char *rest = g_str_has_prefix(lower, "\\052") ? lower + 4 : lower;

    return g_strconcat(rest != lower ? "*" : "", rest, g_str_has_suffix(lower, ".") ? "" : ".",
                       NULL);
}

const char *route53_name_fault(const char *name)
{
    size_t length = strlen(name);
    size_t label = 0;

    if (strcmp(name, ".") == 0) {
        return NULL;
    }
    if (length > 0 && name[length - 1] == '.') {
        length--;
    }
    if (length > NAME_LONGEST_OF_DNS) {
        return "it is longer than 255 characters";
    }
    for (size_t i = 0; i <= length; i++) {
        if (i == length || name[i] == '.') {
            if (label == 0) {
                return "a label between two dots is empty";
            }
            if (label > LABEL_LONGEST) {
                return "a label is longer than 63 characters";
            }
            label = 0;
        } else if (g_ascii_isspace(name[i]) || g_ascii_iscntrl(name[i])) {
            return "there is a blank in it";
        } else {
            label++;
        }
    }
    return NULL;
}

/* --- the routing policy --------------------------------------------------------------------------
 */

static void read_geolocation(AwsReader *reader, const cJSON *tree, RecordSet *set)
{
    const cJSON *place = json_member(tree, "GeoLocation");
    int continent = aws_choice(reader, place, "ContinentCode", false, continents);
    const char *country = aws_text(reader, place, "CountryCode", false, 1, 2);
    const char *subdivision = aws_text(reader, place, "SubdivisionCode", false, 1, 3);

    if (json_member(place, "ContinentCode") != NULL && (country != NULL || subdivision != NULL)) {
        aws_error(reader, place, DIAG_VALUE,
                  "'ContinentCode' cannot stand beside 'CountryCode' or 'SubdivisionCode'");
    } else if (json_member(place, "ContinentCode") == NULL && country == NULL) {
        aws_error(reader, place, DIAG_VALUE, "'ContinentCode' or 'CountryCode' is required");
    }
    if (subdivision != NULL && country != NULL && strcmp(subdivision, "*") != 0 &&
        strcmp(country, "US") != 0) {
        aws_error(reader, json_member(place, "SubdivisionCode"), DIAG_VALUE,
                  "'SubdivisionCode' goes with 'CountryCode' \"US\" only");
    }
    if (country != NULL && strcmp(country, "*") != 0 && dns_place_continent(country) == NULL) {
        aws_error(reader, json_member(place, "CountryCode"), DIAG_VALUE,
                  "'%s' is no country code of ISO 3166-1 like \"DE\", nor \"*\"", country);
    }
    if (subdivision != NULL && g_strcmp0(country, "US") == 0 && strcmp(subdivision, "*") != 0 &&
        !g_strv_contains(us_states, subdivision)) {
        aws_error(reader, json_member(place, "SubdivisionCode"), DIAG_VALUE,
                  "'%s' is no state of the USA like \"NY\"", subdivision);
    }
    if (continent >= 0) {
        g_strlcpy(set->continent, continents[continent], sizeof set->continent);
    }
    g_strlcpy(set->country, country != NULL ? country : "", sizeof set->country);
    if (subdivision != NULL && strcmp(subdivision, "*") != 0) {
        g_strlcpy(set->subdivision, subdivision, sizeof set->subdivision);
    }
}

/* A text like "49.45", as the API writes coordinates. */
static bool read_degrees(AwsReader *reader, const cJSON *tree, const char *name, double most,
                         double *degrees)
{
    const char *text = aws_text(reader, tree, name, true, 1, 7);
    char *end = NULL;
    double value = text != NULL ? g_ascii_strtod(text, &end) : 0;

    if (text == NULL) {
        return false;
    }
    if (end == text || *end != '\0' || !(value >= -most) || !(value <= most)) {
        aws_error(reader, json_member(tree, name), DIAG_VALUE,
                  "'%s' must be a text with a number from -%g to %g, like \"49.45\"", name, most,
                  most);
        return false;
    }
    *degrees = value;
    return true;
}

static void read_geoproximity(AwsReader *reader, const cJSON *tree, RecordSet *set)
{
    const cJSON *place = json_member(tree, "GeoProximityLocation");
    const cJSON *coordinates = json_member(place, "Coordinates");
    const cJSON *zone = json_member(place, "LocalZoneGroup");
    const char *region = aws_text(reader, place, "AWSRegion", false, 1, 64);

    if ((region != NULL) + (coordinates != NULL) + (zone != NULL) != 1) {
        aws_error(reader, place, DIAG_VALUE,
                  "'GeoProximityLocation' needs one of 'AWSRegion', 'LocalZoneGroup' and "
                  "'Coordinates'");
    } else if (zone != NULL) {
        aws_error(reader, zone, DIAG_KEY,
                  "local zones are not simulated; give their 'Coordinates'");
    } else if (coordinates != NULL) {
        read_degrees(reader, coordinates, "Latitude", 90, &set->point.latitude);
        read_degrees(reader, coordinates, "Longitude", 180, &set->point.longitude);
        set->near = g_strdup_printf("%g, %g", set->point.latitude, set->point.longitude);
    } else if (!geo_find_region(region, &set->point)) {
        g_autofree char *hint = diag_suggest(region, geo_regions);

        aws_error(reader, json_member(place, "AWSRegion"), DIAG_VALUE, "unknown region '%s'%s",
                  region, hint);
    } else {
        set->near = g_strdup(region);
    }
    aws_whole(reader, place, "Bias", false, -99, 99, &set->bias);
}

static void read_ip_based(AwsReader *reader, const cJSON *tree, RecordSet *set)
{
    const cJSON *config = json_member(tree, "CidrRoutingConfig");

    set->collection = g_strdup(aws_text(reader, config, "CollectionId", true, 1, 64));
    set->location = g_strdup(aws_text(reader, config, "LocationName", true, 1, 16));
}

static void read_region(AwsReader *reader, const cJSON *tree, RecordSet *set)
{
    const char *region = aws_text(reader, tree, "Region", true, 1, 64);

    if (region != NULL && !g_strv_contains(geo_regions, region)) {
        g_autofree char *hint = diag_suggest(region, geo_regions);

        aws_error(reader, json_member(tree, "Region"), DIAG_VALUE, "unknown region '%s'%s", region,
                  hint);
    }
    set->region = g_strdup(region);
}

static void read_policy_value(AwsReader *reader, const cJSON *tree, RecordSet *set)
{
    static const char *const sides[] = {"PRIMARY", "SECONDARY", NULL};

    switch (set->policy) {
    case ROUTING_WEIGHTED:
        aws_whole(reader, tree, "Weight", true, 0, WEIGHT_MOST, &set->weight);
        break;
    case ROUTING_LATENCY:
        read_region(reader, tree, set);
        break;
    case ROUTING_FAILOVER:
        set->is_primary = aws_choice(reader, tree, "Failover", true, sides) == 0;
        break;
    case ROUTING_GEOLOCATION:
        read_geolocation(reader, tree, set);
        break;
    case ROUTING_GEOPROXIMITY:
        read_geoproximity(reader, tree, set);
        break;
    case ROUTING_IP_BASED:
        read_ip_based(reader, tree, set);
        break;
    case ROUTING_MULTIVALUE:
    case ROUTING_SIMPLE:
    case ROUTING_POLICIES:
        break;
    }
}

static bool has_policy_member(AwsReader *reader, const cJSON *tree, RoutingPolicy policy)
{
    const char *name = policy_members[policy];

    return json_member(tree, name) != NULL &&
           (policy != ROUTING_MULTIVALUE || aws_flag(reader, tree, name, false));
}

static void read_policy(AwsReader *reader, const cJSON *tree, RecordSet *set)
{
    set->policy = ROUTING_SIMPLE;
    for (RoutingPolicy policy = ROUTING_WEIGHTED; policy < ROUTING_POLICIES; policy++) {
        if (!has_policy_member(reader, tree, policy)) {
            continue;
        }
        if (set->policy != ROUTING_SIMPLE) {
            aws_error(reader, json_member(tree, policy_members[policy]), DIAG_KEY,
                      "'%s' and '%s' cannot stand in one record set", policy_members[set->policy],
                      policy_members[policy]);
            continue;
        }
        set->policy = policy;
    }
    set->set_identifier = g_strdup(aws_text(reader, tree, "SetIdentifier", false, 1, 128));
    if (set->policy != ROUTING_SIMPLE && json_member(tree, "SetIdentifier") == NULL) {
        aws_error(reader, tree, DIAG_VALUE,
                  "'SetIdentifier' is required with every routing policy but simple");
    }
    if (set->policy == ROUTING_SIMPLE && set->set_identifier != NULL) {
        aws_error(reader, json_member(tree, "SetIdentifier"), DIAG_KEY,
                  "'SetIdentifier' needs one of 'Weight', 'Region', 'Failover', 'GeoLocation', "
                  "'MultiValueAnswer', 'GeoProximityLocation', 'CidrRoutingConfig'");
    }
    read_policy_value(reader, tree, set);
}

/* --- what it answers -----------------------------------------------------------------------------
 */

static void read_alias(AwsReader *reader, const cJSON *tree, RecordSet *set)
{
    const cJSON *alias = json_member(tree, "AliasTarget");
    const char *target = aws_text(reader, alias, "DNSName", true, 1, NAME_LONGEST);
    static const char *const forbidden[] = {"TTL", "ResourceRecords", NULL};

    aws_text(reader, alias, "HostedZoneId", true, 1, 32);
    set->evaluates_target = aws_flag(reader, alias, "EvaluateTargetHealth", true);
    set->alias_name = name_normal(target != NULL ? target : "");
    for (int i = 0; forbidden[i] != NULL; i++) {
        if (json_member(tree, forbidden[i]) != NULL) {
            aws_error(reader, json_member(tree, forbidden[i]), DIAG_KEY,
                      "'%s' cannot stand beside 'AliasTarget'; an alias answers as its target does",
                      forbidden[i]);
        }
    }
    if (set->policy == ROUTING_MULTIVALUE) {
        aws_error(reader, alias, DIAG_KEY, "a multivalue answer record cannot be an alias");
    }
}

/* What AWS holds against a value of this type, beside a mistake in an IPv4 address; NULL: nothing.
 */
static const char *value_fault(const char *type, const char *value)
{
    size_t length = strlen(value);
    struct in6_addr parsed;
    char *rest;

    if (g_str_equal(type, "AAAA")) {
        return inet_pton(AF_INET6, value, &parsed) == 1 ? NULL : "no IPv6 address";
    }
    if (g_str_equal(type, "TXT") || g_str_equal(type, "SPF")) {
        return length >= 2 && value[0] == '"' && value[length - 1] == '"'
                   ? NULL
                   : "not enclosed in quotation marks";
    }
    if (g_str_equal(type, "MX")) {
        guint64 priority = g_ascii_strtoull(value, &rest, 10);

        return rest != value && rest[0] == ' ' && rest[1] != '\0' && priority <= 65535
                   ? NULL
                   : "no priority and mail server, like \"10 mail.example.com.\"";
    }
    if (g_str_equal(type, "CNAME") || g_str_equal(type, "NS") || g_str_equal(type, "PTR")) {
        return route53_name_fault(value);
    }
    return NULL;
}

/* Says what is wrong with the value, if anything; `earlier` are those that stand before it. */
static void judge_value(AwsReader *reader, const cJSON *item, const char *type, const char *value,
                        const GPtrArray *earlier)
{
    const char *fault = value_fault(type, value);

    if (fault != NULL) {
        aws_error(reader, json_member(item, "Value"), DIAG_VALUE, "'%s' is no value of type %s: %s",
                  value, type, fault);
    }
    for (guint i = 0; i < earlier->len; i++) {
        if (g_str_equal(g_ptr_array_index(earlier, i), value)) {
            aws_error(reader, json_member(item, "Value"), DIAG_VALUE,
                      "the value '%s' stands twice in one record set", value);
            return;
        }
    }
}

static void read_values(AwsReader *reader, const cJSON *tree, RecordSet *set)
{
    const cJSON *list = json_member(tree, "ResourceRecords");
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    const cJSON *item;

    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) == 0) {
        aws_error(reader, list != NULL ? list : tree, DIAG_VALUE,
                  "'ResourceRecords' (at least one) or 'AliasTarget' is required");
    }
    if (cJSON_GetArraySize(list) > 1 &&
        (g_str_equal(set->type, "CNAME") || g_str_equal(set->type, "SOA"))) {
        aws_error(reader, list, DIAG_VALUE, "a record of type %s has one value only", set->type);
    }
    aws_whole(reader, tree, "TTL", true, 0, TTL_MOST, &set->ttl_s);
    cJSON_ArrayForEach(item, list)
    {
        const char *value = aws_text(reader, item, "Value", true, 1, 4000);
        uint32_t address = 0;

        if (value == NULL) {
            continue;
        }
        if (g_str_equal(set->type, "A")) {
            if (!aws_parse_address(value, &address)) {
                aws_error(reader, json_member(item, "Value"), DIAG_VALUE,
                          "'%s' is no IPv4 address, like \"192.0.2.11\"", value);
            }
            g_array_append_val(set->addresses, address);
        }
        judge_value(reader, item, set->type, value, values);
        g_ptr_array_add(values,
                        g_str_equal(set->type, "CNAME") ? name_normal(value) : g_strdup(value));
    }
    g_ptr_array_add(values, NULL);
    set->values = (char **)g_ptr_array_free(g_steal_pointer(&values), FALSE);
}

/* One record set; NULL when it has no name or type to go on with. */
static RecordSet *read_set(AwsReader *reader, const cJSON *tree)
{
    const char *name = aws_text(reader, tree, "Name", true, 1, NAME_LONGEST);
    int type = aws_choice(reader, tree, "Type", true, route53_record_types);
    RecordSet *set;

    if (name == NULL || type < 0) {
        return NULL;
    }
    if (route53_name_fault(name) != NULL) {
        aws_error(reader, json_member(tree, "Name"), DIAG_VALUE, "'%s' is no domain name: %s", name,
                  route53_name_fault(name));
    }
    set = record_set_new();
    set->name = name_normal(name);
    set->type = g_strdup(route53_record_types[type]);
    if (!json_document_find(reader->document, tree, DIAG_VALUE, &set->place)) {
        set->place.line = 0;
    }
    set->place.file = g_intern_string(reader->document->file);
    read_policy(reader, tree, set);
    if (json_member(tree, "AliasTarget") != NULL) {
        read_alias(reader, tree, set);
    } else {
        read_values(reader, tree, set);
    }
    set->check_id = g_strdup(aws_text(reader, tree, "HealthCheckId", false, 1, 64));
    return set;
}

/* --- files ---------------------------------------------------------------------------------------
 */

static void free_set(gpointer set)
{
    record_set_free(set);
}

Zone *route53_read_zone(JsonDocument *document, const HealthChecks *checks, DiagList *diags)
{
    AwsReader reader = {document, diags, 0};
    g_autoptr(GPtrArray) sets = g_ptr_array_new_with_free_func(free_set);
    const cJSON *list = json_member(document->root, "ResourceRecordSets");
    const cJSON *cut = json_member(document->root, "IsTruncated");
    const cJSON *item;

    if (!cJSON_IsArray(list)) {
        aws_error(&reader, document->root, DIAG_VALUE,
                  "'ResourceRecordSets' is required: the output of `aws route53 "
                  "list-resource-record-sets`");
    }
    if (cJSON_IsTrue(cut) || json_member(document->root, "NextToken") != NULL) {
        aws_error(&reader, cut != NULL ? cut : document->root, DIAG_VALUE,
                  "the listing is cut off; list the whole zone without '--max-items'");
    }
    cJSON_ArrayForEach(item, list)
    {
        RecordSet *set = read_set(&reader, item);

        if (set != NULL) {
            g_ptr_array_add(sets, set);
        }
    }
    return reader.errors == 0 ? zone_new(sets, checks, diags) : NULL;
}

static void clear_changes(GArray *changes)
{
    for (guint i = 0; i < changes->len; i++) {
        record_set_free(g_array_index(changes, Change, i).set);
    }
    g_array_set_size(changes, 0);
}

GArray *route53_read_changes(JsonDocument *document, DiagList *diags)
{
    static const char *const actions[] = {"CREATE", "DELETE", "UPSERT", NULL};
    AwsReader reader = {document, diags, 0};
    GArray *changes = g_array_new(FALSE, FALSE, sizeof(Change));
    const cJSON *wrapped = json_member(document->root, "ChangeBatch");
    const cJSON *list = json_member(wrapped != NULL ? wrapped : document->root, "Changes");
    const cJSON *item;

    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) == 0) {
        aws_error(&reader, wrapped != NULL ? wrapped : document->root, DIAG_VALUE,
                  "'Changes' (at least one) is required");
    }
    cJSON_ArrayForEach(item, list)
    {
        int action = aws_choice(&reader, item, "Action", true, actions);
        const cJSON *tree = json_member(item, "ResourceRecordSet");
        RecordSet *set = tree != NULL ? read_set(&reader, tree) : NULL;

        if (tree == NULL) {
            aws_error(&reader, item, DIAG_VALUE, "'ResourceRecordSet' is required");
        }
        if (set != NULL) {
            Change change = {(ChangeAction)action, set};

            g_array_append_val(changes, change);
        }
    }
    if (reader.errors > 0) {
        clear_changes(changes);
    }
    return changes;
}

Zone *route53_read_change(JsonDocument *document, const Zone *zone, const HealthChecks *checks,
                          DiagList *diags)
{
    g_autoptr(GArray) changes = route53_read_changes(document, diags);
    Zone *changed = changes->len > 0 ? zone_change(zone, changes, checks, diags) : NULL;

    clear_changes(changes);
    return changed;
}

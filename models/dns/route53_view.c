/* route53_view.c - the answer that the name servers give at an instant, as `dig` prints it, and
 * why: which records were chosen among which, by which checks, and how the checkers voted. What a
 * resolver still keeps is not asked. Where chance decides (weights, order), the choice is one of
 * those that are possible and the same each time. */
#include "models/dns/route53_parts.h"
#include "models/dns/route53_read.h"
#include "sim/world/network.h"

#define VIEW_ERROR g_quark_from_static_string("dig")

/* An answer on its way onto paper. */
typedef struct Dig {
    const Route53 *route53;
    ViewAnswer *paper;
    cJSON *steps;
    GArray *checks; /* of int: those that played a part, in order */
} Dig;

/* --- who asks -----------------------------------------------------------------------------------
 */

static bool find_place(const Route53 *self, const char *from, Route53Query *query, GError **error)
{
    World *world = self->component.world;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *hint = NULL;

    if (from[0] == '\0') {
        return true;
    }
    if (strncmp(from, "US-", 3) == 0 && strlen(from) == 5) {
        query->place = (DnsPlace){.continent = "NA", .country = "US", .subdivision = from + 3};
        return true;
    }
    if (dns_place_continent(from) != NULL) {
        query->place = (DnsPlace){.continent = dns_place_continent(from), .country = from};
        return true;
    }
    for (guint i = 0; i < world_count_sites(world); i++) {
        const Site *site = world_site(world, i);

        if (site->type != SITE_REGION) {
            continue;
        }
        if (strcmp(site->name, from) == 0) {
            query->place = (DnsPlace){.continent = site->continent,
                                      .country = site->country,
                                      .subdivision = site->subdivision};
            if (site->continent == NULL && site->country != NULL) {
                query->place.continent = dns_place_continent(site->country);
            }
            query->region = site;
            return true;
        }
        g_ptr_array_add(names, (gpointer)site->name);
    }
    g_ptr_array_add(names, NULL);
    hint = diag_suggest(from, (const char *const *)names->pdata);
    g_set_error(
        error, VIEW_ERROR, 0,
        "'--from' takes a client region of the scenario, a country like \"BR\" or a state like "
        "\"US-NY\", not '%s'%s",
        from, hint);
    return false;
}

/* The shortest name that has an address: the zone's own. */
static const char *zone_name(const Zone *zone)
{
    const char *shortest = NULL;

    for (guint i = 0; i < zone->groups->len; i++) {
        const RecordGroup *group = g_ptr_array_index(zone->groups, i);

        if (strcmp(group->type, "A") == 0 &&
            (shortest == NULL || strlen(group->name) < strlen(shortest))) {
            shortest = group->name;
        }
    }
    return shortest != NULL ? shortest : ".";
}

/* --- why: the records ---------------------------------------------------------------------------
 */

static const char *label_of(const RecordSet *set)
{
    return set->set_identifier != NULL ? set->set_identifier : "simple";
}

/* "the default", "continent EU", "PRIMARY", "weight 50": what speaks for a set. */
static char *claim_of(const RecordSet *set)
{
    switch (set->policy) {
    case ROUTING_WEIGHTED:
        return g_strdup_printf("weight %" G_GINT64_FORMAT, set->weight);
    case ROUTING_LATENCY:
        return g_strdup_printf("region %s", set->region);
    case ROUTING_FAILOVER:
        return g_strdup(set->is_primary ? "PRIMARY" : "SECONDARY");
    case ROUTING_GEOLOCATION:
        return set->continent[0] != '\0'        ? g_strdup_printf("continent %s", set->continent)
               : strcmp(set->country, "*") == 0 ? g_strdup("the default")
               : set->subdivision[0] != '\0'
                   ? g_strdup_printf("country %s, state %s", set->country, set->subdivision)
                   : g_strdup_printf("country %s", set->country);
    case ROUTING_GEOPROXIMITY:
        return g_strdup_printf("near %s, bias %" G_GINT64_FORMAT, set->near, set->bias);
    case ROUTING_IP_BASED:
        return g_strdup_printf("location %s", set->location);
    case ROUTING_MULTIVALUE:
    case ROUTING_SIMPLE:
    case ROUTING_POLICIES:
        break;
    }
    return g_strdup("no condition");
}

static void note_check(Dig *dig, int check)
{
    for (guint i = 0; i < dig->checks->len; i++) {
        if (g_array_index(dig->checks, int, i) == check) {
            return;
        }
    }
    if (check >= 0) {
        g_array_append_val(dig->checks, check);
    }
}

/* All checks that decide whether a member counts as healthy. */
static void note_checks(Dig *dig, const RecordMember *member)
{
    note_check(dig, member->check);
    for (guint i = 0;
         member->alias != NULL && member->set->evaluates_target && i < member->alias->members->len;
         i++) {
        note_checks(dig, record_group_at(member->alias, i));
    }
}

static void tell_member(Dig *dig, const RecordMember *member, bool is_chosen, cJSON *list)
{
    const RecordSet *set = member->set;
    bool is_healthy = route53_is_healthy(member, dig->route53->visible);
    const char *check = member->check >= 0
                            ? health_checks_at(dig->route53->checks, (guint)member->check)->id
                            : NULL;
    g_autofree char *claim = claim_of(set);
    g_autofree char *target = set->alias_name != NULL
                                  ? g_strdup_printf("alias %s%s", set->alias_name,
                                                    set->evaluates_target ? "" : " (not evaluated)")
                                  : g_strjoinv(" ", set->values);
    cJSON *item = cJSON_CreateObject();

    g_string_append_printf(dig->paper->text, ";  %s %-14s %-14s -> %-22s %s%s%s\n",
                           is_chosen ? "*" : " ", label_of(set), claim, target,
                           is_healthy ? "healthy" : "UNHEALTHY", check != NULL ? " by " : "",
                           check != NULL ? check : "");
    cJSON_AddStringToObject(item, "set", label_of(set));
    cJSON_AddStringToObject(item, "claim", claim);
    cJSON_AddStringToObject(item, "target", target);
    cJSON_AddBoolToObject(item, "healthy", is_healthy);
    cJSON_AddBoolToObject(item, "chosen", is_chosen);
    if (check != NULL) {
        cJSON_AddStringToObject(item, "check", check);
    }
    cJSON_AddItemToArray(list, item);
    note_checks(dig, member);
}

static void on_step(void *context, const RecordGroup *group, const RecordMember *chosen,
                    bool takes_all)
{
    Dig *dig = context;
    const char *policy = routing_policy_word(group->policy);
    cJSON *step = cJSON_CreateObject();
    cJSON *list;

    g_string_append_printf(dig->paper->text, "; %s %s: %s%s\n", group->name, group->type, policy,
                           takes_all ? "; no candidate is healthy, so all count as healthy"
                           : chosen == NULL && group->policy != ROUTING_MULTIVALUE
                               ? "; no set is for this place: NODATA"
                               : "");
    cJSON_AddStringToObject(step, "name", group->name);
    cJSON_AddStringToObject(step, "type", group->type);
    cJSON_AddStringToObject(step, "policy", policy);
    cJSON_AddBoolToObject(step, "fails_open", takes_all);
    list = cJSON_AddArrayToObject(step, "sets");
    for (guint i = 0; i < group->members->len; i++) {
        const RecordMember *member = record_group_at(group, i);
        bool is_taken = group->policy == ROUTING_MULTIVALUE &&
                        (takes_all || route53_is_healthy(member, dig->route53->visible));

        tell_member(dig, member, member == chosen || is_taken, list);
    }
    cJSON_AddItemToArray(dig->steps, step);
}

/* --- why: the checks ----------------------------------------------------------------------------
 */

static void add_voters(const Route53 *self, guint rank, bool is_bad, GString *text, cJSON *list)
{
    const CheckState *state = &self->states[rank];
    guint count = 0;

    for (guint i = 0; i < HEALTH_CHECKERS; i++) {
        g_autofree char *name =
            g_strdup_printf("%s/%u", health_regions[i / HEALTH_CHECKERS_A_REGION],
                            i % HEALTH_CHECKERS_A_REGION + 1);

        if ((state->reporting >> i & 1) != 0 && ((state->bad >> i & 1) != 0) == is_bad) {
            g_string_append_printf(text, "%s%s", count++ > 0 ? " " : "", name);
            cJSON_AddItemToArray(list, cJSON_CreateString(name));
        }
    }
    g_string_append(text, count == 0 ? "none\n" : "\n");
}

static void tell_votes(const Dig *dig, guint rank, cJSON *item)
{
    const CheckState *state = &dig->route53->states[rank];
    guint reporting = (guint)__builtin_popcount(state->reporting);
    guint bad = (guint)__builtin_popcount(state->reporting & state->bad);
    GString *text = dig->paper->text;

    g_string_append_printf(text,
                           ";      %u of %u checkers say healthy, more than 18 %% is enough\n",
                           reporting - bad, reporting);
    g_string_append(text, ";      healthy: ");
    add_voters(dig->route53, rank, false, text, cJSON_AddArrayToObject(item, "votes_healthy"));
    g_string_append(text, ";      unhealthy: ");
    add_voters(dig->route53, rank, true, text, cJSON_AddArrayToObject(item, "votes_unhealthy"));
}

static void tell_check(Dig *dig, guint rank, cJSON *list)
{
    const Route53 *self = dig->route53;
    const HealthCheck *check = health_checks_at(self->checks, rank);
    const char *status = self->visible[rank] ? "healthy" : "unhealthy";
    cJSON *item = cJSON_CreateObject();

    g_string_append_printf(dig->paper->text, ";  %s (%s): %s%s%s%s\n", check->id,
                           self->states[rank].dc, status, check->is_disabled ? ", disabled" : "",
                           check->is_inverted ? ", inverted" : "",
                           self->states[rank].is_healthy == self->visible[rank]
                               ? ""
                               : "; decided otherwise, which is on its way to the name servers");
    cJSON_AddStringToObject(item, "check", check->id);
    cJSON_AddStringToObject(item, "of", self->states[rank].dc);
    cJSON_AddStringToObject(item, "status", status);
    cJSON_AddBoolToObject(item, "decided_healthy", self->states[rank].is_healthy);
    cJSON_AddBoolToObject(item, "disabled", check->is_disabled);
    cJSON_AddBoolToObject(item, "inverted", check->is_inverted);
    if (health_check_is_probed(check)) {
        tell_votes(dig, rank, item);
    }
    for (guint i = 0; i < check->children->len; i++) {
        int child = (int)g_array_index(check->children, guint, i);

        note_check(dig, child); /* told after it */
    }
    cJSON_AddItemToArray(list, item);
}

/* --- the answer ---------------------------------------------------------------------------------
 */

/* What the name servers say of a name in another zone (RFC 1035, 4.1.1). */
#define DNS_REFUSED 5

static const char *status_word(uint32_t code)
{
    return code == DNS_NOERROR    ? "NOERROR"
           : code == DNS_NXDOMAIN ? "NXDOMAIN"
           : code == DNS_REFUSED  ? "REFUSED"
                                  : "SERVFAIL";
}

/* Whether the zone is one for this name: at or below the owner of its SOA record. A listing without
 * one does not tell where the zone ends. */
static bool is_in_zone(const Zone *zone, const char *name)
{
    for (guint i = 0; i < zone->groups->len; i++) {
        const RecordGroup *group = g_ptr_array_index(zone->groups, i);
        const char *rest = g_str_has_suffix(name, group->name)
                               ? name + (strlen(name) - strlen(group->name))
                               : NULL;

        if (g_str_equal(group->type, "SOA")) {
            return rest != NULL && (rest == name || rest[-1] == '.' || rest[0] == '.');
        }
    }
    return true;
}

/* Answers that say no, and for how long resolvers may keep that. */
static bool is_negative(const Answer *answer)
{
    return answer->code == DNS_NXDOMAIN || answer->code == DNS_NOERROR;
}

static void print_answers(ViewAnswer *paper, const char *name, const char *type,
                          const Answer *answer)
{
    bool is_address = strcmp(type, "A") == 0;
    cJSON *list = cJSON_AddArrayToObject(paper->data, "answers");
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; is_address && i < answer->count; i++) {
        uint32_t address = answer->addresses[i];

        g_ptr_array_add(values, g_strdup_printf("%u.%u.%u.%u", address >> 24, address >> 16 & 255,
                                                address >> 8 & 255, address & 255));
    }
    for (guint i = 0; !is_address && i < answer->set_count; i++) {
        for (char **value = answer->sets[i]->values; value != NULL && *value != NULL; value++) {
            g_ptr_array_add(values, g_strdup(*value));
        }
    }
    g_string_append_printf(paper->text,
                           ";; flags: qr%s rd; QUERY: 1, ANSWER: %u, AUTHORITY: %d, ADDITIONAL: "
                           "0\n\n;; QUESTION SECTION:\n;%s\t\tIN\t%s\n\n",
                           answer->code == DNS_REFUSED ? "" : " aa", values->len,
                           values->len == 0 && is_negative(answer) ? 1 : 0, name, type);
    if (values->len > 0) {
        g_string_append(paper->text, ";; ANSWER SECTION:\n");
    }
    for (guint i = 0; i < values->len; i++) {
        cJSON *item = cJSON_CreateObject();

        g_string_append_printf(paper->text, "%s\t%" G_GINT64_FORMAT "\tIN\t%s\t%s\n", name,
                               answer->ttl_s, type, (const char *)values->pdata[i]);
        cJSON_AddStringToObject(item, "name", name);
        cJSON_AddNumberToObject(item, "ttl_s", (double)answer->ttl_s);
        cJSON_AddStringToObject(item, "type", type);
        cJSON_AddStringToObject(item, "value", values->pdata[i]);
        cJSON_AddItemToArray(list, item);
    }
    if (values->len == 0 && is_negative(answer)) {
        g_string_append_printf(
            paper->text,
            ";; AUTHORITY SECTION:\n; SOA: resolvers keep this for %" G_GINT64_FORMAT " s\n",
            answer->ttl_s);
        cJSON_AddNumberToObject(paper->data, "negative_ttl_s", (double)answer->ttl_s);
    }
}

static void print_head(ViewAnswer *paper, const Route53Query *query, const char *type,
                       const Answer *answer)
{
    bool is_refused = answer->code == DNS_REFUSED;
    const char *flags[] = {"qr", is_refused ? "rd" : "aa", "rd"};

    g_string_append_printf(paper->text, ";; ->>HEADER<<- opcode: QUERY, status: %s, id: 1\n",
                           status_word(answer->code));
    cJSON_AddStringToObject(paper->data, "status", status_word(answer->code));
    cJSON_AddItemToObject(paper->data, "flags", cJSON_CreateStringArray(flags, is_refused ? 2 : 3));
    cJSON_AddStringToObject(paper->data, "name", query->name);
    cJSON_AddStringToObject(paper->data, "type", type);
}

/* The changes of records that were submitted so far, and whether any is taken. */
static void put_changes(const Dig *dig, SimTime epoch)
{
    const Route53 *self = dig->route53;
    cJSON *list = cJSON_AddArrayToObject(dig->paper->data, "changes");

    for (guint i = 0; i < self->plans->len; i++) {
        const Plan *plan = g_ptr_array_index(self->plans, i);
        double since_s = sim_span_to_s(plan->since - epoch);
        cJSON *item;

        if (plan->status == NULL) {
            continue;
        }
        g_string_append_printf(
            dig->paper->text, ";  change '%s': %s since %.1f s%s\n", plan->name, plan->status,
            since_s,
            strcmp(plan->status, "PENDING") == 0 ? "; answers are still those from before it" : "");
        item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "change", plan->name);
        cJSON_AddStringToObject(item, "status", plan->status);
        cJSON_AddNumberToObject(item, "since_s", since_s);
        cJSON_AddItemToArray(list, item);
    }
    cJSON_AddBoolToObject(dig->paper->data, "takes_changes", !changes_are_frozen(self));
    if (changes_are_frozen(self)) {
        g_string_append(dig->paper->text,
                        ";  the control plane stands still: changes wait, answers go on\n");
    }
}

/* The lines of "why" were written while the answer was found: they go behind it. */
static void put_why(Dig *dig, const Route53Query *query, GString *why)
{
    GString *text = dig->paper->text;
    cJSON *seen = cJSON_AddObjectToObject(dig->paper->data, "seen_from");
    cJSON *checks = cJSON_AddArrayToObject(dig->paper->data, "checks");

    g_string_append_printf(
        text, "\n;; WHY (* is chosen), seen as coming from %s%s%s%s%s%s%s\n",
        query->region != NULL ? query->region->name : "", query->region != NULL ? ", " : "",
        query->place.continent != NULL ? query->place.continent : "an address that no table knows",
        query->place.country != NULL ? " " : "",
        query->place.country != NULL ? query->place.country : "",
        query->place.subdivision != NULL ? "-" : "",
        query->place.subdivision != NULL ? query->place.subdivision : "");
    if (query->place.country != NULL) {
        cJSON_AddStringToObject(seen, "country", query->place.country);
    }
    if (query->place.continent != NULL) {
        cJSON_AddStringToObject(seen, "continent", query->place.continent);
    }
    g_string_append_len(text, why->str, (gssize)why->len);
    for (guint i = 0; i < dig->checks->len; i++) {
        tell_check(dig, (guint)g_array_index(dig->checks, int, i), checks);
    }
}

/* Word number `index`, or `otherwise` when it is empty or not there. */
static const char *word_at(const char *const *words, guint index, const char *otherwise)
{
    for (guint i = 0; i < index; i++) {
        if (words[i] == NULL) {
            return otherwise;
        }
    }
    return words[index] != NULL && words[index][0] != '\0' ? words[index] : otherwise;
}

static bool check_dig(const Component *self, const char *const *words, GError **error)
{
    const char *name = word_at(words, 0, "");
    g_autofree char *type = g_ascii_strup(word_at(words, 1, "A"), -1);
    Route53Query query = {.name = NULL};

    if (name[0] != '\0' && route53_name_fault(name) != NULL) {
        g_set_error(error, VIEW_ERROR, 0, "'%s' is no domain name: %s", name,
                    route53_name_fault(name));
        return false;
    }
    if (!g_strv_contains(route53_record_types, type)) {
        g_autofree char *hint = diag_suggest(type, route53_record_types);
        g_autofree char *all = g_strjoinv(", ", (char **)route53_record_types);

        g_set_error(error, VIEW_ERROR, 0, "a zone has no records of type '%s'%s; there are: %s",
                    word_at(words, 1, "A"), hint, all);
        return false;
    }
    return find_place((const Route53 *)self, word_at(words, 2, ""), &query, error);
}

static bool show_dig(const Component *self, SimTime epoch, const char *const *words,
                     ViewAnswer *paper, GError **error)
{
    const Route53 *route53 = (const Route53 *)self;
    const char *given = word_at(words, 0, zone_name(route53->zone));
    g_autofree char *lower = g_ascii_strdown(given, -1);
    g_autofree char *name = g_strconcat(lower, g_str_has_suffix(lower, ".") ? NULL : ".", NULL);
    g_autofree char *type = g_ascii_strup(word_at(words, 1, "A"), -1);
    Route53Query query = {.name = name};
    Dig dig = {.route53 = route53, .paper = paper};
    g_autoptr(GString) why = g_string_new(NULL);
    LatencyFrom latency = {route53, NULL};
    ViewAnswer notes = {.text = why};
    Answer answer;
    Rng rng;

    if (!check_dig(self, words, error) ||
        !find_place(route53, word_at(words, 2, ""), &query, error)) {
        return false;
    }
    latency.region = query.region;
    rng_init(&rng, rng_hash(name), "dig");
    dig.checks = g_array_new(FALSE, FALSE, sizeof(int));
    dig.steps = cJSON_CreateArray();
    dig.paper = &notes;
    answer = (Answer){.code = DNS_REFUSED};
    if (is_in_zone(route53->zone, name)) {
        answer = route53_answer(route53->zone,
                                &(Question){.name = name,
                                            .type = type,
                                            .place = query.place,
                                            .latency = route53_latency,
                                            .latency_context = &latency,
                                            .cidr = cidr_fit,
                                            .trace = on_step,
                                            .trace_context = &dig},
                                route53->visible, &rng);
    }
    if (route53->ttl > 0 && answer.count > 0) {
        answer.ttl_s = route53->ttl / SIM_S;
    }
    dig.paper = paper;
    print_head(paper, &query, type, &answer);
    print_answers(paper, name, type, &answer);
    put_why(&dig, &query, why);
    put_changes(&dig, epoch);
    cJSON_AddItemToObject(paper->data, "steps", dig.steps);
    g_array_unref(dig.checks);
    return true;
}

const ViewDef route53_views[] = {
    {.name = "dig",
     .help = "An answer as the name servers give it now, and why",
     .arguments = "[NAME [TYPE [FROM]]]",
     .show = show_dig,
     .check = check_dig},
    VIEW_END,
};

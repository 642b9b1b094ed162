/* predict_caches.c - what closed forms say of the users who still turn to a dark site: for each
 * population whose answer is that site alone, as long as one check decides about it. Clients are
 * known here by their fields and settings only. Left out (no prediction): answers with several
 * addresses or by chance, floors other than the usual ones, ramps, browsers that keep long answers
 * longer than a minute. */
#include "models/dns/predict_caches.h"

#include <string.h>

#include "models/dns/resolver.h"
#include "models/dns/route53_parts.h"
#include "sim/world/host.h"

#define TRIES 16 /* answers that must all be the same */

/* Times after the failure that are foretold, beside the mean of detection. */
static const int offsets_s[] = {-15, 0, 10, 20, 30, 45, 60, 120, 240};

/* And after the name servers have changed their answers, when only caches decide. */
static const int after_change_s[] = {5, 15, 30, 45, 55, 90, 120, 240};

/* The words of a client's "caches" and what the closed form calls them. */
static const struct {
    const char *word, *keeps;
    double period_s;
} policies[] = {{"none", "nothing", 0},    {"honours", "ttl", 0},
                {"browser", "period", 60}, {"browser-own", "period", 60},
                {"jvm", "period", 30},     {"forever", "until-failure", 0},
                {"windows", "ttl", 0}};

/* --- fields of other kinds ----------------------------------------------------------------------
 */

static const void *member(const Component *component, const char *name, FieldType type)
{
    const Field *field = field_find(component->kind->fields, name);

    return field != NULL && field->type == type ? (const char *)component + field->offset : NULL;
}

static SimSpan span_of(const Component *component, const char *name)
{
    const SimSpan *span = member(component, name, FIELD_TYPE_SPAN);

    return span != NULL ? *span : 0;
}

/* The share of a load that comes from the client's region; 0: not known. */
static double share_of(const Component *client)
{
    const cJSON *regions = json_member(client->settings, "regions");
    const cJSON *own = json_member(regions, client->site->name), *each;
    double sum = 0;

    cJSON_ArrayForEach(each, regions)
    {
        sum += each->valuedouble;
    }
    return own != NULL && sum > 0 ? own->valuedouble / sum : 0;
}

/* Requests of one user a second; 0 when they are not at one rate, or names do not come from DNS. */
static double rate_of(const Component *client)
{
    const double *rate = member(client, "rate", FIELD_TYPE_NUMBER);
    const int64_t *users = member(client, "users", FIELD_TYPE_COUNT);
    const int *executor = member(client, "executor", FIELD_TYPE_CHOICE);
    const int *names = member(client, "names", FIELD_TYPE_CHOICE);
    SimSpan unit = span_of(client, "timeUnit");

    if (rate == NULL || users == NULL || *users == 0 || unit == 0 || executor == NULL ||
        *executor != 0 || (names != NULL && *names != 0)) {
        return 0;
    }
    return *rate / sim_span_to_s(unit) * share_of(client) / (double)*users;
}

/* How long a connection to a server of `dc` is kept for the next request: as long as both ends let
 * it. */
static double kept_of(const Component *client, const char *dc)
{
    const GPtrArray *servers = world_of_kind(client->world, "httpd");
    SimSpan own = span_of(client, "keep_alive");

    for (guint i = 0; i < servers->len; i++) {
        const Component *server = g_ptr_array_index(servers, i);

        if (strcmp(server->site->name, dc) == 0) {
            return sim_span_to_s(MIN(own, span_of(server, "KeepAliveTimeout")));
        }
    }
    return 0;
}

/* --- who is answered the site -------------------------------------------------------------------
 */

/* Whether all addresses of the answer are of `dc`, or none: 1, 0; -1: by chance, or several. */
static int answer_is_of(const Route53 *self, const Component *resolver, int whence,
                        const char *name, const char *dc, const bool *healthy, int64_t *ttl_s)
{
    Route53Query query = resolver_question(resolver, whence);
    LatencyFrom from = {self, query.region};
    int result = -2;
    Rng rng;

    rng_init(&rng, 1, "predict");
    for (int i = 0; i < TRIES; i++) {
        Answer answer = route53_answer(self->zone,
                                       &(Question){.name = name,
                                                   .type = "A",
                                                   .place = query.place,
                                                   .latency = route53_latency,
                                                   .latency_context = &from},
                                       healthy, &rng);
        const Host *host = answer.count == 1
                               ? host_find_address(self->component.world, answer.addresses[0])
                               : NULL;
        int own =
            host != NULL && strcmp(host_component((Host *)(uintptr_t)host)->site->name, dc) == 0;

        if (answer.count > 1 || (result != -2 && result != own)) {
            return -1;
        }
        result = own;
        if (own == 1) {
            *ttl_s = self->ttl > 0 ? self->ttl / SIM_S : answer.ttl_s;
        }
    }
    return result;
}

/* Share of the region's clients that are sent to `dc` and away from it when it is unhealthy; 0 when
 * that cannot be told. */
static double share_at(const Route53 *self, const Component *resolver, const char *name,
                       const char *dc, int64_t *ttl_s)
{
    g_autofree bool *without = g_new(bool, self->checks->checks->len + 1);
    const ResolverMix *mix = resolver_view(resolver).mix;
    double share = 0;
    int64_t unused;

    for (guint i = 0; i < self->checks->checks->len; i++) {
        without[i] = self->at_start[i] && strcmp(self->states[i].dc, dc) != 0;
    }
    for (int whence = 0; whence < WHENCES; whence++) {
        double own = resolver_mix_share(mix, whence);
        int before = answer_is_of(self, resolver, whence, name, dc, self->at_start, ttl_s);
        int after = answer_is_of(self, resolver, whence, name, dc, without, &unused);

        if (own > 0 && before != 0 && (before < 0 || after != 0)) {
            return 0;
        }
        share += before == 1 ? own : 0;
    }
    return share;
}

/* --- the question -------------------------------------------------------------------------------
 */

typedef struct Population {
    const Component *client;
    ResolverView resolver;
    double share, rate, kept_s, ttl_s;
    int64_t users;
} Population;

static cJSON *ask_of(const Population *who, const cJSON *detection, guint policy, double share,
                     double t)
{
    cJSON *params = cJSON_Duplicate(detection, true);
    const ResolverMix *mix = who->resolver.mix;

    cJSON_AddNumberToObject(params, "t", t);
    cJSON_AddNumberToObject(params, "ttl", who->ttl_s);
    cJSON_AddStringToObject(params, "keeps", policies[policy].keeps);
    if (policies[policy].period_s > 0) {
        cJSON_AddNumberToObject(params, "period", policies[policy].period_s);
    }
    cJSON_AddNumberToObject(params, "rate", who->rate);
    cJSON_AddNumberToObject(params, "kept", who->kept_s);
    cJSON_AddNumberToObject(params, "clients", (double)who->users * share);
    cJSON_AddNumberToObject(params, "resolvers", (double)who->resolver.resolvers);
    cJSON_AddNumberToObject(params, "farm_size", (double)who->resolver.farm_size);
    cJSON_AddNumberToObject(params, "farm_ratio", mix->farm_ratio);
    cJSON_AddNumberToObject(params, "small_ratio", mix->small_ratio);
    cJSON_AddNumberToObject(params, "medium_ratio", mix->medium_ratio);
    cJSON_AddNumberToObject(params, "large_ratio", mix->large_ratio);
    cJSON_AddNumberToObject(params, "sticky_ratio", mix->sticky_ratio);
    return params;
}

/* Shares of the policies among clients; all honour the time to live when nothing is said. */
static void read_policies(const Component *client, double shares[G_N_ELEMENTS(policies)])
{
    const cJSON *mix = json_member(client->settings, "caches");
    double sum = 0;

    for (guint i = 0; i < G_N_ELEMENTS(policies); i++) {
        const cJSON *own = json_member(mix, policies[i].word);

        shares[i] = own != NULL ? own->valuedouble : 0;
        sum += shares[i];
    }
    if (sum <= 0) {
        shares[1] = sum = 1;
    }
    for (guint i = 0; i < G_N_ELEMENTS(policies); i++) {
        shares[i] /= sum;
    }
}

/* Figure `name` of one population at one time: a single question when all keep answers alike, or a
 * sum of them. */
static void predict_at(const Population *who, const cJSON *detection, const char *name, double t,
                       const char *metric, Predictions *predictions)
{
    double shares[G_N_ELEMENTS(policies)], sum = 0;

    read_policies(who->client, shares);
    for (guint i = 0; i < G_N_ELEMENTS(policies); i++) {
        cJSON *params = shares[i] > 0 ? ask_of(who, detection, i, shares[i], t) : NULL;

        if (params == NULL) {
            continue;
        }
        if (shares[i] >= 1) {
            if (predictions_ask(predictions, "dns-caches", params)) {
                predictions_add(predictions, name, who->share, metric, "stale");
            }
            return;
        }
        sum += shares[i] * theory_figure("dns-caches", name, params);
    }
    predictions_state(predictions, "dns-caches", "summed over what clients keep", sum * who->share,
                      metric, "stale");
}

static bool find_population(const Route53 *self, const Component *client, const Component *resolver,
                            const char *dc, Population *who)
{
    char *const *name = member(client, "host_name", FIELD_TYPE_TEXT);
    const int64_t *users = member(client, "users", FIELD_TYPE_COUNT);
    double rate = rate_of(client);
    int64_t ttl_s = 0;

    if (name == NULL || *name == NULL || rate <= 0) {
        return false;
    }
    g_autofree char *lower = g_ascii_strdown(*name, -1);
    g_autofree char *whole = g_strconcat(lower, g_str_has_suffix(lower, ".") ? NULL : ".", NULL);

    who->client = client;
    who->resolver = resolver_view(resolver);
    who->share = share_at(self, resolver, whole, dc, &ttl_s);
    who->rate = rate; /* no connection to a dark site is kept: each request asks its cache */
    who->kept_s = kept_of(client, dc);
    who->ttl_s = (double)ttl_s;
    who->users = *users;
    return who->share > 0.5 && who->resolver.has_usual_floors;
}

/* Since the fault, and since the answers changed. */
static void predict_population(const Population *who, const char *dc, const cJSON *detection,
                               double mean_s, Predictions *predictions)
{
    const char *place = component_place(who->client);

    for (guint i = 0; i < G_N_ELEMENTS(offsets_s); i++) {
        double t = (double)((int)mean_s + offsets_s[i]);
        g_autofree char *metric =
            g_strdup_printf("stale{after:%g,at:%s,dc:%s,fault:dc.outage}", t, place, dc);

        if (t > 0) {
            predict_at(who, detection, "still_old", t, metric, predictions);
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(after_change_s); i++) {
        g_autofree char *metric = g_strdup_printf(
            "stale{after_change:%d,at:%s,dc:%s,fault:dc.outage}", after_change_s[i], place, dc);

        predict_at(who, detection, "after_change", after_change_s[i], metric, predictions);
    }
}

static void predict_client(const Route53 *self, const Component *client, const char *dc,
                           const cJSON *detection, double mean_s, Predictions *predictions)
{
    const GPtrArray *resolvers = world_of_kind(client->world, "resolver");

    for (guint i = 0; i < resolvers->len; i++) {
        const Component *resolver = g_ptr_array_index(resolvers, i);
        Population who;

        if (resolver->site != client->site || !find_population(self, client, resolver, dc, &who)) {
            continue;
        }
        predict_population(&who, dc, detection, mean_s, predictions);
    }
}

void predict_caches(const Component *route53, const char *dc, const cJSON *detection, double mean_s,
                    Predictions *predictions)
{
    const Route53 *self = (const Route53 *)route53;
    const GPtrArray *clients = world_of_kind(route53->world, "client");

    if (json_member(route53->settings, "propagation") != NULL) {
        return; /* another law than the closed form's */
    }
    for (guint i = 0; i < clients->len; i++) {
        predict_client(self, g_ptr_array_index(clients, i), dc, detection, mean_s, predictions);
    }
}

/* httpd_members.c - whom httpd balances over and how each member is configured: BalancerMember's
 * parameters, status letters, expressions of health checks. Source: httpd 2.4 manual of mod_proxy,
 * mod_proxy_balancer and mod_proxy_hcheck. */
#include <string.h>

#include "models/web/httpd_parts.h"

/* What may stand for one member; what does not is as for all. */
typedef struct MemberSettings {
    double load_factor;
    int64_t set;
    char *route, *redirect, *status;
    SimSpan retry;
} MemberSettings;

static const Field member_fields[] = {
    FIELD_ROW(MemberSettings, load_factor, "loadfactor", FIELD_TYPE_NUMBER, double, .initial = "1",
              .lowest = "1", .highest = "100", .help = "Share of the load relative to the others",
              .source = "mod_proxy loadfactor 1"),
    FIELD_ROW(MemberSettings, set, "lbset", FIELD_TYPE_COUNT, int64_t, .initial = "0",
              .lowest = "0", .highest = "99",
              .help = "Members of a higher set work when no member of a lower one can",
              .source = "mod_proxy lbset 0"),
    FIELD_TEXT(MemberSettings, route, .help = "Sessions that name it belong to this member"),
    FIELD_TEXT(MemberSettings, redirect,
               .help = "Route of the member that takes the sessions of this one when it cannot"),
    FIELD_TEXT(MemberSettings, status,
               .help = "Letters after + or -: D disabled, S stopped, I ignores errors, N drains, "
                       "H hot standby, R hot spare"),
    FIELD_SPAN(MemberSettings, retry, .initial = "60s",
               .help = "How long it is left out after an error; default: that of all members",
               .source = "mod_proxy retry=60"),
    FIELD_END,
};

/* "wildfly@DC01-app1" is called "*", "DC01-app1" or "app1". */
static bool is_called(const Component *peer, const char *name)
{
    const char *place = strchr(peer->name, '@');
    size_t site = peer->site != NULL ? strlen(peer->site->name) : 0;

    if (strcmp(name, "*") == 0) {
        return true;
    }
    if (place == NULL) {
        return false;
    }
    place++;
    return strcmp(place, name) == 0 ||
           (peer->site != NULL && strncmp(place, peer->site->name, site) == 0 &&
            place[site] == '-' && strcmp(place + site + 1, name) == 0);
}

static void apply_settings(BalancerMember *member, const MemberSettings *settings,
                           const cJSON *tree, DiagList *diags)
{
    member->factor = (int)(settings->load_factor * 100.0);
    member->set = (uint32_t)settings->set;
    member->route = settings->route != NULL ? g_intern_string(settings->route) : NULL;
    member->redirect = settings->redirect != NULL ? g_intern_string(settings->redirect) : NULL;
    member->retry = settings->retry;
    if (settings->status != NULL && !balancer_read_flags(settings->status, &member->flags)) {
        diag_add(diags, DIAG_ERROR, tree, DIAG_KEY,
                 "'status' takes the letters D, S, I, N, H and R after + or -, not '%s'",
                 settings->status);
    }
}

static void read_member(const Httpd *httpd, uint32_t index, DiagList *diags)
{
    MemberSettings settings = {0};
    const cJSON *entry, *last = httpd->component.settings;

    field_defaults(member_fields, &settings);
    settings.retry = httpd->retry;
    cJSON_ArrayForEach(entry, httpd->member_settings)
    {
        if (is_called(httpd->backends[index].peer, entry->string)) {
            field_read(member_fields, &settings, entry, diags);
            last = entry;
        }
    }
    httpd->balancer.members[index] = (BalancerMember){.heard = -1};
    apply_settings(&httpd->balancer.members[index], &settings, last, diags);
    httpd->initial[index] = httpd->balancer.members[index];
    field_clear(member_fields, &settings);
}

/* A name that fits no member anywhere is a mistake. */
static void check_names(const Httpd *httpd, const GPtrArray *all, DiagList *diags)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, httpd->member_settings)
    {
        bool is_known = false;

        for (guint i = 0; i < all->len && entry->string != NULL; i++) {
            is_known = is_known || is_called(g_ptr_array_index(all, i), entry->string);
        }
        if (!is_known) {
            diag_add(diags, DIAG_ERROR, entry, DIAG_KEY,
                     "no member is called '%s': names are like \"app1\", \"DC01-app1\" or \"*\"",
                     entry->string != NULL ? entry->string : "");
        }
    }
}

static bool is_ours(const Httpd *httpd, const Component *peer)
{
    switch (httpd->members) {
    case MEMBERS_SITE:
        return peer->site == httpd->component.site;
    case MEMBERS_OWN_NODE:
        return peer->host == httpd->component.host;
    default:
        return true;
    }
}

static void find_members(Httpd *httpd, const GPtrArray *all)
{
    Backend *backends = g_new0(Backend, all->len + 1);

    for (guint i = 0; i < all->len; i++) {
        Component *peer = g_ptr_array_index(all, i);
        if (is_ours(httpd, peer)) {
            backends[httpd->balancer.count] =
                (Backend){.httpd = httpd, .peer = peer, .index = httpd->balancer.count};
            httpd->balancer.count++;
        }
    }
    httpd->backends = backends;
    httpd->balancer.members = g_new0(BalancerMember, httpd->balancer.count + 1);
    httpd->initial = g_new0(BalancerMember, httpd->balancer.count + 1);
}

static void read_fail_codes(Httpd *httpd, DiagList *diags)
{
    for (char **text = httpd->fail_on_status; text != NULL && *text != NULL; text++) {
        guint64 code = g_ascii_strtoull(*text, NULL, 10);

        if (code < 100 || code > 599 || httpd->fail_codes_count == HTTPD_FAIL_CODES) {
            diag_add(diags, DIAG_ERROR, httpd->component.settings, DIAG_KEY,
                     "'failonstatus' takes up to %d HTTP statuses like \"503\", not '%s'",
                     HTTPD_FAIL_CODES, *text);
            return;
        }
        httpd->fail_codes[httpd->fail_codes_count++] = (uint32_t)code;
    }
}

/* Of an expression of %{REQUEST_STATUS} the pattern, and whether it must match: NULL for any other.
 */
static char *status_pattern(const char *text, bool *must_match)
{
    g_autoptr(GRegex) form = g_regex_new("^\\s*%\\{REQUEST_STATUS\\}\\s*([=!])~\\s*/(.*)/\\s*$",
                                         (GRegexCompileFlags)0, (GRegexMatchFlags)0, NULL);
    g_autoptr(GMatchInfo) match = NULL;

    if (!g_regex_match(form, text, (GRegexMatchFlags)0, &match)) {
        return NULL;
    }
    g_autofree char *sign = g_match_info_fetch(match, 1);

    *must_match = sign[0] == '=';
    return g_match_info_fetch(match, 2);
}

/* Which statuses pass a check: 200 to 399, or as hcexpr says of the status. Bodies are not
 * modelled, so an expression of anything else is as none. */
static void read_check_expression(Httpd *httpd, DiagList *diags)
{
    bool must_match = true;
    g_autoptr(GError) error = NULL;
    g_autoptr(GRegex) regex = NULL;
    g_autofree char *pattern =
        httpd->hc_expr != NULL ? status_pattern(httpd->hc_expr, &must_match) : NULL;

    if (pattern != NULL) {
        regex = g_regex_new(pattern, (GRegexCompileFlags)0, (GRegexMatchFlags)0, &error);
        if (regex == NULL) {
            diag_add(diags, DIAG_ERROR, httpd->component.settings, DIAG_KEY,
                     "'hcexpr' holds no regular expression: %s", error->message);
        }
    } else if (httpd->hc_expr != NULL) {
        diag_add(diags, DIAG_WARNING, httpd->component.settings, DIAG_KEY,
                 "'hcexpr' is understood of statuses only, like "
                 "\"%%{REQUEST_STATUS} =~ /^[234]/\"; '%s' counts as none",
                 httpd->hc_expr);
    }
    for (uint32_t code = 100; code < HTTPD_CODES; code++) {
        g_autofree char *text = g_strdup_printf("%u", code);

        httpd->hc_codes[code] =
            regex != NULL ? g_regex_match(regex, text, (GRegexMatchFlags)0, NULL) == must_match
                          : code >= 200 && code < 400;
    }
}

void httpd_read_members(Httpd *httpd, DiagList *diags)
{
    const GPtrArray *all = world_of_kind(httpd->component.world, httpd->backend_kind);

    find_members(httpd, all);
    if (httpd->balancer.count == 0) {
        diag_add(diags, DIAG_ERROR, httpd->component.settings, DIAG_KEY,
                 "'%s' has no '%s' %s to balance over", httpd->component.name, httpd->backend_kind,
                 httpd->members == MEMBERS_SITE       ? "in its site"
                 : httpd->members == MEMBERS_OWN_NODE ? "on its node"
                                                      : "anywhere");
    }
    if (httpd->max_attempts < 0) { /* the stock value: one less than there are members */
        httpd->max_attempts = MAX((int64_t)httpd->balancer.count - 1, 0);
    }
    check_names(httpd, all, diags);
    for (uint32_t i = 0; i < httpd->balancer.count; i++) {
        read_member(httpd, i, diags);
    }
    read_fail_codes(httpd, diags);
    read_check_expression(httpd, diags);
    httpd->balancer.method = (BalancerMethod)httpd->method;
    httpd->balancer.force_recovery = httpd->force_recovery;
    httpd->balancer.no_failover = httpd->no_failover;
    httpd->balancer.hcpasses = (uint32_t)httpd->hc_passes;
    httpd->balancer.hcfails = (uint32_t)httpd->hc_fails;
    httpd->balancer.rng = &httpd->choice_rng;
}

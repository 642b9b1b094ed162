/* dns_rig.c - a rig with Route 53. */
#include "tests/support/dns_rig.h"

#include <check.h>
#include <glib/gstdio.h>

#include "models/dns/health_checker.h"
#include "tests/support/zone_text.h"

extern const Kind resolver_kind;
extern const Kind httpd_kind;

static void put_file(const char *directory, const char *name, const char *format,
                     const char *inside)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *quoted = zone_text_quotes(inside);
    g_auto(GStrv) parts = g_strsplit(format, "%", 2);
    g_autofree char *text = g_strconcat(parts[0], quoted, parts[1], NULL);

    ck_assert(g_file_set_contents(path, text, -1, NULL));
}

DnsRig dns_rig_new(uint64_t seed, const char *sets, const char *checks)
{
    DnsRig dns = {.rig = rig_new(seed, &route53_kind, &health_checker_kind, &resolver_kind,
                                 &httpd_kind, NULL),
                  .directory = g_dir_make_tmp("dns-rig-XXXXXX", NULL)};

    put_file(dns.directory, "zone.json", "{\"ResourceRecordSets\": [%]}", sets);
    put_file(dns.directory, "health-checks.json", "{\"HealthChecks\": [%]}", checks);
    rig_site(dns.rig, "DC03");
    rig_host(dns.rig, "DC03-app1", "192.0.2.31", NULL);
    dns.endpoint = rig_probe(dns.rig, "DC03-app1");
    dns.endpoint->answer.code = 200;
    host_listen(dns.endpoint->component.host, 80, &dns.endpoint->component);
    return dns;
}

void dns_rig_serve(DnsRig *dns, const char *settings)
{
    g_autofree char *more = zone_text_quotes(settings);
    g_autofree char *json =
        g_strdup_printf("{ \"zone\": \"%s/zone.json\"%s }", dns->directory, more);

    dns->route53 = rig_add(dns->rig, "route53", "world", json);
}

void dns_rig_add_checker_sites(DnsRig *dns)
{
    static const char *const rtts[HEALTH_REGIONS] = {"92ms",  "153ms", "143ms", "27ms",
                                                     "178ms", "283ms", "233ms", "201ms"};

    for (int i = 0; i < HEALTH_REGIONS; i++) {
        g_autofree char *json = g_strdup_printf("{ \"rtt\": \"%s\" }", rtts[i]);

        rig_site_of(dns->rig, health_regions[i], SITE_CHECKER);
        rig_link(dns->rig, health_regions[i], "DC03", json);
        rig_link(dns->rig, "DC03", health_regions[i], json);
    }
}

void dns_rig_clear(DnsRig *dns)
{
    static const char *const names[] = {"zone.json", "health-checks.json"};

    rig_free(dns->rig);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(dns->directory, names[i], NULL);

        g_remove(path);
    }
    g_rmdir(dns->directory);
    g_free(dns->directory);
}

/* fuzz_route53.c - libFuzzer target: zones, health checks and change batches from any bytes. What
 * is read must answer; what is not must say why. */
#include <stddef.h>
#include <stdint.h>

#include "models/dns/route53_answer.h"
#include "models/dns/route53_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char one_check[] = "{\"HealthChecks\": [{\"Id\": \"a\", \"HealthCheckConfig\": "
                                "{\"Type\": \"HTTP\", \"IPAddress\": \"192.0.2.1\"}}]}";

static void ask_all(const Zone *zone, const HealthChecks *checks)
{
    static const DnsPlace places[] = {{"EU", "DE", NULL}, {"NA", "US", "NY"}, {NULL, NULL, NULL}};
    g_autofree bool *healthy = g_new0(bool, checks->checks->len + 1);
    Rng rng;

    rng_init(&rng, 1, "fuzz");
    for (guint i = 0; i < zone->groups->len; i++) {
        const RecordGroup *group = g_ptr_array_index(zone->groups, i);
        Question question = {.name = group->name, .type = "A", .place = places[i % 3]};
        Answer answer = route53_answer(zone, &question, healthy, &rng);

        g_assert_cmpuint(answer.count, <=, ANSWER_MOST);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document =
        json_document_parse("fuzz.json", (const char *)data, size, false, diags);
    g_autoptr(JsonDocument) check =
        json_document_parse("check.json", one_check, sizeof one_check - 1, false, diags);
    g_autoptr(HealthChecks) checks = health_checks_read(check, diags);
    g_autoptr(HealthChecks) other = NULL;
    g_autoptr(Zone) zone = NULL;
    g_autoptr(Zone) changed = NULL;
    g_autofree char *said = NULL;
    guint before;

    if (document == NULL) {
        return 0;
    }
    before = diag_count_errors(diags);
    zone = route53_read_zone(document, checks, diags);
    g_assert_true((zone == NULL) == (diag_count_errors(diags) > before));
    if (zone != NULL) {
        ask_all(zone, checks);
        changed = route53_read_change(document, zone, checks, diags);
    } else {
        g_autoptr(GPtrArray) none = g_ptr_array_new();
        g_autoptr(Zone) empty = zone_new(none, checks, diags);

        changed = route53_read_change(document, empty, checks, diags);
    }
    other = health_checks_read(document, diags);
    said = diag_list_to_text(diags);
    return 0;
}

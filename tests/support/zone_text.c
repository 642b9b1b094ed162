/* zone_text.c - zones and health checks for tests. */
#include "tests/support/zone_text.h"

#include <check.h>
#include <string.h>

char *zone_text_quotes(const char *text)
{
    char *copy = g_strdup(text);

    return g_strdelimit(copy, "'", '"');
}

static JsonDocument *parse(const char *text, DiagList *diags)
{
    return json_document_parse("zone.json", text, strlen(text), false, diags);
}

HealthChecks *zone_text_checks(void)
{
    static const char *const ids[HC_COUNT] = {
        "hc-dc01", "hc-dc02", "hc-dc03", "hc-dcb1", "hc-dcb2", "a", "b", "c", "d", "e", "f"};
    g_autoptr(GString) text = g_string_new("{\"HealthChecks\": [");
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = NULL;
    HealthChecks *checks;

    for (int i = 0; i < HC_COUNT; i++) {
        g_string_append_printf(text,
                               "%s{\"Id\": \"%s\", \"HealthCheckConfig\": {\"Type\": \"HTTP\", "
                               "\"IPAddress\": \"192.0.2.%d\"}}",
                               i > 0 ? "," : "", ids[i], 10 * i + 11);
    }
    g_string_append(text, "]}");
    document = parse(text->str, diags);
    ck_assert_ptr_nonnull(document);
    checks = health_checks_read(document, diags);
    ck_assert_ptr_nonnull(checks);
    return checks;
}

Zone *zone_text_read(const char *sets, const HealthChecks *checks)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autofree char *quoted = zone_text_quotes(sets);
    g_autofree char *text = g_strdup_printf("{\"ResourceRecordSets\": [%s]}", quoted);
    g_autoptr(JsonDocument) document = parse(text, diags);
    Zone *zone = document != NULL ? route53_read_zone(document, checks, diags) : NULL;

    if (zone == NULL) {
        g_autofree char *said = diag_list_to_text(diags);

        ck_abort_msg("%s", said);
    }
    return zone;
}

char *zone_text_complaints(const char *text, const HealthChecks *checks)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = parse(text, diags);
    g_autoptr(Zone) zone = NULL;

    if (document != NULL) {
        zone = route53_read_zone(document, checks, diags);
        ck_assert_int_eq(zone != NULL, diag_count_errors(diags) == 0);
    }
    return diag_list_to_text(diags);
}

char *zone_text_check_complaints(const char *text)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autofree char *quoted = zone_text_quotes(text);
    g_autoptr(JsonDocument) document = parse(quoted, diags);
    g_autoptr(HealthChecks) checks = NULL;

    if (document != NULL) {
        checks = health_checks_read(document, diags);
        ck_assert_int_eq(checks != NULL, diag_count_errors(diags) == 0);
    }
    return diag_list_to_text(diags);
}

Zone *zone_text_file(const char *name, const HealthChecks *checks)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autofree char *path = g_build_filename("scenarios", "conf", name, NULL);
    g_autoptr(JsonDocument) document = json_document_read(path, diags);
    Zone *zone = document != NULL ? route53_read_zone(document, checks, diags) : NULL;

    if (zone == NULL) {
        g_autofree char *said = diag_list_to_text(diags);

        ck_abort_msg("%s", said);
    }
    return zone;
}

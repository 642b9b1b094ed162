/* money.c - what a system costs a month. */
#include "sim/study/money.h"

#include <math.h>

#include "sim/config/json_place.h"

#define TLS_AND_TCP 1.05
#define HINTS_AND_REPAIR 1.05

#define PRICE(member, text)                                                                        \
    FIELD_NUMBER(Prices, member, .flags = FIELD_REQUIRED, .lowest = "0", .highest = "1000000",     \
                 .help = text)

static const Field price_fields[] = {
    FIELD_TEXT(Prices, date, .flags = FIELD_REQUIRED, .help = "Day of the list, \"2026-09-30\""),
    FIELD_TEXT(Prices, currency, .flags = FIELD_REQUIRED, .help = "Of all prices but those in usd"),
    PRICE(eur_per_usd, "What a dollar costs in that currency"),
    PRICE(traffic_per_tb, "Outgoing traffic beyond the quota"),
    PRICE(volume_per_gb, "A volume's gigabyte a month"),
    PRICE(route53_zone_usd, "A hosted zone a month"),
    PRICE(route53_check_usd, "A health check of an endpoint outside AWS a month"),
    PRICE(route53_option_usd, "Each option of such a check a month"),
    PRICE(route53_million_queries_usd, "A million queries of the routing policy"),
    FIELD_END,
};

bool money_read(Prices *prices, const char *path, DiagList *diags)
{
    g_autoptr(JsonDocument) document = json_document_read(path, diags);

    *prices = (Prices){0};
    field_defaults(price_fields, prices);
    if (document == NULL) {
        return false;
    }
    g_autoptr(DiagList) own = diag_list_new(json_document_find, document);
    bool is_read = field_read(price_fields, prices, document->root, own);

    if (!is_read) {
        g_autofree char *text = diag_list_to_text(own);

        diag_add(diags, DIAG_ERROR, NULL, DIAG_VALUE, "%s", g_strchomp(text));
    }
    return is_read;
}

void money_clear(Prices *prices)
{
    field_clear(price_fields, prices);
}

double money_route53_usd(const Prices *prices, double checks, double options,
                         double million_queries)
{
    return prices->route53_zone_usd +
           checks * (prices->route53_check_usd + options * prices->route53_option_usd) +
           million_queries * prices->route53_million_queries_usd;
}

double money_million_queries(double resolvers, double ttl_s)
{
    return resolvers * MONEY_MONTH_S / ttl_s / 1e6;
}

double money_traffic_tb(double answers_per_s, double answer_bytes, double writes_per_s,
                        double write_bytes, double sites)
{
    double answers = answers_per_s * answer_bytes * TLS_AND_TCP;
    double copies = writes_per_s * write_bytes * fmax(sites - 1, 0) * HINTS_AND_REPAIR;

    return (answers + copies) * MONEY_MONTH_S / 1e12;
}

double money_overage(const Prices *prices, double tb, double quota_tb, double servers)
{
    return fmax(tb - quota_tb * servers, 0) * prices->traffic_per_tb;
}

double money_per_million(double monthly, double mean_per_s)
{
    return mean_per_s > 0 ? monthly / (mean_per_s * MONEY_MONTH_S / 1e6) : (double)NAN;
}

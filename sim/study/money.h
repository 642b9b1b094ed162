/* money.h - what a system costs a month, by item, and what a million requests cost. Plain
 * arithmetic over a price list with a date; a month has 2,592,000 s. Sources: hosts, operations,
 * workload and cost reference, section 10.3; Route 53 prices of September 2026; Hetzner list of
 * April 2026. */
#pragma once

#include "sim/config/field.h"

#define MONEY_MONTH_S 2592000.0

/* A price list; amounts in `currency` but where the name says usd. */
typedef struct Prices {
    char *date, *currency;
    double eur_per_usd;
    double traffic_per_tb; /* beyond the quota, outgoing */
    double volume_per_gb;  /* a month */
    double route53_zone_usd, route53_check_usd, route53_option_usd;
    double route53_million_queries_usd;
} Prices;

/* Reads a price file. False, with every missing or wrong price in `diags`. */
bool money_read(Prices *prices, const char *path, DiagList *diags);
void money_clear(Prices *prices);

/* Zone, health checks of an endpoint outside AWS with so many options (HTTPS, string match, 10 s)
 * each, and queries; USD a month. */
double money_route53_usd(const Prices *prices, double checks, double options,
                         double million_queries);

/* A resolver with steady demand asks once in a time to live: millions a month. */
double money_million_queries(double resolvers, double ttl_s);

/* TB that leave in a month: answers with 5 % for TLS and TCP, copies of writes to the other sites,
 * 5 % of those for hints and repair. */
double money_traffic_tb(double answers_per_s, double answer_bytes, double writes_per_s,
                        double write_bytes, double sites);

/* What TB beyond the quota of each of `servers` cost. */
double money_overage(const Prices *prices, double tb, double quota_tb, double servers);

/* Of a million requests at a mean rate. */
double money_per_million(double monthly, double mean_per_s);

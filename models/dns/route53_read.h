/* route53_read.h - record sets and change batches as the AWS CLI prints and takes them.
 * Source: Route 53 API reference 2013-04-01 (list-resource-record-sets,
 * change-resource-record-sets). Left out: local zones of geoproximity, which are refused. Of the
 * syntax of values what decides an answer, and IPv6 addresses, texts, MX and names. */
#pragma once

#include "models/dns/route53_zone.h"

/* "A", "AAAA", ...: all that a zone can hold; ends with NULL. */
extern const char *const route53_record_types[];

/* Why the name, with or without its last dot, cannot be one (RFC 1035: labels of 1 to 63
 * characters, 255 in all), or NULL. Escapes like \052 count by their characters. */
const char *route53_name_fault(const char *name);

/* Reads {"ResourceRecordSets": [...]}; checks it as a whole. NULL when anything was reported. */
Zone *route53_read_zone(JsonDocument *document, const HealthChecks *checks, DiagList *diags);

/* Reads a change batch, bare or wrapped; empty when anything was reported. Caller unrefs the array
 * (of Change) and frees the sets. */
GArray *route53_read_changes(JsonDocument *document, DiagList *diags);

/* Reads a change batch, bare or wrapped as {"HostedZoneId": ..., "ChangeBatch": {...}}, and applies
 * it. NULL, with the reasons in `diags`, when it cannot be applied as a whole. */
Zone *route53_read_change(JsonDocument *document, const Zone *zone, const HealthChecks *checks,
                          DiagList *diags);

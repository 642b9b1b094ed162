/* zone_text.h - zones and health checks for tests, from text or from the shipped files. */
#pragma once

#include "models/dns/route53_answer.h"
#include "models/dns/route53_read.h"

/* Five checks "hc-dc01" .. "hc-dcb2" and "a" .. "f", in this order: ranks 0 to 10. */
enum { HC_DC01, HC_DC02, HC_DC03, HC_DCB1, HC_DCB2, HC_A, HC_B, HC_C, HC_D, HC_E, HC_F, HC_COUNT };
HealthChecks *zone_text_checks(void);

/* A zone out of the record sets in `sets` (the inside of the array; quotes may be single), a
 * failure prints the messages and ends the test. */
Zone *zone_text_read(const char *sets, const HealthChecks *checks);

/* What is said about a zone text (whole document, quotes as they are), or about a health-check
 * text: "" when it is right. Caller frees. */
char *zone_text_complaints(const char *text, const HealthChecks *checks);
char *zone_text_check_complaints(const char *text);

/* A shipped zone: "scenarios/conf/<name>". */
Zone *zone_text_file(const char *name, const HealthChecks *checks);

/* `text` with ' made ". Caller frees. */
char *zone_text_quotes(const char *text);

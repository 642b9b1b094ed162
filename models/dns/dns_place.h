/* dns_place.h - where a DNS query seems to come from, as a provider's table of addresses has it.
 * Source: ISO 3166-1 alpha-2; continents as Route 53 and its address table group them (Russia and
 * Ukraine EU; Turkey and Cyprus AS; Egypt AF; Mexico, Central America and the Caribbean NA). */
#pragma once

/* Each may be NULL: not known. */
typedef struct DnsPlace {
    const char *continent;   /* "EU" */
    const char *country;     /* "DE" */
    const char *subdivision; /* of the US: "NY" */
} DnsPlace;

/* The continent of a country ("DE": "EU"), or NULL for an unknown code. */
const char *dns_place_continent(const char *country);

/* route53_answer.h - the answer algorithm of Route 53's data plane: a stateless function of zone,
 * name, type, place of the asker and states of the health checks. Always returns the full TTL.
 * Source: Route 53 Developer Guide ("How Route 53 chooses records when health checking is
 * configured", "Choosing a routing policy"). */
#pragma once

#include "models/dns/dns_place.h"
#include "models/dns/route53_zone.h"
#include "sim/base/rng.h"

/* Up to eight values: the limit of multivalue answers. A simple record with more gives eight of
 * them. */
#define ANSWER_MOST 8

/* Latency between the asker and an AWS region; SIM_NEVER when it is not known. */
typedef SimSpan AnswerLatency(void *context, const char *region);

/* One step of an answer: `group` was asked and `chosen` (NULL: none fits the asker) goes on;
 * `takes_all`: no candidate was healthy, so all count as such. */
typedef void AnswerTrace(void *context, const RecordGroup *group, const RecordMember *chosen,
                         bool takes_all);

/* How exactly the asker's address fits the set's location of a CIDR collection: the length of the
 * prefix and 2, 1 for the default location "*", 0 not at all. */
typedef int AnswerCidr(void *context, const RecordSet *set);

typedef struct Question {
    const char *name; /* lower case, with trailing dot */
    const char *type; /* "A" */
    DnsPlace place;
    AnswerLatency *latency; /* may be NULL: all regions are equally far, the first one answers */
    void *latency_context;
    AnswerCidr *cidr;   /* with the same context; may be NULL: only the default location fits */
    AnswerTrace *trace; /* NULL: nobody wants to know why */
    void *trace_context;
} Question;

typedef struct Answer {
    uint32_t code; /* DNS_NOERROR, DNS_NXDOMAIN; no error and no value is NODATA */
    guint count;   /* of addresses */
    uint32_t addresses[ANSWER_MOST];    /* of an A record, in random order, host byte order */
    int64_t ttl_s;                      /* of the answer, or for how long "no" may be kept */
    guint set_count;                    /* of sets */
    const RecordSet *sets[ANSWER_MOST]; /* that gave it; owned by the zone */
} Answer;

/* `healthy` has one flag for each health check by rank. Draws from `rng` for weights, multivalue
 * choice and order. */
Answer route53_answer(const Zone *zone, const Question *question, const bool *healthy, Rng *rng);

/* Whether the set would be preferred over unhealthy ones: its check, and for an alias that
 * evaluates its target, any of the target's members. */
bool route53_is_healthy(const RecordMember *member, const bool *healthy);

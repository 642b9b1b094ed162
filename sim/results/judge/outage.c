/* outage.c - spans without service. */
#include "sim/results/judge/outage.h"

const OutageRules outage_rules = {.success_ratio = 0.99, .bucket_s = 1};

typedef enum Bucket { BUCKET_GOOD, BUCKET_BAD, BUCKET_EMPTY } Bucket;

static Bucket judge_bucket(const OutageRules *rules, const ResultsCounts *seconds, guint count,
                           uint64_t *requests)
{
    uint64_t ok = 0;
    uint64_t all = 0;

    for (guint i = 0; i < count; i++) {
        ok += seconds[i].ok;
        all += seconds[i].ok + seconds[i].failed;
    }
    *requests += all;
    if (all == 0) {
        return BUCKET_EMPTY;
    }
    return (double)ok < rules->success_ratio * (double)all ? BUCKET_BAD : BUCKET_GOOD;
}

/* An outage from second `begin` to `end`. */
static void note_outage(Outages *outages, guint begin, guint end)
{
    double length = (double)(end - begin);

    outages->count++;
    outages->total_s += length;
    if (length > outages->longest_s) {
        outages->longest_s = length;
        outages->longest_begin_s = begin;
    }
}

Outages outage_find(const OutageRules *rules, const ResultsCounts *seconds, guint count)
{
    Outages outages = {.count = 0};
    guint begin = G_MAXUINT; /* of the outage that goes on; G_MAXUINT: none */
    guint end = 0;           /* of its last bad bucket */

    for (guint i = 0; i < count; i += rules->bucket_s) {
        guint length = MIN(rules->bucket_s, count - i);
        Bucket bucket = judge_bucket(rules, seconds + i, length, &outages.requests);

        if (bucket == BUCKET_BAD) {
            begin = begin == G_MAXUINT ? i : begin;
            end = i + length;
        } else if (bucket == BUCKET_GOOD && begin != G_MAXUINT) {
            note_outage(&outages, begin, end);
            begin = G_MAXUINT;
        }
    }
    if (begin != G_MAXUINT) {
        note_outage(&outages, begin, end);
    }
    return outages;
}

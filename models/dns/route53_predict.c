/* route53_predict.c - see route53_predict.h. Checkers have phases of their own, so the decision
 * comes with the m-th of n, threshold and time-outs after it. Left out: the answer of a healthy
 * endpoint lengthens the cycle by a round trip or three, about a per cent of the interval. */
#include "models/dns/route53_predict.h"

#include "models/dns/predict_caches.h"
#include "models/dns/route53_parts.h"

#include <string.h>

/* Faults that leave nothing of a data centre that could refuse a connection. */
static const char *const silent_faults[] = {"dc.outage", "dc.isolate"};

/* A silent endpoint takes all of the budget to connect. */
#define SILENT_S 4.0
#define SILENT_TCP_S 10.0

/* The checks of one data centre. */
typedef struct SiteChecks {
    const HealthCheck *check; /* the first */
    guint count, checkers;
    bool are_alike;
} SiteChecks;

static guint count_checkers(Component *self, guint check)
{
    guint count = 0;

    for (guint rank = 0; rank < HEALTH_CHECKERS; rank++) {
        count += route53_is_probed_by(self, check, rank);
    }
    return count;
}

/* Those of `dc` that are probed. */
static SiteChecks find_checks(Component *self, const char *dc)
{
    const HealthChecks *checks = route53_checks(self);
    SiteChecks found = {.are_alike = true};

    for (guint i = 0; i < checks->checks->len; i++) {
        const HealthCheck *check = health_checks_at(checks, i);
        guint checkers = count_checkers(self, i);

        if (checkers == 0 || strcmp(route53_check_dc(self, i), dc) != 0) {
            continue;
        }
        if (found.count++ == 0) {
            found.check = check;
            found.checkers = checkers;
        }
        found.are_alike = found.are_alike && !check->is_inverted &&
                          check->interval == found.check->interval &&
                          check->threshold == found.check->threshold &&
                          check->type == found.check->type && checkers == found.checkers;
    }
    return found;
}

/* How many of `checkers` must have failed for the rest not to be enough. */
static guint need_failed(guint checkers)
{
    guint failed = 1;

    while (failed < checkers && health_quorum(checkers - failed, checkers)) {
        failed++;
    }
    return failed;
}

static void predict_site(Component *self, const char *dc, Predictions *predictions)
{
    SiteChecks found = find_checks(self, dc);
    cJSON *params;

    if (found.count == 0 || found.count > 2 || !found.are_alike || found.check->period > 0 ||
        found.check->timeout > 0) {
        return; /* of several checks, whose decision is seen first has no closed form here */
    }
    params = cJSON_CreateObject();
    cJSON_AddNumberToObject(params, "interval", sim_span_to_s(found.check->interval));
    cJSON_AddNumberToObject(params, "threshold", (double)found.check->threshold);
    cJSON_AddNumberToObject(params, "check_timeout",
                            found.check->type == HEALTH_TCP ? SILENT_TCP_S : SILENT_S);
    cJSON_AddNumberToObject(params, "checkers", found.checkers);
    cJSON_AddNumberToObject(params, "need_failed", need_failed(found.checkers));
    cJSON *detection = cJSON_Duplicate(params, true);

    cJSON_AddNumberToObject(params, "ttl", 0);
    cJSON_AddNumberToObject(params, "propagation",
                            draw_mean(((const Route53 *)self)->propagation) / SIM_S);
    if (!predictions_ask(predictions, "dns-checkers", params)) {
        cJSON_Delete(detection);
        return;
    }
    double mean_s = predictions_figure(predictions, "detect_mean");

    for (guint i = 0; i < G_N_ELEMENTS(silent_faults); i++) {
        g_autofree char *event =
            g_strdup_printf("route53.health-changed{dc:%s,to:unhealthy,fault:%s,of:%u}", dc,
                            silent_faults[i], found.count);

        g_autofree char *answers =
            g_strdup_printf("route53.answers-changed{dc:%s,to:unhealthy,fault:%s,of:%u}", dc,
                            silent_faults[i], found.count);

        predictions_add(predictions, "detect_mean", 1, event, "delay");
        predictions_add(predictions, "outage_mean", 1, answers, "delay");
    }
    if (found.count == 1) {
        predict_caches(self, dc, detection, mean_s, predictions);
    }
    cJSON_Delete(detection);
}

void route53_predict(const Component *component, Predictions *predictions)
{
    Component *self = (Component *)(uintptr_t)component; /* only looked at */
    guint count = world_count_sites(component->world);

    for (guint i = 0; i < count; i++) {
        const Site *site = world_site(component->world, i);

        if (site->type == SITE_DC) {
            predict_site(self, site->name, predictions);
        }
    }
}

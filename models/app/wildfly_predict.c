/* wildfly_predict.c - what requests take of an application server's CPU once it is warm. */
#include <math.h>

#include "models/app/wildfly_parts.h"
#include "models/parts/host_share.h"

static bool costs_the_same(const Component *one, const Component *other)
{
    const Wildfly *a = (const Wildfly *)one, *b = (const Wildfly *)other;

    return isfinite(draw_mean(a->cpu)) && fabs(draw_mean(a->cpu) - draw_mean(b->cpu)) <= 0 &&
           a->health_cpu == b->health_cpu;
}

void wildfly_predict(const Component *self, Predictions *predictions)
{
    const Wildfly *server = (const Wildfly *)self;
    double cpu_s = draw_mean(server->cpu) / SIM_S, health_s = sim_span_to_s(server->health_cpu);
    g_autofree char *terms = g_strdup_printf("requests of WildFly as counted, %.0f us, for its "
                                             "health %.0f us",
                                             cpu_s * 1e6, health_s * 1e6);

    if (host_share_begin(self, costs_the_same, terms, predictions)) {
        host_share_add(self, "requests", cpu_s, predictions);
        host_share_add(self, "health_requests", health_s - cpu_s, predictions);
        host_share_add(self, "refused_booting", -cpu_s, predictions);
    }
}

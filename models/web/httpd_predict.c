/* httpd_predict.c - what requests and handshakes take of a server's CPU. */
#include "models/parts/host_share.h"
#include "models/web/httpd_parts.h"

static bool costs_the_same(const Component *one, const Component *other)
{
    const Httpd *a = (const Httpd *)one, *b = (const Httpd *)other;

    return a->proxy_cpu == b->proxy_cpu && a->tls_full_cpu == b->tls_full_cpu &&
           a->tls_resumed_cpu == b->tls_resumed_cpu;
}

void httpd_predict(const Component *self, Predictions *predictions)
{
    const Httpd *httpd = (const Httpd *)self;
    double proxy_s = sim_span_to_s(httpd->proxy_cpu);
    double full_s = sim_span_to_s(httpd->tls_full_cpu);
    double resumed_s = sim_span_to_s(httpd->tls_resumed_cpu);
    g_autofree char *terms =
        g_strdup_printf("requests and handshakes of httpd as counted, %.0f us, full %.0f us, "
                        "resumed %.0f us",
                        proxy_s * 1e6, full_s * 1e6, resumed_s * 1e6);

    if (host_share_begin(self, costs_the_same, terms, predictions)) {
        host_share_add(self, "requests", proxy_s, predictions);
        host_share_add(self, "handshakes_full", full_s, predictions);
        host_share_add(self, "handshakes_resumed", resumed_s, predictions);
    }
}

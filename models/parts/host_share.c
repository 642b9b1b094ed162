/* host_share.c - see host_share.h. Rates are those that the campaign counted while nothing was done
 * to it, costs the means of the configured laws, stretched by what neighbours take on average. */
#include "models/parts/host_share.h"

#include <math.h>
#include <string.h>

#include "sim/world/host.h"
#include "sim/world/world.h"

#define LAW "utilisation law"

/* The hosts that a component's own host is like, and who of its kind is there. */
typedef struct Hosts {
    const Component *first; /* of the kind */
    guint count, of_kind;
    bool are_alike, are_foretold;
} Hosts;

static void count_component(Hosts *hosts, const Component *self, const Component *other,
                            HostShareAlike *alike)
{
    if (other->kind == self->kind) {
        hosts->first = hosts->of_kind++ == 0 ? other : hosts->first;
        hosts->are_alike = hosts->are_alike && alike(hosts->first, other) &&
                           host_count_vcpus(other->host) == host_count_vcpus(self->host);
    }
    hosts->are_foretold = hosts->are_foretold && other->kind->on_predict != NULL;
}

static Hosts look_at_hosts(const Component *self, HostShareAlike *alike)
{
    const Component *own = host_component(self->host);
    Hosts hosts = {.are_alike = true, .are_foretold = true};

    for (guint id = 0; id < world_count(self->world); id++) {
        const Component *other = world_component(self->world, id);
        const Component *host = other->host != NULL ? host_component(other->host) : other;

        if (host->kind != own->kind || host->site != own->site ||
            strcmp(host->role, own->role) != 0) {
            continue;
        }
        if (host == other) {
            hosts.count++;
        } else {
            count_component(&hosts, self, other, alike);
        }
    }
    return hosts;
}

bool host_share_begin(const Component *self, HostShareAlike *alike, const char *terms,
                      Predictions *predictions)
{
    Hosts hosts = look_at_hosts(self, alike);
    double stretch = host_mean_stretch(self->host);
    guint vcpus = hosts.count * host_count_vcpus(self->host);
    bool is_known = hosts.are_alike && hosts.are_foretold && hosts.of_kind == hosts.count;
    g_autofree char *metric = g_strdup_printf("utilisation{dc:%s,role:%s,phase:baseline}",
                                              self->site->name, host_component(self->host)->role);
    g_autofree char *hosts_terms =
        g_strdup_printf("%u vCPUs, each busy %.3f times as long", vcpus, stretch);

    if (hosts.first != self) {
        return false;
    }
    predictions_share(predictions, LAW, terms, hosts_terms, stretch / vcpus, metric, "avg");
    predictions_vary(predictions, host_stretch_spread(self->host) / sqrt(hosts.count),
                     "what neighbours of the hosts take");
    if (!is_known) {
        predictions_withdraw(predictions);
    }
    return is_known;
}

void host_share_add(const Component *self, const char *metric, double cost_s,
                    Predictions *predictions)
{
    g_autofree char *name =
        g_strdup_printf("%s{kind:%s,dc:%s,role:%s,phase:baseline}", metric, self->kind->name,
                        self->site->name, host_component(self->host)->role);

    predictions_add_work(predictions, name, cost_s);
}

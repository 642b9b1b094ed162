/* registry.c - a registry of servers (Eureka, Consul, a config server): servers on whose nodes a
 * 'registrar' runs tell it that they live, clients ask it for the list. One that has not been heard
 * of for a while is left out. Left out: copying between registries (each server tells all of them,
 * so that an isolated one forgets the servers it cannot hear) and Eureka's self-preservation, which
 * keeps stale entries when many fail at once. Source: Eureka client and server defaults; Consul
 * agents differ in the figures only. */
#include "sim/world/call.h"
#include "sim/world/host.h"
#include "sim/world/world.h"

typedef struct Entry {
    const Component *server;
    uint32_t address;
    SimTime heard; /* -1: never in this life */
} Entry;

typedef struct Registry {
    Component component; /* first */
    SimSpan expiry, time_to_live;
    uint64_t questions, heartbeats;
    Gauge servers;
    Entry *entries; /* one for each registrar, in order of id */
    guint count;
    Rng order;
} Registry;

#define ANSWER_BYTES 600 /* a list of some servers */

static bool is_listed(const Registry *registry, const Entry *entry)
{
    return entry->heard >= 0 &&
           world_now(registry->component.world) - entry->heard < registry->expiry;
}

/* At most MESSAGE_ADDRESSES servers in an order drawn anew, so that clients spread. */
static void answer(Registry *registry, const CallTicket *ticket)
{
    Message list = {.op = MESSAGE_RESOLVE,
                    .size_bytes = ANSWER_BYTES,
                    .code = DNS_NOERROR,
                    .time_to_live = registry->time_to_live};
    guint seen = 0;

    for (guint i = 0; i < registry->count; i++) {
        uint32_t place;

        if (!is_listed(registry, &registry->entries[i])) {
            continue;
        }
        seen++;
        place = (uint32_t)rng_below(&registry->order, seen);
        if (list.count < MESSAGE_ADDRESSES) {
            list.addresses[list.count++] = list.addresses[place];
        }
        if (place < MESSAGE_ADDRESSES) {
            list.addresses[place] = registry->entries[i].address;
        }
    }
    gauge_set(&registry->servers, world_now(registry->component.world), (double)seen);
    call_reply(&registry->component, ticket, &list);
}

static void registry_message(Component *self, const Message *message)
{
    Registry *registry = (Registry *)self;

    if (message->op == MESSAGE_RESOLVE) {
        registry->questions++;
        answer(registry, &message->ticket);
    } else if (message->op == MESSAGE_HEARTBEAT) {
        registry->heartbeats++;
        for (guint i = 0; i < registry->count; i++) {
            if (registry->entries[i].server == message->from) {
                registry->entries[i].heard = world_now(self->world);
            }
        }
    }
}

static void registry_wire(Component *self, World *world, DiagList *diags)
{
    Registry *registry = (Registry *)self;
    const GPtrArray *registrars = world_of_kind(world, "registrar");
    g_autofree char *stream = g_strdup_printf("%s/order", self->name);

    engine_open_stream(world_engine(world), &registry->order, stream);
    registry->entries = g_new0(Entry, registrars->len + 1);
    for (guint i = 0; i < registrars->len; i++) {
        const Component *one = g_ptr_array_index(registrars, i);

        registry->entries[registry->count++] =
            (Entry){.server = one, .address = host_address(one->host)};
    }
    if (registry->count == 0) {
        diag_add(diags, DIAG_ERROR, self->settings, DIAG_KEY,
                 "'%s' will never hear of a server: no node runs 'registrar'", self->name);
    }
}

/* At time 0 it knows all servers, as after a long quiet time; a later life begins empty. */
static void registry_start(Component *self)
{
    Registry *registry = (Registry *)self;
    SimTime now = world_now(self->world);

    for (guint i = 0; i < registry->count; i++) {
        registry->entries[i].heard = now == 0 ? 0 : -1;
    }
}

static void registry_free(Component *self)
{
    g_free(((Registry *)self)->entries);
}

static const Field registry_fields[] = {
    FIELD_SPAN(Registry, expiry, .initial = "90s", .lowest = "1s",
               .help = "A server that has not been heard of for so long leaves the list",
               .source = "Eureka leaseExpirationDurationInSeconds 90: three heartbeats of 30 s"),
    FIELD_SPAN(Registry, time_to_live, .initial = "30s", .lowest = "1s",
               .help = "How long a client uses the list before it asks again",
               .source = "Eureka client registryFetchIntervalSeconds 30"),
    FIELD_END,
};

static const MetricDef registry_metrics[] = {
    METRIC_COUNTER(Registry, questions, "Questions for the list"),
    METRIC_COUNTER(Registry, heartbeats, "Signs of life of servers"),
    METRIC_GAUGE(Registry, servers, "1", "Servers in the list when it was last asked for"),
    METRIC_END,
};

const Kind registry_kind = {
    .name = "registry",
    .help = "A registry that tells clients which servers live",
    .leaves_out = "copying between registries and self-preservation: clients keep their old list "
                  "when a registry knows nothing, which is what self-preservation is for",
    .size = sizeof(Registry),
    .scope = KIND_ON_NODE,
    .fields = registry_fields,
    .metrics = registry_metrics,
    .on_wire = registry_wire,
    .on_start = registry_start,
    .on_message = registry_message,
    .on_free = registry_free,
};

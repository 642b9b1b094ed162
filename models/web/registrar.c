/* registrar.c - the part of a server's process that tells registries that it lives, as a library in
 * the process does: silent while the process is gone or frozen, not while its requests hang. */
#include "sim/world/host.h"
#include "sim/world/network.h"
#include "sim/world/world.h"

typedef struct Registrar {
    Component component; /* first */
    char *process;
    SimSpan heartbeat;
    uint64_t heartbeats;
    const GPtrArray *registries;
    const Component *server;
    Rng phase;
} Registrar;

#define HEARTBEAT_BYTES 300

static void on_heartbeat(void *self, void *subject, uint64_t detail);
static const EventType heartbeat_event = {"registrar.heartbeat", on_heartbeat};

static void wait_next(Registrar *registrar, SimSpan span)
{
    engine_after(world_engine(registrar->component.world), span, &registrar->component.owner,
                 &heartbeat_event, NULL, 0);
}

static void on_heartbeat(void *self, void *subject, uint64_t detail)
{
    Registrar *registrar = self;
    Message beat = {.op = MESSAGE_HEARTBEAT, .size_bytes = HEARTBEAT_BYTES};

    (void)subject;
    (void)detail;
    if (registrar->server->is_up && !registrar->server->condition.paused) {
        registrar->heartbeats++;
        for (guint i = 0; i < registrar->registries->len; i++) {
            network_send(&registrar->component, g_ptr_array_index(registrar->registries, i), &beat);
        }
    }
    wait_next(registrar, registrar->heartbeat);
}

static void registrar_wire(Component *self, World *world, DiagList *diags)
{
    Registrar *registrar = (Registrar *)self;
    const GPtrArray *servers = world_of_kind(world, registrar->process);
    g_autofree char *stream = g_strdup_printf("%s/phase", self->name);

    engine_open_stream(world_engine(world), &registrar->phase, stream);
    registrar->registries = world_of_kind(world, "registry");
    for (guint i = 0; i < servers->len; i++) {
        const Component *server = g_ptr_array_index(servers, i);

        registrar->server = server->host == self->host ? server : registrar->server;
    }
    if (registrar->server == NULL) {
        diag_add(diags, DIAG_ERROR, self->settings, DIAG_KEY, "'%s' has no '%s' on its host",
                 self->name, registrar->process);
    }
    if (host_address(self->host) == 0) {
        diag_add(diags, DIAG_ERROR, self->settings, DIAG_KEY,
                 "'%s' has no address on its host to tell registries", self->name);
    }
}

static void registrar_start(Component *self)
{
    Registrar *registrar = (Registrar *)self;

    wait_next(registrar, (SimSpan)rng_below(&registrar->phase, (uint64_t)registrar->heartbeat));
}

static const Field registrar_fields[] = {
    FIELD_TEXT(Registrar, process, .initial = "wildfly",
               .help = "Kind of the server on its host that it speaks for", .source = "the seed"),
    FIELD_SPAN(Registrar, heartbeat, .initial = "30s", .lowest = "100ms",
               .help = "How often it tells that the server lives",
               .source = "Eureka leaseRenewalIntervalInSeconds 30"),
    FIELD_END,
};

static const MetricDef registrar_metrics[] = {
    METRIC_COUNTER(Registrar, heartbeats, "Rounds of signs of life"),
    METRIC_END,
};

const Kind registrar_kind = {
    .name = "registrar",
    .help = "Tells registries that the server on its host lives",
    .leaves_out = "leaving in good order: a server that is stopped by hand is missed like one that "
                  "died, which is slower",
    .size = sizeof(Registrar),
    .scope = KIND_ON_NODE,
    .fields = registrar_fields,
    .metrics = registrar_metrics,
    .on_wire = registrar_wire,
    .on_start = registrar_start,
};

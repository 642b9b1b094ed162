/* host.c - the VPS: its rows, its life, its ports and addresses; CPU, disk and neighbours are in
 * host_cpu.c, host_disk.c and host_noise.c. */
#include "sim/world/host.h"

#include <arpa/inet.h>

#include "sim/world/history.h"
#include "sim/world/host_address.h"
#include "sim/world/host_cpu.h"
#include "sim/world/host_disk.h"
#include "sim/world/host_noise.h"
#include "sim/world/inside.h"
#include "sim/world/world.h"

typedef enum StealModel { STEAL_NONE, STEAL_MARKOV, STEAL_QUIET } StealModel;

typedef struct Listener {
    uint16_t port;
    Component *component;
} Listener;

struct Host {
    Component component; /* first */
    int64_t vcpu;        /* configuration */
    /* what each piece of work meets */
    HostCpu cpu;
    bool is_booted, is_cold;
    Gauge utilisation, runnable, disk_busy, disk_queue;
    HostDisk disk;
    /* configuration */
    int64_t memory_bytes, disk_bytes, traffic_bytes;
    double monthly_cost, speed;
    int disk_profile, steal, tcp_stack;
    Draw boot, clock_offset;
    double clock_drift_ppm;
    SimSpan page_cache_fill;
    /* measurement */
    Gauge space_used;
    uint64_t boots;
    /* state */
    HostNoise noise;
    Rng boot_rng;
    Draw next_boot; /* instead of `boot`, once */
    GArray *listeners;
    int64_t space_taken_bytes;
    int64_t space_filled_bytes; /* by a fault, besides what is taken */
    SimSpan clock_begin;        /* offset at time 0 */
    SimTime cold_until;
    uint32_t address;
};

/* --- the own address ----------------------------------------------------------------------------
 */

/* Reads and enters the address; reports what is wrong with it. */
static bool host_set_address(Host *host, const char *address, const cJSON *settings,
                             DiagList *diags)
{
    struct in_addr parsed;
    Host *other;

    if (inet_pton(AF_INET, address, &parsed) != 1 || parsed.s_addr == 0) {
        diag_add(diags, DIAG_ERROR, settings, DIAG_VALUE,
                 "'%s' is not an IPv4 address, like \"192.0.2.11\"", address);
        return false;
    }
    other = host_find_address(host->component.world, ntohl(parsed.s_addr));
    if (other != NULL) {
        diag_add(diags, DIAG_ERROR, settings, DIAG_VALUE, "'%s' and '%s' both have the address %s",
                 other->component.name, host->component.name, address);
        return false;
    }
    host->address = ntohl(parsed.s_addr);
    host_address_add(host);
    return true;
}

/* --- what the condition means ------------------------------------------------------------------
 */

double host_steal(const Host *host)
{
    double left = 1 - host->component.condition.steal_ratio;

    if (host->steal != STEAL_NONE) {
        left *= 1 - host->noise.steal_ratio;
    }
    return 1 - left;
}

/* How fast one vCPU works now: a slow machine, other guests, a fault; nothing while it is off or
 * frozen. */
static void host_apply_speed(Host *host)
{
    const Effect *condition = &host->component.condition;
    double speed = 0;

    if (host_is_up(host)) {
        speed = host->speed * (1 - host_steal(host)) / condition->slowdown;
    }
    host_cpu_set_speed(&host->cpu, speed);
    host_disk_set_slowdown(&host->disk, condition->slowdown);
    host_disk_set_delays(&host->disk, condition);
    host_disk_set_limits(&host->disk, condition);
}

/* A file that fills the disk up to a share of its size; it stays as large as it was made. */
static void host_fill_disk(Host *host, double ratio)
{
    int64_t used = (int64_t)(ratio * (double)host->disk_bytes);

    host->space_filled_bytes = MAX(0, used - host->space_taken_bytes);
    gauge_set(&host->space_used, world_now(host->component.world),
              (double)(host->space_taken_bytes + host->space_filled_bytes));
}

/* --- life --------------------------------------------------------------------------------------
 */

static void on_booted(void *self, void *subject, uint64_t detail);

static const EventType host_booted = {"host/booted", on_booted};

static void host_come_up(Host *host)
{
    host->is_booted = true;
    if (host->space_filled_bytes > 0 && host->component.condition.disk_filled_ratio <= 0) {
        host_fill_disk(host, 0); /* the fault ended while it was off */
    }
    host->cold_until = world_now(host->component.world) + host->page_cache_fill;
    host_apply_speed(host);
}

static void on_booted(void *self, void *subject, uint64_t detail)
{
    Host *host = self;
    World *world = host->component.world;

    (void)subject;
    (void)detail;
    host_come_up(host);
    host->boots++;
    history_note(world_history(world), "node.restarted", &host->component, "role",
                 host->component.role, NULL, NULL);
    for (guint i = 0; i < world_count(world); i++) {
        Component *component = world_component(world, i);

        if (component->host == host && component != &host->component) {
            component_start(component);
        }
    }
}

/* At the beginning of a run a host has been up for long; later it boots. */
static void host_start(Component *self)
{
    Host *host = (Host *)self;
    Engine *engine = world_engine(self->world);
    Draw law = host->next_boot.law != NULL ? host->next_boot : host->boot;

    if (host->steal == STEAL_MARKOV && self->starts == 1) {
        host_noise_start(&host->noise);
    }
    if (engine_now(engine) == 0) {
        host_come_up(host);
        return;
    }
    engine_after(engine, draw_span(law, &host->boot_rng), &self->owner, &host_booted, NULL, 0);
    draw_clear(&host->next_boot);
}

static void host_stop(Component *self, const Effect *why)
{
    Host *host = (Host *)self;

    host->is_booted = false;
    host->is_cold = why->caches_cold;
    host_cpu_forget_all(&host->cpu);
    host_disk_forget_all(&host->disk);
    host_apply_speed(host);
}

static void host_condition(Component *self, const Effect *before)
{
    const Effect *condition = &self->condition;

    host_apply_speed((Host *)self);
    if (condition->disk_filled_ratio < before->disk_filled_ratio ||
        condition->disk_filled_ratio > before->disk_filled_ratio) {
        host_fill_disk((Host *)self, condition->disk_filled_ratio);
    }
}

static void host_steal_changed(Host *host)
{
    host_apply_speed(host);
}

static void host_make(Component *self, World *world, DiagList *diags)
{
    Host *host = (Host *)self;

    (void)diags;
    host->listeners = g_array_new(FALSE, FALSE, sizeof(Listener));
    host_cpu_init(&host->cpu, world_engine(world), &self->owner, host->vcpu, &host->utilisation,
                  &host->runnable);
}

static void host_wire(Component *self, World *world, DiagList *diags)
{
    Host *host = (Host *)self;
    Engine *engine = world_engine(world);
    g_autofree char *disk = g_strconcat(self->name, "/disk", NULL);
    g_autofree char *boot = g_strconcat(self->name, "/boot", NULL);
    g_autofree char *clock = g_strconcat(self->name, "/clock", NULL);
    Rng clock_rng;

    (void)diags;
    host_disk_init(&host->disk, engine, &self->owner, host->disk_profile, disk, &host->disk_busy,
                   &host->disk_queue);
    host_disk_share_laws(&host->disk, world_laws(self->world));
    engine_open_stream(engine, &host->boot_rng, boot);
    engine_open_stream(engine, &clock_rng, clock);
    host->clock_begin = draw_span(host->clock_offset, &clock_rng);
    if (rng_chance(&clock_rng, 0.5)) {
        host->clock_begin = -host->clock_begin;
    }
    if (host->steal != STEAL_NONE) {
        host_noise_init(&host->noise, host, engine, host->steal == STEAL_QUIET, host_steal_changed);
    }
}

static void host_free(Component *self)
{
    Host *host = (Host *)self;

    host_cpu_clear(&host->cpu);
    host_disk_clear(&host->disk);
    draw_clear(&host->next_boot);
    g_array_unref(host->listeners);
}

Host *host_add(World *world, const char *place, const char *role, Site *site, const char *address,
               const cJSON *settings, DiagList *diags)
{
    Host *host = (Host *)world_add(world, &host_kind, place, role, site, NULL, settings, diags);

    if (host == NULL || (address != NULL && !host_set_address(host, address, settings, diags))) {
        return NULL;
    }
    return host;
}

Component *host_component(Host *host)
{
    return &host->component;
}

Host *host_of(Component *component)
{
    return component->kind == &host_kind ? (Host *)component : NULL;
}

uint32_t host_address(const Host *host)
{
    return host->address;
}

bool host_is_up(const Host *host)
{
    return host->is_booted && host->component.is_up && !host->component.condition.paused;
}

void host_set_boot(Host *host, Draw law)
{
    draw_clear(&host->next_boot);
    host->next_boot = draw_copy(law);
}

bool host_is_cold(const Host *host)
{
    return host->is_cold && world_now(host->component.world) < host->cold_until;
}

TcpStack host_tcp_stack(const Host *host)
{
    return (TcpStack)host->tcp_stack;
}

/* --- what runs on it ---------------------------------------------------------------------------
 */

static Listener *host_find_listener(const Host *host, uint16_t port)
{
    for (guint i = 0; i < host->listeners->len; i++) {
        Listener *listener = &g_array_index(host->listeners, Listener, i);

        if (listener->port == port) {
            return listener;
        }
    }
    return NULL;
}

void host_listen(Host *host, uint16_t port, Component *component)
{
    Listener listener = {port, component};
    const Listener *before = host_find_listener(host, port);

    g_assert_true(before == NULL || before->component == component);
    if (before == NULL) {
        g_array_append_val(host->listeners, listener);
    }
}

Component *host_listener(const Host *host, uint16_t port)
{
    const Listener *listener = host_find_listener(host, port);

    return listener == NULL ? NULL : listener->component;
}

static SimSpan host_slow_down(const EventOwner *owner, SimSpan cpu)
{
    const Component *component = (const Component *)owner;

    return component->is_slowed ? (SimSpan)((double)cpu * component->condition.slowdown) : cpu;
}

void host_spend(Host *host, EventOwner *owner, SimSpan cpu)
{
    if (host->is_booted && cpu > 0) {
        host_cpu_spend(&host->cpu, owner, host_slow_down(owner, cpu));
    }
}

void host_work(Host *host, EventOwner *owner, SimSpan cpu, const EventType *type, void *subject,
               uint64_t detail)
{
    if (!host->is_booted) {
        return;
    }
    if (cpu == 0) {
        engine_after(host->cpu.engine, 0, owner, type, subject, detail);
        return;
    }
    host_cpu_add(&host->cpu, owner, host_slow_down(owner, cpu), type, subject, detail);
}

guint host_count_work(const Host *host)
{
    return host->cpu.count;
}

guint host_count_vcpus(const Host *host)
{
    return (guint)host->vcpu;
}

double host_mean_stretch(const Host *host)
{
    return (host->steal == STEAL_NONE ? 1 : host_noise_mean_stretch(host->steal == STEAL_QUIET)) /
           host->speed;
}

double host_stretch_spread(const Host *host)
{
    bool is_quiet = host->steal == STEAL_QUIET;

    return host->steal == STEAL_NONE
               ? 0
               : host_noise_stretch_deviation(is_quiet) / host_noise_mean_stretch(is_quiet);
}

void host_forget(Host *host, const EventOwner *owner)
{
    host_cpu_forget(&host->cpu, owner);
}

void host_disk(Host *host, EventOwner *owner, DiskOp op, int64_t size_bytes, const EventType *type,
               void *subject, uint64_t detail)
{
    if (host->is_booted) {
        host_disk_add(&host->disk, owner, op, size_bytes, type, subject, detail);
    }
}

/* `filled_bytes` of it are nobody's here. */
static bool host_take(Host *host, int64_t *taken_bytes, Gauge *gauge, int64_t most_bytes,
                      int64_t filled_bytes, int64_t size_bytes)
{
    g_assert_cmpint(size_bytes, >=, 0);
    if (size_bytes > most_bytes - filled_bytes - *taken_bytes) {
        return false;
    }
    *taken_bytes += size_bytes;
    gauge_set(gauge, world_now(host->component.world), (double)(*taken_bytes + filled_bytes));
    return true;
}

static void host_give(Host *host, int64_t *taken_bytes, Gauge *gauge, int64_t filled_bytes,
                      int64_t size_bytes)
{
    g_assert_cmpint(size_bytes, >=, 0);
    g_assert_cmpint(size_bytes, <=, *taken_bytes);
    *taken_bytes -= size_bytes;
    gauge_set(gauge, world_now(host->component.world), (double)(*taken_bytes + filled_bytes));
}

bool host_take_space(Host *host, int64_t size_bytes)
{
    return host_take(host, &host->space_taken_bytes, &host->space_used, host->disk_bytes,
                     host->space_filled_bytes, size_bytes);
}

void host_give_space(Host *host, int64_t size_bytes)
{
    host_give(host, &host->space_taken_bytes, &host->space_used, host->space_filled_bytes,
              size_bytes);
}

int64_t host_free_space(const Host *host)
{
    return MAX(0, host->disk_bytes - host->space_taken_bytes - host->space_filled_bytes);
}

int64_t host_disk_size(const Host *host)
{
    return host->disk_bytes;
}

int64_t host_memory_size(const Host *host)
{
    return host->memory_bytes;
}

SimSpan host_clock_ahead(const Host *host)
{
    double drift = (double)world_now(host->component.world) * host->clock_drift_ppm * 1e-6;

    return host->clock_begin + (SimSpan)drift + host->component.condition.clock_ahead;
}

/* --- the kind ----------------------------------------------------------------------------------
 */

static const char *const steal_names[] = {"none", "markov", "quiet", NULL};

static const Field host_fields[] = {
    FIELD_COUNT(Host, vcpu, .initial = "2", .lowest = "1", .highest = "256",
                .help = "Virtual CPUs, each a hardware thread shared with other guests",
                .source = "the operated system: 2 vCPU a live node"),
    FIELD_ROW(Host, memory_bytes, "memory", FIELD_TYPE_BYTES, int64_t, .initial = "4GiB",
              .lowest = "64MiB", .help = "Main memory",
              .source = "the operated system: 4 GB a live node"),
    FIELD_ROW(Host, disk_bytes, "disk", FIELD_TYPE_BYTES, int64_t, .initial = "40GB",
              .lowest = "1GB", .help = "Disk space",
              .source = "the operated system: 40 GB SSD a live node"),
    FIELD_ROW(Host, traffic_bytes, "traffic", FIELD_TYPE_BYTES, int64_t, .initial = "20TB",
              .lowest = "0B", .help = "Outgoing traffic a month that the price includes",
              .source = "the operated system: 20 TB a node"),
    FIELD_NUMBER(Host, monthly_cost, .initial = "5", .lowest = "0",
                 .help = "Price a month in euro, for the cost section of reports",
                 .source = "the operated system: 5.00 EUR a live node"),
    FIELD_CHOICE(Host, disk_profile, .initial = "cheap", .more = disk_profile_names,
                 .help = "How its disk behaves: local NVMe, shared SATA SSD, network volume or "
                         "oversold",
                 .source = "assumption: a low-priced VPS has a shared SATA SSD"),
    FIELD_NUMBER(Host, speed, .initial = "1", .lowest = "0.01", .highest = "100",
                 .help = "Speed of a vCPU against the one that CPU demands were stated for",
                 .source = "assumption: older machines of the same plan reach 0.6 to 0.8"),
    FIELD_CHOICE(Host, steal, .initial = "markov", .more = steal_names,
                 .help = "What neighbours take: nothing, quiet and noisy times and short freezes, "
                         "or one quiet time throughout",
                 .source = "assumption: quiet 96 % of the time with 1 % steal, noisy 4 % with "
                           "15 %, frozen 3 times a month"),
    FIELD_CHOICE(Host, tcp_stack, .initial = "linux", .more = tcp_stack_words,
                 .help = "Its kernel: when the SYNs of its processes are sent again",
                 .source = "Debian 12 ships Linux 6.1; from 6.5 on tcp_syn_linear_timeouts is 4"),
    FIELD_DRAW(Host, boot, .initial = "lognormal(median=28s, sigma=0.3)",
               .help = "From power to running services, kernel and init",
               .source = "assumption: a small VM reboots in 20 to 40 s"),
    FIELD_DRAW(Host, clock_offset, .initial = "uniform(100us, 2ms)",
               .help = "How far its clock is off, ahead or behind with equal chance",
               .source = "chrony inside a data centre: 0.1 to 2 ms"),
    FIELD_ROW(Host, clock_drift_ppm, "clock_drift", FIELD_TYPE_NUMBER, double, .initial = "0",
              .lowest = "-500", .highest = "500",
              .help = "Parts per million that its clock runs fast; 5 to 50 when chrony is dead",
              .source = "chrony corrects the rate: none is left while it runs"),
    FIELD_SPAN(Host, page_cache_fill, .initial = "5min", .lowest = "0s",
               .help = "After a power loss, how long the page cache counts as cold",
               .source = "assumption"),
    FIELD_END,
};

static const MetricDef host_metrics[] = {
    METRIC_GAUGE(Host, utilisation, "ratio", "Share of the vCPUs with work on them"),
    METRIC_GAUGE(Host, runnable, "1", "Work on or waiting for a vCPU"),
    METRIC_GAUGE(Host, disk_busy, "ratio", "Share of the disk's slots in use"),
    METRIC_GAUGE(Host, disk_queue, "1", "Operations that wait for a slot of the disk"),
    METRIC_GAUGE(Host, space_used, "B", "Disk space taken, faults included"),
    METRIC_COUNTER(Host, boots, "Boots since the run began"),
    METRIC_END,
};

static const NoteDef host_notes[] = {
    {.name = "node.restarted", .help = "A host has booted again", .labels = {"role"}},
    NOTE_END,
};

static const LedgerDef host_ledgers[] = {
    {.name = "CPU",
     .ledger = offsetof(Host, cpu.ledger),
     .present = offsetof(Host, runnable),
     .work = host_cpu_ledger_work,
     .rounding = 1},
    {.name = "disk",
     .ledger = offsetof(Host, disk.ledger),
     .waiting = offsetof(Host, disk_queue),
     .busy = offsetof(Host, disk_busy),
     .busy_is_share = true,
     .work = host_disk_ledger_work},
    LEDGER_END,
};

const Kind host_kind = {
    .name = "host",
    .help = "A VPS: vCPUs, memory, disk, clock, and the life of all that runs on it",
    .leaves_out = "Run queue delays below a time slice and context switches (a few per cent of "
                  "a request at most); swap; a stopped process's work in progress goes on to its "
                  "end; neighbours that disturb two of our hosts at once",
    .size = sizeof(Host),
    .scope = KIND_PART,
    .fields = host_fields,
    .metrics = host_metrics,
    .notes = host_notes,
    .ledgers = host_ledgers,
    .on_make = host_make,
    .on_wire = host_wire,
    .on_start = host_start,
    .on_stop = host_stop,
    .on_condition = host_condition,
    .on_free = host_free,
};

/* keepalived.c - VRRP: who of several hosts of a site answers for one shared address. The master
 * tells so each second; the others wait for three of these and the skew of their priority. A script
 * may watch a process: while it is gone the master says so (priority 0) and waits aside. Left out:
 * connections that are open when the address leaves a host that lives (they end there by
 * themselves; in reality the next packet is answered with a reset), the provider's switch that may
 * not forward VRRP at all, and more than one address. Sources: RFC 5798 (timers, priorities);
 * keepalived.conf(5) (defaults). */
#include <arpa/inet.h>

#include "sim/theory/prediction.h"
#include "sim/world/history.h"
#include "sim/world/host.h"
#include "sim/world/network.h"
#include "sim/world/world.h"

typedef struct Keepalived Keepalived;

typedef enum VrrpState { VRRP_BACKUP, VRRP_MASTER, VRRP_FAULT } VrrpState;

struct Keepalived {
    Component component; /* first */
    /* configuration */
    char *address_text, *track_process;
    int64_t priority;
    SimSpan advert, script_interval;
    bool is_master_first, no_preempt;
    /* measurement */
    uint64_t adverts, takeovers;
    Gauge is_master;
    /* state */
    uint32_t address;
    GPtrArray *peers;         /* with the same address in this site */
    const Component *tracked; /* NULL: no script */
    VrrpState state;
    EventId timer;
    Rng phases;
};

#define ADVERT_BYTES 40  /* IPv4 and VRRP with one address */
#define DOWN_ADVERTS 3   /* RFC 5798: Master_Down_Interval = 3 x advert + skew */
#define PRIORITY_ALL 256 /* RFC 5798: skew = (256 - priority) / 256 of an advert */

static void on_advert_due(void *self, void *subject, uint64_t detail);
static void on_master_down(void *self, void *subject, uint64_t detail);
static void on_script(void *self, void *subject, uint64_t detail);
static const EventType advert_event = {"keepalived.advert", on_advert_due};
static const EventType down_event = {"keepalived.master-down", on_master_down};
static const EventType script_event = {"keepalived.script", on_script};

static Engine *engine_of(const Keepalived *vrrp)
{
    return world_engine(vrrp->component.world);
}

static SimSpan skew_of(const Keepalived *vrrp)
{
    return vrrp->advert / PRIORITY_ALL * (PRIORITY_ALL - vrrp->priority);
}

static void wait_for(Keepalived *vrrp, SimSpan span, const EventType *type)
{
    engine_cancel(engine_of(vrrp), vrrp->timer);
    vrrp->timer = engine_after(engine_of(vrrp), span, &vrrp->component.owner, type, NULL, 0);
}

static void tell_peers(Keepalived *vrrp, int64_t priority)
{
    Message advert = {.op = MESSAGE_HEARTBEAT,
                      .transport = TRANSPORT_UDP,
                      .size_bytes = ADVERT_BYTES,
                      .detail = (uint64_t)priority};

    vrrp->adverts++;
    for (guint i = 0; i < vrrp->peers->len; i++) {
        network_send(&vrrp->component, g_ptr_array_index(vrrp->peers, i), &advert);
    }
}

static void set_state(Keepalived *vrrp, VrrpState state)
{
    vrrp->state = state;
    gauge_set(&vrrp->is_master, world_now(vrrp->component.world), state == VRRP_MASTER ? 1.0 : 0.0);
}

static void become_backup(Keepalived *vrrp)
{
    set_state(vrrp, VRRP_BACKUP);
    wait_for(vrrp, DOWN_ADVERTS * vrrp->advert + skew_of(vrrp), &down_event);
}

static void become_master(Keepalived *vrrp)
{
    set_state(vrrp, VRRP_MASTER);
    host_take_address(vrrp->component.host, vrrp->address);
    if (world_now(vrrp->component.world) > 0) {
        vrrp->takeovers++;
        history_note(world_history(vrrp->component.world), "keepalived.master", &vrrp->component,
                     NULL, NULL, NULL, NULL);
    }
    tell_peers(vrrp, vrrp->priority);
    wait_for(vrrp, vrrp->advert, &advert_event);
}

static void on_advert_due(void *self, void *subject, uint64_t detail)
{
    Keepalived *vrrp = self;

    (void)subject;
    (void)detail;
    tell_peers(vrrp, vrrp->priority);
    wait_for(vrrp, vrrp->advert, &advert_event);
}

static void on_master_down(void *self, void *subject, uint64_t detail)
{
    (void)subject;
    (void)detail;
    become_master(self);
}

/* The vrrp_script: "is the process there?" A frozen one is. */
static void on_script(void *self, void *subject, uint64_t detail)
{
    Keepalived *vrrp = self;

    (void)subject;
    (void)detail;
    if (!vrrp->tracked->is_up && vrrp->state != VRRP_FAULT) {
        if (vrrp->state == VRRP_MASTER) {
            tell_peers(vrrp, 0);
        }
        engine_cancel(engine_of(vrrp), vrrp->timer);
        set_state(vrrp, VRRP_FAULT);
    } else if (vrrp->tracked->is_up && vrrp->state == VRRP_FAULT) {
        become_backup(vrrp);
    }
    engine_after(engine_of(vrrp), vrrp->script_interval, &vrrp->component.owner, &script_event,
                 NULL, 0);
}

static bool is_before(const Keepalived *vrrp, const Component *other, int64_t priority)
{
    return priority > vrrp->priority ||
           (priority == vrrp->priority && component_id(other) > component_id(&vrrp->component));
}

static void keepalived_message(Component *self, const Message *message)
{
    Keepalived *vrrp = (Keepalived *)self;
    int64_t priority = (int64_t)message->detail;

    if (message->op != MESSAGE_HEARTBEAT || vrrp->state == VRRP_FAULT) {
        return;
    }
    if (vrrp->state == VRRP_MASTER) {
        if (priority > 0 && is_before(vrrp, message->from, priority)) {
            become_backup(vrrp);
        }
    } else if (priority == 0) {
        wait_for(vrrp, skew_of(vrrp), &down_event);
    } else if (vrrp->no_preempt || priority >= vrrp->priority) {
        wait_for(vrrp, DOWN_ADVERTS * vrrp->advert + skew_of(vrrp), &down_event);
    }
}

/* --- life --- */

static const Component *find_tracked(const Keepalived *vrrp, DiagList *diags)
{
    const GPtrArray *all = vrrp->track_process != NULL
                               ? world_of_kind(vrrp->component.world, vrrp->track_process)
                               : NULL;

    for (guint i = 0; all != NULL && i < all->len; i++) {
        const Component *one = g_ptr_array_index(all, i);

        if (one->host == vrrp->component.host) {
            return one;
        }
    }
    if (all != NULL) {
        diag_add(diags, DIAG_ERROR, vrrp->component.settings, DIAG_KEY,
                 "'%s' has no '%s' on its host to watch", vrrp->component.name,
                 vrrp->track_process);
    }
    return NULL;
}

static void find_peers(Keepalived *vrrp)
{
    const GPtrArray *all = world_of_kind(vrrp->component.world, vrrp->component.kind->name);

    vrrp->peers = g_ptr_array_new();
    for (guint i = 0; i < all->len; i++) {
        const Keepalived *other = g_ptr_array_index(all, i);

        if (other != vrrp && other->component.site == vrrp->component.site &&
            g_str_equal(other->address_text, vrrp->address_text)) {
            g_ptr_array_add(vrrp->peers, (gpointer)other);
        }
    }
}

static void keepalived_wire(Component *self, World *world, DiagList *diags)
{
    Keepalived *vrrp = (Keepalived *)self;
    struct in_addr parsed = {0};
    g_autofree char *stream = g_strconcat(self->name, "/phases", NULL);

    engine_open_stream(world_engine(world), &vrrp->phases, stream);
    if (inet_pton(AF_INET, vrrp->address_text, &parsed) != 1 || parsed.s_addr == 0) {
        diag_add(diags, DIAG_ERROR, self->settings, DIAG_KEY,
                 "'virtual_ipaddress' must be IPv4, like \"192.0.2.100\", not '%s'",
                 vrrp->address_text);
        return;
    }
    vrrp->address = ntohl(parsed.s_addr);
    if (host_find_address(world, vrrp->address) != NULL &&
        host_address(host_find_address(world, vrrp->address)) == vrrp->address) {
        diag_add(diags, DIAG_ERROR, self->settings, DIAG_KEY,
                 "'virtual_ipaddress' %s is a host's own address", vrrp->address_text);
    }
    vrrp->tracked = find_tracked(vrrp, diags);
    find_peers(vrrp);
    if (vrrp->is_master_first) { /* whoever asks before the start finds it there */
        host_take_address(self->host, vrrp->address);
    }
}

/* Anywhere within an interval: a daemon was not begun at a whole second before the fault. */
static SimSpan phase_of(Keepalived *vrrp, SimSpan interval)
{
    return (SimSpan)rng_below(&vrrp->phases, (uint64_t)interval) + 1;
}

/* A run begins with the master at work; whoever starts later listens first. */
static void keepalived_start(Component *self)
{
    Keepalived *vrrp = (Keepalived *)self;

    vrrp->timer = EVENT_NONE;
    if (vrrp->is_master_first && world_now(self->world) == 0) {
        become_master(vrrp);
        wait_for(vrrp, phase_of(vrrp, vrrp->advert), &advert_event);
    } else {
        become_backup(vrrp);
    }
    if (vrrp->tracked != NULL) {
        engine_after(engine_of(vrrp), phase_of(vrrp, vrrp->script_interval), &self->owner,
                     &script_event, NULL, 0);
    }
}

static void keepalived_stop(Component *self, const Effect *why)
{
    (void)why;
    set_state((Keepalived *)self, VRRP_BACKUP);
}

static void keepalived_free(Component *self)
{
    g_clear_pointer(&((Keepalived *)self)->peers, g_ptr_array_unref);
}

/* --- what is foretold --- */

/* When this host has the address after such a fault of what stands on the master's host. Half a way
 * through the site's network is left out. */
static void foretell(const Keepalived *vrrp, const char *law, const char *terms, double after_s,
                     const char *on, const char *fault, Predictions *predictions)
{
    g_autofree char *event = g_strdup_printf("keepalived.master{node:%s,on:%s,fault:%s}",
                                             component_place(&vrrp->component), on, fault);

    predictions_state(predictions, law, terms, after_s, event, "delay");
}

/* Of a pair: a master that falls silent sent its last advert up to one interval before, and the
 * other waits for three and its skew; one whose process is gone says so when its script looks, and
 * the other waits for its skew alone. */
static void keepalived_predict(const Component *self, Predictions *predictions)
{
    const Keepalived *vrrp = (const Keepalived *)self;
    const Keepalived *master = vrrp->peers->len == 1 ? g_ptr_array_index(vrrp->peers, 0) : NULL;
    double advert_s = sim_span_to_s(vrrp->advert), skew_s = sim_span_to_s(skew_of(vrrp));

    if (master == NULL || vrrp->is_master_first || !master->is_master_first ||
        master->advert != vrrp->advert) {
        return;
    }
    const char *host = component_place(&master->component);
    double script_s = sim_span_to_s(master->script_interval);
    g_autofree char *silent =
        g_strdup_printf("%d adverts of %g s and a skew of %.4g s, less half an advert",
                        DOWN_ADVERTS, advert_s, skew_s);
    g_autofree char *told = g_strdup_printf("half of %g s between two looks of the script, and a "
                                            "skew of %.4g s",
                                            script_s, skew_s);
    double silent_s = (DOWN_ADVERTS - 0.5) * advert_s + skew_s;

    foretell(vrrp, "VRRP master down interval", silent, silent_s, host, "node.crash", predictions);
    foretell(vrrp, "VRRP master down interval", silent, silent_s, host, "node.pause", predictions);
    if (master->tracked != NULL) {
        foretell(vrrp, "VRRP priority 0", told, script_s / 2 + skew_s, master->tracked->name,
                 "process.kill", predictions);
    }
}

static const Field keepalived_fields[] = {
    FIELD_ROW(Keepalived, address_text, "virtual_ipaddress", FIELD_TYPE_TEXT, char *,
              .flags = FIELD_REQUIRED, .help = "The shared address, which no host has as its own"),
    FIELD_COUNT(Keepalived, priority, .initial = "100", .lowest = "1", .highest = "255",
                .help = "The highest one that is heard is master",
                .source = "keepalived.conf(5) priority 100"),
    FIELD_ROW(Keepalived, advert, "advert_int", FIELD_TYPE_SPAN, SimSpan, .initial = "1s",
              .lowest = "10ms", .help = "How often the master tells that it lives",
              .source = "keepalived.conf(5) advert_int 1; RFC 5798"),
    FIELD_ROW(Keepalived, is_master_first, "master", FIELD_TYPE_FLAG, bool, .initial = "false",
              .help = "Has the address when the run begins (state MASTER)",
              .source = "keepalived.conf(5) state BACKUP"),
    FIELD_ROW(Keepalived, no_preempt, "nopreempt", FIELD_TYPE_FLAG, bool, .initial = "false",
              .help = "A higher priority does not take the address from a master that works",
              .source = "keepalived.conf(5): preempts"),
    FIELD_TEXT(Keepalived, track_process,
               .help = "Kind of the process on its host without which it gives the address up; "
                       "absent: it only watches whether the other host is there",
               .source = "keepalived.conf(5): no script"),
    FIELD_ROW(Keepalived, script_interval, "interval", FIELD_TYPE_SPAN, SimSpan, .initial = "1s",
              .lowest = "10ms", .help = "How often it looks after that process",
              .source = "keepalived.conf(5) vrrp_script interval 1, fall 1, rise 1"),
    FIELD_END,
};

static const MetricDef keepalived_metrics[] = {
    METRIC_COUNTER(Keepalived, adverts, "Rounds of advertisements sent"),
    METRIC_COUNTER(Keepalived, takeovers, "Times that it took the address"),
    METRIC_GAUGE(Keepalived, is_master, "1", "1 while it believes to have the address"),
    METRIC_END,
};

static const NoteDef keepalived_notes[] = {
    {.name = "keepalived.master", .help = "A host took the shared address"},
    NOTE_END,
};

const Kind keepalived_kind = {
    .name = "keepalived",
    .help = "VRRP over one address that several hosts of a site share",
    .leaves_out = "open connections when the address leaves a host that lives: they end there by "
                  "themselves instead of by a reset, which is kinder to users by one round trip",
    .size = sizeof(Keepalived),
    .scope = KIND_ON_NODE,
    .fields = keepalived_fields,
    .metrics = keepalived_metrics,
    .notes = keepalived_notes,
    .on_wire = keepalived_wire,
    .on_start = keepalived_start,
    .on_stop = keepalived_stop,
    .on_message = keepalived_message,
    .on_predict = keepalived_predict,
    .on_free = keepalived_free,
};

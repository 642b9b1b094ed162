/* zabbix_agent.c - a Zabbix server that asks a host: simple checks with a trigger on the last value
 * or on three of them, or the agent's passive checks with nodata(). That the kernel of a host
 * answers at all stands for its agent's answer. Sources: Zabbix documentation (item interval of the
 * shipped templates 1m; Timeout 3, UnreachableDelay 15, UnreachablePeriod 45, UnavailableDelay 60;
 * time functions every 30 s). Left out: pollers that are busy and the availability icon's own log.
 */
#include "models/watch/watch_parts.h"

typedef enum Trigger { TRIGGER_LAST, TRIGGER_THREE, TRIGGER_NODATA } Trigger;
static const char *const trigger_words[] = {"last", "three-in-a-row", "nodata", NULL};

typedef struct ZabbixAgent {
    Watcher watcher; /* first */
    WatchAim aim;
    SimSpan interval, timeout, unreachable_delay, unreachable_period, unavailable_delay, nodata;
    int trigger;
    WatchQuestion check;
    SimTime good_at, bad_since; /* last value; SIM_NEVER: not bad */
    SimTime regular_at;         /* when the item is due by its own interval */
    Rng phase;
} ZabbixAgent;

#define EVALUATION (30 * SIM_S) /* of time functions */
#define IN_A_ROW 3

static void on_due(void *self, void *subject, uint64_t detail);
static void on_evaluate(void *self, void *subject, uint64_t detail);
static const EventType due_event = {"zabbix_agent.check", on_due};
static const EventType evaluate_event = {"zabbix_agent.evaluate", on_evaluate};

static void later(ZabbixAgent *zabbix, SimSpan span, const EventType *type)
{
    engine_after(world_engine(zabbix->watcher.component.world), span,
                 &zabbix->watcher.component.owner, type, NULL, 0);
}

/* Simple checks keep their interval; an agent that is unreachable is tried more often, then as an
 * unavailable host. */
static SimSpan next_wait(const ZabbixAgent *zabbix, SimTime now)
{
    if (zabbix->bad_since == SIM_NEVER || zabbix->trigger != TRIGGER_NODATA) {
        return MAX(zabbix->regular_at - now, 1);
    }
    return now - zabbix->bad_since < zabbix->unreachable_period ? zabbix->unreachable_delay
                                                                : zabbix->unavailable_delay;
}

static void judge(ZabbixAgent *zabbix, SimTime begun)
{
    switch (zabbix->trigger) {
    case TRIGGER_LAST:
        watcher_say(&zabbix->watcher, zabbix->bad_since != SIM_NEVER);
        return;
    case TRIGGER_THREE: /* three values at the item's interval: two intervals after the first */
        if (zabbix->bad_since == SIM_NEVER) {
            watcher_say(&zabbix->watcher, false);
        } else if (begun - zabbix->bad_since >= (IN_A_ROW - 1) * zabbix->interval) {
            watcher_say(&zabbix->watcher, true);
        }
        return;
    default:
        if (zabbix->bad_since == SIM_NEVER) {
            watcher_say(&zabbix->watcher, false);
        }
    }
}

static void on_checked(WatchQuestion *question, bool is_ok, SimSpan took)
{
    ZabbixAgent *zabbix = question->context;
    SimTime now = world_now(zabbix->watcher.component.world);

    (void)took;
    if (is_ok) {
        zabbix->good_at = now;
        zabbix->bad_since = SIM_NEVER;
    } else {
        zabbix->watcher.checks_failed++;
        zabbix->bad_since = MIN(zabbix->bad_since, question->begun);
    }
    judge(zabbix, question->begun);
    later(zabbix, next_wait(zabbix, now), &due_event);
}

static void on_due(void *self, void *subject, uint64_t detail)
{
    ZabbixAgent *zabbix = self;
    SimTime now = world_now(zabbix->watcher.component.world);

    (void)subject;
    (void)detail;
    zabbix->watcher.checks++;
    while (zabbix->regular_at <= now) {
        zabbix->regular_at += zabbix->interval;
    }
    watch_knock(&zabbix->check);
}

static void on_evaluate(void *self, void *subject, uint64_t detail)
{
    ZabbixAgent *zabbix = self;

    (void)subject;
    (void)detail;
    if (world_now(zabbix->watcher.component.world) - zabbix->good_at >= zabbix->nodata) {
        watcher_say(&zabbix->watcher, true);
    }
    later(zabbix, EVALUATION, &evaluate_event);
}

static void zabbix_wire(Component *self, World *world, DiagList *diags)
{
    ZabbixAgent *zabbix = (ZabbixAgent *)self;
    g_autofree char *stream = g_strdup_printf("%s/phase", self->name);

    engine_open_stream(world_engine(world), &zabbix->phase, stream);
    if (zabbix->aim.address_text == NULL) {
        diag_add(diags, DIAG_ERROR, self->settings, DIAG_KEY,
                 "'%s' needs the 'address' of the host whose agent it asks", self->name);
        return;
    }
    watch_aim_wire(&zabbix->aim, self, diags);
    zabbix->check = (WatchQuestion){.asker = self,
                                    .aim = &zabbix->aim,
                                    .timeout = zabbix->timeout,
                                    .done = on_checked,
                                    .context = zabbix};
}

static void zabbix_start(Component *self)
{
    ZabbixAgent *zabbix = (ZabbixAgent *)self;
    SimSpan phase = (SimSpan)rng_below(&zabbix->phase, (uint64_t)zabbix->interval);

    zabbix->bad_since = SIM_NEVER;
    zabbix->good_at = world_now(self->world);
    zabbix->regular_at = zabbix->good_at + phase;
    later(zabbix, phase, &due_event);
    if (zabbix->trigger == TRIGGER_NODATA) {
        later(zabbix, (SimSpan)rng_below(&zabbix->phase, EVALUATION), &evaluate_event);
    }
}

static const Field zabbix_fields[] = {
    WATCH_AIM_FIELDS(ZabbixAgent),
    FIELD_SPAN(ZabbixAgent, interval, .initial = "60s", .lowest = "1s",
               .help = "From one value of the item to the next",
               .source = "Zabbix: 1m in the shipped templates"),
    FIELD_SPAN(ZabbixAgent, timeout, .initial = "3s", .lowest = "1s", .highest = "30s",
               .help = "How long an agent may take", .source = "Zabbix server: Timeout 3"),
    FIELD_CHOICE(ZabbixAgent, trigger, .initial = "three-in-a-row", .more = trigger_words,
                 .help = "Problem when the last value is bad, when it was for two intervals, or "
                         "when none came for 'nodata'",
                 .source = "front door reference 5: zabbix 60 x 3"),
    FIELD_SPAN(ZabbixAgent, nodata, .initial = "5min", .lowest = "30s",
               .help = "Without a value for so long the host is taken as down",
               .source = "Zabbix templates: nodata(5m); evaluated every 30 s"),
    FIELD_ROW(ZabbixAgent, unreachable_delay, "UnreachableDelay", FIELD_TYPE_SPAN, SimSpan,
              .initial = "15s", .lowest = "1s", .help = "Between checks of an unreachable host",
              .source = "Zabbix server: UnreachableDelay 15"),
    FIELD_ROW(ZabbixAgent, unreachable_period, "UnreachablePeriod", FIELD_TYPE_SPAN, SimSpan,
              .initial = "45s", .lowest = "1s", .help = "After which it is unavailable",
              .source = "Zabbix server: UnreachablePeriod 45"),
    FIELD_ROW(ZabbixAgent, unavailable_delay, "UnavailableDelay", FIELD_TYPE_SPAN, SimSpan,
              .initial = "60s", .lowest = "1s", .help = "Between checks of an unavailable host",
              .source = "Zabbix server: UnavailableDelay 60"),
    FIELD_END,
};

static const MetricDef zabbix_metrics[] = {WATCHER_METRICS(ZabbixAgent), METRIC_END};

const Kind zabbix_agent_kind = {
    .name = "zabbix_agent",
    .help = "A Zabbix server that asks the agent of one host",
    .leaves_out = "the agent as a process (its host's kernel answers for it), busy pollers and "
                  "proxies: a host that is dark or cut off looks the same",
    .size = sizeof(ZabbixAgent),
    .scope = KIND_PART,
    .fields = zabbix_fields,
    .metrics = zabbix_metrics,
    .on_wire = zabbix_wire,
    .on_start = zabbix_start,
};

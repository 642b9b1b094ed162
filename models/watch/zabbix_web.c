/* zabbix_web.c - a Zabbix web scenario, and any other probe of response time: one page, at an
 * interval, with a limit on its time and a number of bad results in a row. Sources: Zabbix web
 * scenarios (update interval 1m, step timeout 15 s, attempts 1); for the facade's probe the limits
 * are assumptions. Left out: scenarios of several steps, strings that must stand in the page. */
#include "models/watch/watch_parts.h"

typedef struct ZabbixWeb {
    Watcher watcher; /* first */
    WatchAim aim;
    SimSpan interval, timeout, slow;
    int64_t attempts, bad_results;
    WatchQuestion check;
    int64_t tries, bad_in_row;
    Histogram *response_time;
    Rng phase;
} ZabbixWeb;

static void on_due(void *self, void *subject, uint64_t detail);
static const EventType due_event = {"zabbix_web.check", on_due};

static void on_checked(WatchQuestion *question, bool is_ok, SimSpan took)
{
    ZabbixWeb *web = question->context;
    bool is_good = is_ok && (web->slow == 0 || took <= web->slow);

    if (is_ok) {
        histogram_add(web->response_time, took);
    }
    if (!is_good) {
        web->watcher.checks_failed++;
        if (++web->tries < web->attempts) {
            watch_ask(&web->check);
            return;
        }
    }
    web->bad_in_row = is_good ? 0 : web->bad_in_row + 1;
    if (is_good || web->bad_in_row >= web->bad_results) {
        watcher_say(&web->watcher, !is_good);
    }
}

/* Checks do not overlap: one that is still under way when the next is due takes its place. */
static void on_due(void *self, void *subject, uint64_t detail)
{
    ZabbixWeb *web = self;

    (void)subject;
    (void)detail;
    web->watcher.checks++;
    web->tries = 0;
    watch_ask(&web->check);
    engine_after(world_engine(web->watcher.component.world), web->interval,
                 &web->watcher.component.owner, &due_event, NULL, 0);
}

static void web_wire(Component *self, World *world, DiagList *diags)
{
    ZabbixWeb *web = (ZabbixWeb *)self;
    g_autofree char *stream = g_strdup_printf("%s/phase", self->name);

    engine_open_stream(world_engine(world), &web->phase, stream);
    if (web->attempts * web->timeout > web->interval) {
        diag_add(diags, DIAG_ERROR, self->settings, DIAG_KEY,
                 "'timeout' times 'attempts' must fit into 'interval'");
    }
    watch_aim_wire(&web->aim, self, diags);
    web->check = (WatchQuestion){.asker = self,
                                 .aim = &web->aim,
                                 .timeout = web->timeout,
                                 .done = on_checked,
                                 .context = web,
                                 .user = rng_hash(self->name)};
}

static void web_start(Component *self)
{
    ZabbixWeb *web = (ZabbixWeb *)self;

    engine_after(world_engine(self->world),
                 (SimSpan)rng_below(&web->phase, (uint64_t)web->interval), &self->owner, &due_event,
                 NULL, 0);
}

/* Fields of both kinds, which differ in their defaults. */
#define WEB_FIELDS(every, every_source, limit, slowest, row)                                       \
    WATCH_AIM_FIELDS(ZabbixWeb),                                                                   \
        FIELD_SPAN(ZabbixWeb, interval, .initial = every, .lowest = "1s",                          \
                   .help = "From one check to the next", .source = every_source),                  \
        FIELD_SPAN(ZabbixWeb, timeout, .initial = limit, .lowest = "100ms",                        \
                   .help = "How long the page may take", .source = every_source),                  \
        FIELD_SPAN(ZabbixWeb, slow, .initial = slowest, .lowest = "0s",                            \
                   .help = "A page that takes longer counts as bad; 0s: any time is good",         \
                   .source = every_source),                                                        \
        FIELD_COUNT(ZabbixWeb, attempts, .initial = "1", .lowest = "1", .highest = "10",           \
                    .help = "Tries before a check has failed", .source = every_source),            \
        FIELD_COUNT(ZabbixWeb, bad_results, .initial = row, .lowest = "1", .highest = "100",       \
                    .help = "Bad checks in a row before it says down", .source = every_source)

static const Field web_fields[] = {
    WEB_FIELDS("60s", "Zabbix web scenario: update interval 1m, timeout 15s, attempts 1", "15s",
               "0s", "1"),
    FIELD_END,
};

static const Field facade_fields[] = {
    WEB_FIELDS("10s", "assumption: a probe of response time from the users' side", "5s", "2s", "3"),
    FIELD_END,
};

static const MetricDef web_metrics[] = {
    WATCHER_METRICS(ZabbixWeb),
    METRIC_HISTOGRAM(ZabbixWeb, response_time, "s", "Time of pages that came"),
    METRIC_END,
};

const Kind zabbix_web_kind = {
    .name = "zabbix_web",
    .help = "A Zabbix web scenario of one page",
    .leaves_out = "several steps and strings in the page: they find wrong pages, which no fault "
                  "here makes",
    .size = sizeof(ZabbixWeb),
    .scope = KIND_PART,
    .fields = web_fields,
    .metrics = web_metrics,
    .on_wire = web_wire,
    .on_start = web_start,
};

const Kind facade_probe_kind = {
    .name = "facade_probe",
    .help = "A probe of the service's response time as its users meet it",
    .leaves_out = "what the page holds: only its time and status are looked at",
    .size = sizeof(ZabbixWeb),
    .scope = KIND_PART,
    .fields = facade_fields,
    .metrics = web_metrics,
    .on_wire = web_wire,
    .on_start = web_start,
};

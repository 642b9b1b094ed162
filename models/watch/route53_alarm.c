/* route53_alarm.c - a CloudWatch alarm on Route 53's health checks: a data point a minute, which is
 * there a minute after its end. Sources: Route 53 Developer Guide (metrics in CloudWatch, 1
 * minute); front door reference 5: detection of the check plus 60 to 120 s. Left out: alarms on
 * single checks: it says down when any check that is in use is unhealthy. */
#include <string.h>

#include "models/watch/watch_parts.h"

typedef struct Route53Alarm {
    Watcher watcher; /* first */
    SimSpan period, delay;
    const Component *route53;
    const Gauge *unhealthy; /* its measurement of that name */
    double area;            /* at the begin of the period */
    bool was_bad;           /* in the period whose data point is on its way */
    Rng phase;
} Route53Alarm;

static void on_period(void *self, void *subject, uint64_t detail);
static void on_point(void *self, void *subject, uint64_t detail);
static const EventType period_event = {"route53_alarm.period", on_period};
static const EventType point_event = {"route53_alarm.data-point", on_point};

static void later(Route53Alarm *alarm, SimSpan span, const EventType *type, uint64_t detail)
{
    engine_after(world_engine(alarm->watcher.component.world), span,
                 &alarm->watcher.component.owner, type, NULL, detail);
}

static double area_now(const Route53Alarm *alarm)
{
    SimTime now = world_now(alarm->watcher.component.world);

    return alarm->unhealthy->area +
           alarm->unhealthy->value * (double)(now - alarm->unhealthy->since);
}

/* The minimum over the period: unhealthy at any time of it. */
static void on_period(void *self, void *subject, uint64_t detail)
{
    Route53Alarm *alarm = self;
    double area = area_now(alarm);
    bool is_bad = area > alarm->area;

    (void)subject;
    (void)detail;
    alarm->area = area;
    alarm->watcher.checks++;
    alarm->watcher.checks_failed += is_bad ? 1 : 0;
    later(alarm, alarm->delay, &point_event, is_bad ? 1 : 0);
    later(alarm, alarm->period, &period_event, 0);
}

static void on_point(void *self, void *subject, uint64_t detail)
{
    (void)subject;
    watcher_say(self, detail == 1);
}

static void alarm_wire(Component *self, World *world, DiagList *diags)
{
    Route53Alarm *alarm = (Route53Alarm *)self;
    const GPtrArray *all = world_of_kind(world, "route53");
    g_autofree char *stream = g_strdup_printf("%s/phase", self->name);

    engine_open_stream(world_engine(world), &alarm->phase, stream);
    alarm->route53 = all->len > 0 ? g_ptr_array_index(all, 0) : NULL;
    for (const MetricDef *metric = alarm->route53 != NULL ? alarm->route53->kind->metrics : NULL;
         metric != NULL && metric->name != NULL; metric++) {
        if (metric->type == METRIC_TYPE_GAUGE && strcmp(metric->name, "unhealthy") == 0) {
            alarm->unhealthy =
                (const Gauge *)(const void *)((const char *)alarm->route53 + metric->offset);
        }
    }
    if (alarm->unhealthy == NULL) {
        diag_add(diags, DIAG_ERROR, self->settings, DIAG_KEY,
                 "'%s' has no Route 53 with health checks to watch", self->name);
    }
}

static void alarm_start(Component *self)
{
    Route53Alarm *alarm = (Route53Alarm *)self;

    alarm->area = area_now(alarm);
    later(alarm, 1 + (SimSpan)rng_below(&alarm->phase, (uint64_t)alarm->period), &period_event, 0);
}

static const Field alarm_fields[] = {
    FIELD_SPAN(Route53Alarm, period, .initial = "60s", .lowest = "10s",
               .help = "Of the metric and of the alarm",
               .source = "Route 53 Developer Guide: 1 minute"),
    FIELD_SPAN(Route53Alarm, delay, .initial = "60s", .lowest = "0s",
               .help = "From the end of a period to the alarm's state",
               .source = "front door reference 5: 60 to 120 s after the check"),
    FIELD_END,
};

static const MetricDef alarm_metrics[] = {WATCHER_METRICS(Route53Alarm), METRIC_END};

const Kind route53_alarm_kind = {
    .name = "route53_alarm",
    .help = "A CloudWatch alarm on the health checks of Route 53",
    .leaves_out = "missing data and alarms on single checks: any unhealthy check is a problem",
    .size = sizeof(Route53Alarm),
    .scope = KIND_PART,
    .fields = alarm_fields,
    .metrics = alarm_metrics,
    .on_wire = alarm_wire,
    .on_start = alarm_start,
};

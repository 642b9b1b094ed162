/* route53_alarm.c - health checks that follow an alarm instead of probing: a script on a node tells
 * a region of AWS each period how many of the node's processes do not run. The alarm goes off after
 * so many bad periods in a row and is over with the first good one; without data for as long it has
 * none, and the check is what InsufficientDataHealthStatus says. Source: Route 53 Developer Guide
 * ("Monitoring a CloudWatch alarm"); CloudWatch User Guide (INSUFFICIENT_DATA). Left out: other
 * metrics, M of N, alarms that treat missing data otherwise. */
#include "models/dns/route53_parts.h"
#include "sim/world/host.h"
#include "sim/world/network.h"

#define DATA_REGION "us-east-1" /* where data go to, when the scenario has that checker region */

typedef struct AlarmSettings {
    char *node;
    SimSpan period;
    int64_t periods;
} AlarmSettings;

typedef struct Alarm {
    AlarmSettings settings;
    guint check; /* that follows it */
    const Component *host;
    int64_t bad, missing; /* periods in a row */
} Alarm;

static const Field alarm_fields[] = {
    FIELD_TEXT(AlarmSettings, node, .flags = FIELD_REQUIRED,
               .help = "The node that tells of itself"),
    FIELD_SPAN(AlarmSettings, period, .initial = "60s", .lowest = "1s",
               .help = "From one datum to the next", .source = "CloudWatch: 60 s at no extra cost"),
    FIELD_COUNT(AlarmSettings, periods, .initial = "3", .lowest = "1", .highest = "100",
                .help = "Periods in a row that set the alarm off, or leave it without data",
                .source = "assumption"),
    FIELD_END,
};

static void alarm_looks(void *self, void *subject, uint64_t detail);

static const EventType alarm_is_due = {"route53.alarm", alarm_looks};

/* --- set-up -------------------------------------------------------------------------------------
 */

static void alarm_free(gpointer item)
{
    Alarm *alarm = item;

    field_clear(alarm_fields, &alarm->settings);
    g_free(alarm);
}

static const Component *find_host(const Route53 *self, const char *node)
{
    g_autofree char *name = g_strconcat("host@", node, NULL);

    return world_find(self->component.world, name);
}

static void read_alarm(Route53 *self, guint rank, const cJSON *tree, DiagList *diags)
{
    Alarm *alarm = g_new0(Alarm, 1);

    g_ptr_array_add(self->alarms, alarm);
    field_defaults(alarm_fields, &alarm->settings);
    alarm->check = rank;
    if (!field_read(alarm_fields, &alarm->settings, tree, diags)) {
        return;
    }
    alarm->host = find_host(self, alarm->settings.node);
    if (alarm->host == NULL) {
        diag_add(diags, DIAG_ERROR, json_member(tree, "node"), DIAG_VALUE, "unknown node '%s'",
                 alarm->settings.node);
    }
}

void alarms_read(Route53 *self, DiagList *diags)
{
    self->alarms = g_ptr_array_new_with_free_func(alarm_free);
    for (guint i = 0; i < self->checks->checks->len; i++) {
        const HealthCheck *check = health_checks_at(self->checks, i);
        const cJSON *tree =
            check->alarm != NULL ? json_member(self->alarm_settings, check->alarm) : NULL;

        if (tree != NULL) {
            read_alarm(self, i, tree, diags);
        } else if (check->alarm != NULL && self->states[i].is_used) {
            diag_add(diags, DIAG_ERROR, self->component.settings, DIAG_KEY,
                     "health check '%s' follows alarm '%s', which 'alarms' of 'route53' does not "
                     "have",
                     check->id, check->alarm);
        }
    }
}

void alarms_free(Route53 *self)
{
    g_clear_pointer(&self->alarms, g_ptr_array_unref);
}

/* --- as time goes by ----------------------------------------------------------------------------
 */

void alarms_start(Route53 *self)
{
    for (guint i = 0; i < self->alarms->len; i++) {
        const Alarm *alarm = g_ptr_array_index(self->alarms, i);

        if (self->states[alarm->check].is_used &&
            !health_checks_at(self->checks, alarm->check)->is_disabled) {
            engine_after(world_engine(self->component.world), alarm->settings.period,
                         &self->component.owner, &alarm_is_due, NULL, i);
        }
    }
}

/* A host begins with its component. */
static Host *host_of_alarm(const Alarm *alarm)
{
    return (Host *)(uintptr_t)alarm->host;
}

/* Whether the node can tell: it lives, and its data find the way. */
static bool has_data(const Route53 *self, const Alarm *alarm)
{
    World *world = self->component.world;
    const Site *region = world_find_site(world, DATA_REGION);
    const Component *way = region != NULL ? network_link(world, alarm->host->site, region) : NULL;

    return host_is_up(host_of_alarm(alarm)) && !alarm->host->condition.paused &&
           (way == NULL || !way->condition.down);
}

/* Whether a process of the node does not run. */
static bool is_bad(const Route53 *self, const Alarm *alarm)
{
    World *world = self->component.world;

    for (guint i = 0; i < world_count(world); i++) {
        const Component *component = world_component(world, i);

        if (component->host == host_of_alarm(alarm) && component != alarm->host &&
            (!component->is_up || component->condition.paused)) {
            return true;
        }
    }
    return false;
}

/* What the alarm says by now: 1 healthy, 0 unhealthy, -1 nothing new. */
static int status_of(const Alarm *alarm, const HealthCheck *check)
{
    if (alarm->missing >= alarm->settings.periods) {
        return check->keeps_without_data ? -1 : !check->is_bad_without_data;
    }
    if (alarm->missing > 0) {
        return -1;
    }
    return alarm->bad >= alarm->settings.periods ? 0 : alarm->bad == 0 ? 1 : -1;
}

static void alarm_looks(void *self, void *subject, uint64_t detail)
{
    Route53 *route53 = self;
    Alarm *alarm = g_ptr_array_index(route53->alarms, (guint)detail);
    const HealthCheck *check = health_checks_at(route53->checks, alarm->check);
    bool is_told = has_data(route53, alarm);
    int status;

    (void)subject;
    alarm->missing = is_told ? 0 : alarm->missing + 1;
    alarm->bad = !is_told ? alarm->bad : is_bad(route53, alarm) ? alarm->bad + 1 : 0;
    status = status_of(alarm, check);
    if (status >= 0) {
        route53_put_health(route53, alarm->check, (status == 1) != check->is_inverted);
    }
    engine_after(world_engine(route53->component.world), alarm->settings.period,
                 &route53->component.owner, &alarm_is_due, NULL, detail);
}

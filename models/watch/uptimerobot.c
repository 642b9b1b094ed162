/* uptimerobot.c - UptimeRobot: a check every five minutes (60 or 30 s when paid for), and before it
 * alerts a few more from other places within 30 s. Sources: UptimeRobot's descriptions (interval,
 * re-checks); front door reference 5. Left out: keyword monitors, its own outages. */
#include "models/watch/watch_parts.h"

#define RECHECKS_MOST 8

typedef struct UptimeRobot {
    Watcher watcher; /* first */
    WatchAim aim;
    SimSpan interval, timeout, recheck_span;
    int64_t rechecks;
    WatchQuestion check, again[RECHECKS_MOST];
    Component *eyes[RECHECKS_MOST];
    guint eye_count;
    bool was_denied; /* a re-check found it up */
    uint64_t denied;
    bool is_confirming;
    Rng phase;
} UptimeRobot;

static void on_due(void *self, void *subject, uint64_t detail);
static void on_recheck(void *self, void *subject, uint64_t detail);
static void on_confirmed(void *self, void *subject, uint64_t detail);
static const EventType due_event = {"uptimerobot.check", on_due};
static const EventType recheck_event = {"uptimerobot.recheck", on_recheck};
static const EventType confirmed_event = {"uptimerobot.confirmed", on_confirmed};

static void later(UptimeRobot *robot, SimSpan span, const EventType *type, uint64_t detail)
{
    engine_after(world_engine(robot->watcher.component.world), span,
                 &robot->watcher.component.owner, type, NULL, detail);
}

static void on_again(WatchQuestion *question, bool is_ok, SimSpan took)
{
    UptimeRobot *robot = question->context;

    (void)took;
    robot->was_denied = robot->was_denied || is_ok;
}

static void on_recheck(void *self, void *subject, uint64_t detail)
{
    UptimeRobot *robot = self;
    WatchQuestion *question = &robot->again[detail];
    SimSpan left = robot->recheck_span / robot->rechecks * (robot->rechecks - (int64_t)detail);

    (void)subject;
    robot->watcher.checks++;
    *question = (WatchQuestion){.asker = robot->eyes[detail % robot->eye_count],
                                .aim = &robot->aim,
                                .timeout = MIN(robot->timeout, left),
                                .done = on_again,
                                .context = robot,
                                .user = robot->check.user + detail + 1};
    watch_ask(question);
}

/* None of them found it up in time. */
static void on_confirmed(void *self, void *subject, uint64_t detail)
{
    UptimeRobot *robot = self;

    (void)subject;
    (void)detail;
    robot->is_confirming = false;
    if (!robot->was_denied) {
        watcher_say(&robot->watcher, true);
    } else {
        robot->denied++;
    }
}

static void on_checked(WatchQuestion *question, bool is_ok, SimSpan took)
{
    UptimeRobot *robot = question->context;

    (void)took;
    if (is_ok) {
        robot->was_denied = true;
        watcher_say(&robot->watcher, false);
        return;
    }
    robot->watcher.checks_failed++;
    if (!robot->watcher.is_down && !robot->is_confirming) {
        robot->is_confirming = true;
        robot->was_denied = false;
        for (int64_t i = 0; i < robot->rechecks; i++) {
            later(robot, robot->recheck_span / robot->rechecks * i, &recheck_event, (uint64_t)i);
        }
        later(robot, robot->recheck_span, &confirmed_event, 0);
    }
}

static void on_due(void *self, void *subject, uint64_t detail)
{
    UptimeRobot *robot = self;

    (void)subject;
    (void)detail;
    robot->watcher.checks++;
    watch_ask(&robot->check);
    later(robot, robot->interval, &due_event, 0);
}

/* Re-checks come from the sites after the first, or from there when there is no other. */
static void robot_make(Component *self, World *world, DiagList *diags)
{
    extern const Kind watch_eye_kind;
    UptimeRobot *robot = (UptimeRobot *)self;
    Site *site;

    for (guint i = 1; i < RECHECKS_MOST && (site = watch_site(self->settings, world, i, diags));
         i++) {
        g_autofree char *place = g_strdup_printf("%s/%s", component_place(self), site->name);

        robot->eyes[robot->eye_count++] =
            world_add(world, &watch_eye_kind, place, NULL, site, NULL, NULL, diags);
    }
    if (robot->eye_count == 0) {
        robot->eyes[robot->eye_count++] = self;
    }
}

static void robot_wire(Component *self, World *world, DiagList *diags)
{
    UptimeRobot *robot = (UptimeRobot *)self;
    g_autofree char *stream = g_strdup_printf("%s/phase", self->name);

    engine_open_stream(world_engine(world), &robot->phase, stream);
    watch_aim_wire(&robot->aim, self, diags);
    robot->check = (WatchQuestion){.asker = self,
                                   .aim = &robot->aim,
                                   .timeout = MIN(robot->timeout, robot->interval),
                                   .done = on_checked,
                                   .context = robot,
                                   .user = rng_hash(self->name)};
}

static void robot_start(Component *self)
{
    UptimeRobot *robot = (UptimeRobot *)self;

    later(robot, (SimSpan)rng_below(&robot->phase, (uint64_t)robot->interval), &due_event, 0);
}

static const Field robot_fields[] = {
    WATCH_AIM_FIELDS(UptimeRobot),
    FIELD_SPAN(UptimeRobot, interval, .initial = "300s", .lowest = "10s",
               .help = "From one check to the next; paid plans 60 s, the largest ones 30 s",
               .source = "UptimeRobot: every 5 minutes free of charge"),
    FIELD_SPAN(UptimeRobot, timeout, .initial = "30s", .lowest = "1s",
               .help = "How long a check may take",
               .source = "UptimeRobot: 30 s (widely published)"),
    FIELD_COUNT(UptimeRobot, rechecks, .initial = "3", .lowest = "1", .highest = "8",
                .help = "More checks, from other places, after one that failed",
                .source = "UptimeRobot: 'several'; 3 is an assumption"),
    FIELD_SPAN(UptimeRobot, recheck_span, .initial = "30s", .lowest = "1s",
               .help = "In which none of them may find it up for an alert",
               .source = "UptimeRobot: re-checks within the next 30 s"),
    FIELD_END,
};

static const MetricDef robot_metrics[] = {
    WATCHER_METRICS(UptimeRobot),
    METRIC_COUNTER(UptimeRobot, denied,
                   "Checks that failed and were denied: a re-check from elsewhere found it up"),
    METRIC_END};

const Kind uptimerobot_kind = {
    .name = "uptimerobot",
    .help = "UptimeRobot: checks from outside with re-checks before an alert",
    .leaves_out = "keyword and port monitors and its own outages: they change which failures are "
                  "meant, not when one is seen",
    .size = sizeof(UptimeRobot),
    .scope = KIND_PART,
    .fields = robot_fields,
    .metrics = robot_metrics,
    .on_make = robot_make,
    .on_wire = robot_wire,
    .on_start = robot_start,
};

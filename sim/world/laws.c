/* laws.c - the laws of queues, held for each station and window.
 * Each law has two sides that were measured apart: levels are what the kind's gauges say, and what
 * users are shown; stays come from the instants at which the ledger was told of coming and leaving.
 * Both are sums of whole nanoseconds. A gauge keeps its sum in a double, which is exact below 2^53;
 * beyond (a day of a hundred thousand in flight) half a last digit an addition is allowed. */
#include "sim/world/laws.h"

#include <math.h>

#include "sim/world/history.h"
#include "sim/world/ledger.h"

#define EXACT_BELOW 9007199254740992.0 /* 2^53 */
#define LAST_DIGIT 2.220446049250313e-16
/* Of the virtual clock of a CPU, which is a double: in proportion to what it has given. */
#define CLOCK_ERROR 1e-12
/* An end of service is told at a whole nanosecond, and shown at one. */
#define ENDS_ROUNDED_NS 2.0

/* A level and its sum over time, and how large the sums were that it comes from: a difference of
 * two has the rounding of both. */
typedef struct Level {
    double value, area, summed;
} Level;

/* Both sides of all laws of one station at one instant, since the run began. */
typedef struct Sight {
    Level present, waiting, busy;
    uint64_t spent_ns, waited_ns; /* of those who are here as well */
    uint64_t entered, left, idle_ns, work_ns;
    LedgerWork work;
} Sight;

/* A declared station and what was seen of it last. */
typedef struct Station {
    const Component *component;
    const LedgerDef *def;
    const Ledger *ledger;
    Sight last;
} Station;

/* A counter and where it stood. */
typedef struct Count {
    const Component *component;
    const MetricDef *def;
    uint64_t last;
} Count;

struct Laws {
    const World *world;
    GArray *stations; /* Station */
    GArray *counts;   /* Count: all counters of all components */
    GArray *gauges;   /* Count: all gauges; `last` is not used */
    SimTime since;
    uint64_t windows;
    bool has_users, has_others; /* loads whose requests are declared, and whose are not */
};

static const void *at(const Component *component, size_t offset)
{
    return (const char *)component + offset;
}

/* --- set-up ----------------------------------------------------------------------------------- */

static void add_stations(Laws *laws, const Component *component)
{
    bool has_users = false;

    for (const LedgerDef *def = component->kind->ledgers; def != NULL && def->name != NULL; def++) {
        Station station = {
            .component = component, .def = def, .ledger = at(component, def->ledger)};

        has_users = has_users || def->is_of_users;
        g_array_append_val(laws->stations, station);
    }
    laws->has_users = laws->has_users || has_users;
    laws->has_others = laws->has_others || (component->kind->scope == KIND_PER_LOAD && !has_users);
}

static void add_metrics(Laws *laws, const Component *component, const MetricDef *defs)
{
    for (const MetricDef *def = defs; def != NULL && def->name != NULL; def++) {
        Count count = {.component = component, .def = def};

        if (def->type == METRIC_TYPE_COUNTER) {
            g_array_append_val(laws->counts, count);
        } else if (def->type == METRIC_TYPE_GAUGE) {
            g_array_append_val(laws->gauges, count);
        }
    }
}

Laws *laws_new(const World *world)
{
    Laws *laws = g_new0(Laws, 1);

    laws->world = world;
    laws->stations = g_array_new(false, true, sizeof(Station));
    laws->counts = g_array_new(false, true, sizeof(Count));
    laws->gauges = g_array_new(false, true, sizeof(Count));
    for (guint i = 0; i < world_count(world); i++) {
        const Component *component = world_component(world, i);

        add_stations(laws, component);
        add_metrics(laws, component, component->kind->metrics);
        add_metrics(laws, component, component_metrics);
        add_metrics(laws, component, component_totals);
    }
    return laws;
}

void laws_free(Laws *laws)
{
    if (laws != NULL) {
        g_array_unref(laws->stations);
        g_array_unref(laws->counts);
        g_array_unref(laws->gauges);
        g_free(laws);
    }
}

guint laws_count_stations(const Laws *laws)
{
    return laws->stations->len;
}

uint64_t laws_count_windows(const Laws *laws)
{
    return laws->windows;
}

/* --- what a station looks like now ------------------------------------------------------------ */

static Level level_at(const Station *station, size_t offset, SimTime now)
{
    const Gauge *gauge;

    if (offset == 0) {
        return (Level){0};
    }
    gauge = at(station->component, offset);
    double area = gauge->area + gauge->value * (double)(now - gauge->since);

    return (Level){gauge->value, area, fabs(area)};
}

static Level level_both(Level a, Level b, double sign)
{
    return (Level){a.value + sign * b.value, a.area + sign * b.area, a.summed + b.summed};
}

static Sight look(const Station *station, SimTime now)
{
    const LedgerDef *def = station->def;
    const Ledger *ledger = station->ledger;
    uint64_t here = (uint64_t)ledger->waiting + ledger->busy;
    Sight sight = {.present = level_at(station, def->present, now),
                   .waiting = level_at(station, def->waiting, now),
                   .busy = level_at(station, def->busy, now),
                   .spent_ns = ledger->spent_ns + here * (uint64_t)now,
                   .waited_ns = ledger->waited_ns + ledger->waiting * (uint64_t)now,
                   .entered = ledger->entered,
                   .left = ledger_left(ledger),
                   .idle_ns = ledger->idle_ns,
                   .work_ns = ledger->work_ns};

    if (ledger->waiting > 0 && ledger->busy < ledger->servers) {
        sight.idle_ns += (uint64_t)(now - ledger->since);
    }
    if (def->busy_is_share) {
        sight.busy.value *= ledger->servers;
        sight.busy.area *= ledger->servers;
        sight.busy.summed *= ledger->servers;
    }
    if (def->present == 0) {
        sight.present = level_both(sight.waiting, sight.busy, 1);
    } else if (def->busy == 0) {
        sight.busy = level_both(sight.present, sight.waiting, -1);
    }
    if (def->work != NULL) {
        sight.work = def->work(ledger);
    }
    return sight;
}

/* --- the laws --------------------------------------------------------------------------------- */

/* One station in one window. */
typedef struct Window {
    const Laws *laws;
    Station *station;
    Sight before, now;
    SimTime end;
} Window;

G_GNUC_PRINTF(4, 5)
static char *broken(const Laws *laws, const char *where, const char *law, const char *format, ...)
{
    char from[SIM_SPAN_TEXT], to[SIM_SPAN_TEXT];
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *numbers = g_strdup_vprintf(format, arguments);

    va_end(arguments);
    return g_strdup_printf("%s does not hold at %s from time %s to %s: %s", law, where,
                           sim_span_print(laws->since, from),
                           sim_span_print(world_now(laws->world), to), numbers);
}

static char *place_of(const Station *station)
{
    return g_strdup_printf("'%s', %s", station->component->name, station->def->name);
}

/* What rounding may do to gauges' sums that have come to `summed`. */
static double gauge_error(const Window *window, double summed)
{
    const Sight *now = &window->now;
    double additions = (double)(2 * (now->entered + now->left) + window->laws->windows);

    return summed < EXACT_BELOW ? 0 : additions * summed * LAST_DIGIT;
}

/* Levels on average over the window from both sides: `area` of a gauge, `stays` of the ledger. */
static char *check_stays(const Window *window, const char *law, const char *what, Level before,
                         Level now, uint64_t stays)
{
    double span = (double)(window->end - window->laws->since);
    double area = now.area - before.area;
    double rounding = (double)window->station->def->rounding *
                      (double)(window->now.left - window->before.left + 2);

    if (fabs(area - (double)(int64_t)stays) <= rounding + gauge_error(window, now.summed)) {
        return NULL;
    }
    g_autofree char *place = place_of(window->station);
    double entered = (double)(window->now.entered - window->before.entered);

    return broken(window->laws, place, law,
                  "the gauge of %s was %.9g on average, the stays add up to %.9g (%.0f ns against "
                  "%" G_GINT64_FORMAT " ns; %.0f came, %" G_GUINT64_FORMAT " left)",
                  what, area / span, (double)(int64_t)stays / span, area, (int64_t)stays, entered,
                  window->now.left - window->before.left);
}

static char *check_level(const Window *window, const char *what, double shown, int64_t here)
{
    if (here < 0) {
        g_autofree char *place = place_of(window->station);

        return broken(window->laws, place, "'nothing is negative'", "%s: %" G_GINT64_FORMAT, what,
                      here);
    }
    if (shown < (double)here || shown > (double)here) {
        g_autofree char *place = place_of(window->station);

        return broken(window->laws, place, "flow balance",
                      "the gauge of %s shows %.9g, but %" G_GINT64_FORMAT
                      " came and did not leave (since the run began %" G_GUINT64_FORMAT
                      " came and %" G_GUINT64_FORMAT " left)",
                      what, shown, here, window->now.entered, window->now.left);
    }
    return NULL;
}

static char *check_flow(const Window *window)
{
    const Ledger *ledger = window->station->ledger;
    const Sight *now = &window->now;
    char *problem = check_level(window, "all", now->present.value,
                                (int64_t)(int32_t)ledger->waiting + (int32_t)ledger->busy);

    if (problem == NULL && window->station->def->has_line) {
        problem =
            check_level(window, "those who wait", now->waiting.value, (int32_t)ledger->waiting);
    }
    if (problem == NULL && window->station->def->has_line) {
        problem = check_level(window, "busy servers", now->busy.value, (int32_t)ledger->busy);
    }
    return problem;
}

static char *check_little(const Window *window)
{
    const Sight *before = &window->before, *now = &window->now;
    uint64_t spent = now->spent_ns - before->spent_ns;
    uint64_t waited = now->waited_ns - before->waited_ns;
    char *problem =
        check_stays(window, "Little's law", "all", before->present, now->present, spent);

    if (problem == NULL && window->station->def->has_line) {
        problem = check_stays(window, "Little's law", "those who wait", before->waiting,
                              now->waiting, waited);
    }
    if (problem == NULL && window->station->def->has_line) {
        problem = check_stays(window, "the utilisation law", "busy servers", before->busy,
                              now->busy, spent - waited);
    }
    return problem;
}

static char *check_conservation(const Window *window)
{
    const Ledger *ledger = window->station->ledger;
    const Station *station = window->station;
    uint64_t idle = window->now.idle_ns - window->before.idle_ns;

    if (idle == 0 && (!station->def->has_line || ledger->busy <= ledger->servers_most)) {
        return NULL;
    }
    g_autofree char *place = place_of(station);

    return broken(window->laws, place, "work conservation",
                  "a server was free for %" G_GUINT64_FORMAT
                  " ns while somebody waited (now %u wait, %u of %u servers are busy)",
                  idle, ledger->waiting, ledger->busy, ledger->servers_most);
}

/* Service asked for is given, still to be given, or given up with those that left. */
static char *check_work(const Window *window)
{
    const LedgerWork *before = &window->before.work, *now = &window->now.work;
    double asked = (double)(window->now.work_ns - window->before.work_ns);
    double given = now->given_ns - before->given_ns;
    double rest = now->left_ns - before->left_ns + now->lost_ns - before->lost_ns;
    double ends = (double)(window->now.entered + window->now.left - window->before.entered -
                           window->before.left + 2);
    double error = ends * ENDS_ROUNDED_NS +
                   CLOCK_ERROR * (fabs(now->given_ns) + fabs(now->left_ns) + fabs(now->lost_ns));

    if (window->station->def->work == NULL || fabs(asked - given - rest) <= error) {
        return NULL;
    }
    g_autofree char *place = place_of(window->station);

    return broken(window->laws, place, "the utilisation law",
                  "busy servers gave %.3f ns of service, but %.3f ns were asked for and %.3f ns of "
                  "them are not given (yet)",
                  given, asked, rest);
}

static uint64_t sum_of(const Component *component, const size_t *offsets)
{
    uint64_t sum = 0;

    for (guint i = 0; i < LEDGER_COUNTERS && offsets[i] != 0; i++) {
        sum += *(const uint64_t *)at(component, offsets[i]);
    }
    return sum;
}

static char *check_counters(const Window *window)
{
    const Component *component = window->station->component;
    const LedgerDef *def = window->station->def;
    const Ledger *ledger = window->station->ledger;
    uint64_t came = sum_of(component, def->came) - sum_of(component, def->turned_away);
    uint64_t ends = sum_of(component, def->ends);

    if (def->came[0] != 0 && came != ledger->entered) {
        g_autofree char *place = place_of(window->station);

        return broken(window->laws, place, "flow balance",
                      "the counters say that %" G_GUINT64_FORMAT
                      " came since the run began, but %" G_GUINT64_FORMAT " did",
                      came, ledger->entered);
    }
    if (def->ends[0] != 0 && ends != ledger_left(ledger) - ledger->dropped) {
        g_autofree char *place = place_of(window->station);

        return broken(window->laws, place, "'each ends exactly once'",
                      "the counters say that %" G_GUINT64_FORMAT
                      " ended since the run began, but %" G_GUINT64_FORMAT " did",
                      ends, ledger_left(ledger) - ledger->dropped);
    }
    return NULL;
}

/* One that leaves twice and one that never does keep the count right: the marks tell. */
static char *check_marks(const Window *window)
{
    const Ledger *ledger = window->station->ledger;

    if (ledger->waiting + ledger->busy > 0 || ledger->marks == 0) {
        return NULL;
    }
    g_autofree char *place = place_of(window->station);

    return broken(window->laws, place, "'each ends exactly once'",
                  "all %" G_GUINT64_FORMAT " that came have left, but others left than came "
                  "(marks differ by %" G_GUINT64_FORMAT ")",
                  ledger_left(ledger), ledger->marks);
}

static char *check_station(const Laws *laws, Station *station)
{
    typedef char *Law(const Window *window);
    static Law *const all[] = {check_flow, check_little,   check_conservation,
                               check_work, check_counters, check_marks};
    SimTime end = world_now(laws->world);
    Window window = {laws, station, station->last, look(station, end), end};
    char *problem = NULL;

    for (guint i = 0; problem == NULL && i < G_N_ELEMENTS(all); i++) {
        problem = all[i](&window);
    }
    station->last = window.now;
    return problem;
}

/* --- the tier of users, and what holds everywhere --------------------------------------------- */

/* What the history was told of each request against the gauges of those under way. */
static char *check_users(const Laws *laws)
{
    uint64_t here_ns = 0, left = 0;
    HistoryTally tally = history_tally(world_history(laws->world));

    for (guint i = 0; i < laws->stations->len; i++) {
        const Station *station = &g_array_index(laws->stations, Station, i);

        if (station->def->is_of_users) {
            here_ns += station->ledger->spent_ns + station->ledger->marks;
            left += ledger_left(station->ledger);
        }
    }
    if (!laws->has_users || laws->has_others ||
        (left == tally.requests && here_ns == tally.felt_ns)) {
        return NULL;
    }
    return broken(laws, "the users' tier", left == tally.requests ? "Little's law" : "flow balance",
                  "%" G_GUINT64_FORMAT " requests of %" G_GUINT64_FORMAT
                  " ns in all ended, but %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                  " ns were noted",
                  left, here_ns, tally.requests, tally.felt_ns);
}

static char *check_counts(const Laws *laws)
{
    for (guint i = 0; i < laws->counts->len; i++) {
        Count *count = &g_array_index(laws->counts, Count, i);
        uint64_t now = *(const uint64_t *)at(count->component, count->def->offset);

        if (now < count->last || now > INT64_MAX) {
            g_autofree char *place =
                g_strdup_printf("'%s', %s", count->component->name, count->def->name);

            return broken(laws, place, "'nothing is negative'",
                          "the counter fell from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
                          count->last, now);
        }
        count->last = now;
    }
    return NULL;
}

static char *check_gauges(const Laws *laws)
{
    for (guint i = 0; i < laws->gauges->len; i++) {
        const Count *count = &g_array_index(laws->gauges, Count, i);
        const Gauge *gauge = at(count->component, count->def->offset);

        if (!(gauge->value >= 0 && gauge->value < INFINITY)) {
            g_autofree char *place =
                g_strdup_printf("'%s', %s", count->component->name, count->def->name);

            return broken(laws, place, "'nothing is negative'", "the gauge stands at %g",
                          gauge->value);
        }
    }
    return NULL;
}

char *laws_check(Laws *laws)
{
    char *problem = NULL;

    for (guint i = 0; problem == NULL && i < laws->stations->len; i++) {
        problem = check_station(laws, &g_array_index(laws->stations, Station, i));
    }
    if (problem == NULL) {
        problem = check_users(laws);
    }
    if (problem == NULL) {
        problem = check_counts(laws);
    }
    if (problem == NULL) {
        problem = check_gauges(laws);
    }
    laws->windows += laws->stations->len;
    laws->since = world_now(laws->world);
    return problem;
}

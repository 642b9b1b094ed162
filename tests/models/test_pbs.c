/* test_pbs.c - the replicated store without queues, over drawn legs, against the trial of the PBS
 * paper (Bailis et al. 2012): trial by trial with the same random streams, and against its curves.
 * `make pbs` does the latter with a million trials. */
#include <math.h>

#include "tests/support/rig.h"
#include "tests/support/suite.h"

extern const Kind cassandra_kind, pbs_kind, reading_kind;

#define NODES_MOST 10
#define LAN 500 /* ns from a reading to its coordinator, and back */

#define SSD "mixture(0.9122: pareto(min=235us, shape=10), 0.0878: exponential(mean=602.4096386us))"
#define DISK "mixture(0.38: pareto(min=1.05ms, shape=1.51), 0.62: exponential(mean=5.464480874ms))"
#define YMMR_WRITE                                                                                 \
    "mixture(0.939: pareto(min=3ms, shape=3.5), 0.061: exponential(mean=357.142857ms))"
#define YMMR_READ                                                                                  \
    "mixture(0.982: pareto(min=1.5ms, shape=3.8), 0.018: exponential(mean=46.082949ms))"

static const char *const levels[] = {"", "ONE", "TWO", "THREE"};

/* A cluster of `count` nodes with one reading called "one". */
static Rig *make_bed(uint64_t seed, guint count, const char *write_law, const char *other_law,
                     const char *distance, const char *reading)
{
    Rig *rig = rig_new(seed, &cassandra_kind, &pbs_kind, &reading_kind, NULL);
    g_autofree char *settings = g_strdup_printf(
        "{\"num_tokens\": 1, \"keyspaces\": {\"pbs\": {\"replication\": {\"class\": "
        "\"NetworkTopologyStrategy\", \"DC01\": %u}}}, \"read_fanout\": \"all\", "
        "\"speculative_retry\": \"NONE\", \"hinted_handoff_enabled\": false, "
        "\"read_request_timeout\": \"60s\", \"write_request_timeout\": \"60s\", "
        "\"native_transport_max_threads\": 100000, \"concurrent_writes\": 100000, "
        "\"concurrent_reads\": 100000, \"dclocal_read_repair_chance\": 0, "
        "\"coordinator_cpu\": \"0s\", \"write_cpu\": \"0s\", \"read_cpu\": \"0s\", "
        "\"answer_cpu\": \"0s\", \"legs\": {\"write\": \"%s\", \"acknowledge\": \"%s\", "
        "\"read\": \"%s\", \"answer\": \"%s\", \"distance\": \"%s\"}}",
        count, write_law, other_law, other_law, other_law, distance);
    Site site = {.name = "DC01", .type = SITE_DC, .is_live = true, .lan_one_way = LAN};
    g_autofree char *pbs = g_strdup_printf("{\"readings\": {\"one\": {%s}}}", reading);

    world_add_site(rig->world, &site);
    for (guint i = 0; i < count; i++) {
        g_autofree char *place = g_strdup_printf("DC01-db%u", i + 1);

        rig_host(rig, place, NULL, NULL);
        rig_add(rig, "cassandra", place, settings);
    }
    rig_add(rig, "pbs", "world", pbs);
    rig_link_all(rig, "1ms");
    rig_start(rig);
    return rig;
}

/* --- trial by trial -----------------------------------------------------------------------------
 */

/* The trial as the paper has it, on streams of its own. */
typedef struct Twin {
    guint count, need_write, need_read;
    SimSpan after, distance;
    Draw write, other;
    Rng streams[4], places;
} Twin;

typedef struct Outcomes {
    SimSpan write, read, missing;
    bool is_visible;
} Outcomes;

static guint first_of(const SimSpan *spans, guint count, uint32_t taken)
{
    guint first = UINT32_MAX;

    for (guint i = 0; i < count; i++) {
        if ((taken >> i & 1) == 0 && (first == UINT32_MAX || spans[i] < spans[first])) {
            first = i;
        }
    }
    return first;
}

/* Whether `need` of the sums known so far lie before `instant`. */
static bool is_over(const SimSpan *sums, uint32_t known, guint count, guint need, SimSpan instant)
{
    guint before = 0;

    for (guint i = 0; i < count; i++) {
        before += (known >> i & 1) != 0 && sums[i] < instant;
    }
    return before >= need;
}

/* There and back: the way back is drawn in the order in which the way there ends, and not any more
 * (as `need` says, 0: all are) once the operation is over. Places in the order of the sums go to
 * `order`. */
static void draw_ways(Twin *twin, guint there, guint need, SimSpan *ways, SimSpan *sums,
                      guint *order)
{
    guint near = twin->distance > 0 ? (guint)rng_below(&twin->places, twin->count) : 0;
    uint32_t known = 0;

    for (guint i = 0; i < twin->count; i++) {
        ways[i] = draw_span(there == 0 ? twin->write : twin->other, &twin->streams[there]) +
                  (i == near ? 0 : twin->distance);
    }
    for (guint k = 0; k < twin->count; k++) {
        guint i = first_of(ways, twin->count, known);

        sums[i] = INT64_MAX;
        if (need == 0 || !is_over(sums, known, twin->count, need, ways[i])) {
            sums[i] = ways[i] + draw_span(twin->other, &twin->streams[there + 1]) +
                      (i == near ? 0 : twin->distance);
        }
        known |= 1u << i;
    }
    known = 0;
    for (guint k = 0; k < twin->count; k++) {
        order[k] = first_of(sums, twin->count, known);
        known |= 1u << order[k];
    }
}

static Outcomes try_once(Twin *twin)
{
    SimSpan writes[NODES_MOST], written[NODES_MOST], reads[NODES_MOST], answered[NODES_MOST];
    guint order[NODES_MOST];
    Outcomes result = {.missing = INT64_MAX};

    draw_ways(twin, 0, 0, writes, written, order);
    result.write = written[order[twin->need_write - 1]];
    draw_ways(twin, 2, twin->need_read, reads, answered, order);
    result.read = answered[order[twin->need_read - 1]];
    for (guint k = 0; k < twin->need_read; k++) {
        SimSpan missing = writes[order[k]] - result.write - twin->after - 2 * LAN - reads[order[k]];

        result.missing = MIN(result.missing, MAX(0, missing));
        result.is_visible |= missing <= 0;
    }
    return result;
}

static double sum_of(const Rig *rig, const char *metric)
{
    return histogram_sum(rig_histogram(rig, "reading@one", metric));
}

static void compare_trials(guint count, guint need_write, guint need_read, SimSpan after,
                           const char *distance)
{
    Twin twin = {.count = count, .need_write = need_write, .need_read = need_read, .after = after};
    static const char *const names[] = {"cassandra/legs/write", "cassandra/legs/acknowledge",
                                        "cassandra/legs/read", "cassandra/legs/answer"};
    g_autofree char *reading =
        g_strdup_printf("\"write\": \"%s\", \"read\": \"%s\", \"after\": \"%" G_GINT64_FORMAT
                        "ns\", \"interarrival\": \"1s\"",
                        levels[need_write], levels[need_read], after);
    g_autoptr(Rig) rig =
        make_bed(11, count, "exponential(mean=5ms)", "exponential(mean=1ms)", distance, reading);
    guint stale = 0;

    ck_assert(draw_parse(&twin.write, DRAW_SPAN, "exponential(mean=5ms)", NULL));
    ck_assert(draw_parse(&twin.other, DRAW_SPAN, "exponential(mean=1ms)", NULL));
    ck_assert(sim_span_parse(distance, &twin.distance));
    for (guint i = 0; i < 4; i++) {
        rng_init(&twin.streams[i], 11, names[i]);
    }
    rng_init(&twin.places, 11, "cassandra/legs/near");
    rig_run(rig, SIM_S / 2);
    for (guint trial = 0; trial < 200; trial++) {
        double visible = sum_of(rig, "pbs_visible"), missing = sum_of(rig, "pbs_visibility");
        double write = sum_of(rig, "pbs_write"), read = sum_of(rig, "pbs_read");
        Outcomes expected = try_once(&twin);

        rig_run(rig, SIM_S);
        ck_assert_double_eq(sum_of(rig, "pbs_visible") - visible, expected.is_visible);
        ck_assert_double_eq(sum_of(rig, "pbs_write") - write, (double)(expected.write + 2 * LAN));
        ck_assert_double_eq(sum_of(rig, "pbs_read") - read, (double)(expected.read + 2 * LAN));
        if (after == 0) {
            ck_assert_double_eq(sum_of(rig, "pbs_visibility") - missing, (double)expected.missing);
        }
        stale += !expected.is_visible;
    }
    ck_assert_uint_eq(rig_counter(rig, "reading@one", "pbs_unanswered"), 0);
    ck_assert_int_eq(stale > 0, need_read + need_write <= count);
    draw_clear(&twin.write);
    draw_clear(&twin.other);
}

START_TEST(each_trial_ends_as_in_the_paper_with_the_same_draws)
{
    compare_trials(3, 1, 1, 0, "0s");
    compare_trials(3, 1, 2, 0, "0s");
    compare_trials(5, 2, 1, SIM_MS, "0s");
}
END_TEST

START_TEST(each_trial_ends_as_in_the_paper_over_distances)
{
    compare_trials(3, 1, 1, 0, "75ms");
    compare_trials(3, 1, 1, 5 * SIM_MS, "10ms");
}
END_TEST

START_TEST(overlapping_quorums_always_see_the_write)
{
    compare_trials(3, 2, 2, 0, "75ms");
    compare_trials(3, 1, 3, 0, "0s");
}
END_TEST

/* --- curves -------------------------------------------------------------------------------------
 */

typedef struct Curve {
    guint count;
    const char *write_law, *other_law, *distance;
    guint need_read, need_write;
    SimSpan after;
    double visible, read_p50_ms, write_p50_ms; /* 0: not tabled */
} Curve;

static const Curve curves[] = {
    {3, SSD, SSD, "0s", 1, 1, 0, .9736, .489, .489},
    {3, SSD, SSD, "0s", 1, 2, 0, .9782, .489, .515},
    {3, SSD, SSD, "0s", 1, 1, SIM_MS, .9950, 0, 0},
    {10, SSD, SSD, "0s", 1, 1, 0, .9680, 0, 0},
    {3, DISK, SSD, "0s", 1, 1, 0, .4367, .489, 1.505},
    {3, DISK, SSD, "0s", 1, 2, 0, .7128, .489, 2.77},
    {3, DISK, SSD, "0s", 1, 1, 5 * SIM_MS, .8178, 0, 0},
    {2, DISK, SSD, "0s", 1, 1, 0, .5757, .496, 1.74},
    {5, DISK, SSD, "0s", 1, 1, 0, .3202, .482, 1.35},
    {3, YMMR_WRITE, YMMR_READ, "0s", 1, 1, 0, .8930, 3.37, 5.07},
    {3, YMMR_WRITE, YMMR_READ, "0s", 2, 1, 0, .9910, 3.80, 5.07},
    {3, DISK, SSD, "75ms", 1, 1, 0, .3336, .515, 2.77},
    {3, DISK, SSD, "75ms", 1, 1, 100 * SIM_MS, .9961, 0, 0},
    {10, DISK, SSD, "75ms", 1, 1, 0, .1005, 0, 0},
    {3, "exponential(mean=5ms)", "exponential(mean=1ms)", "0s", 1, 1, 0, .4867, .842, 2.08},
    {3, "exponential(mean=5ms)", "exponential(mean=1ms)", "0s", 1, 1, 5 * SIM_MS, .8113, 0, 0},
};

#define TRIALS 20000

/* Standard error of a median of `count` values is known from how steep the curve is there; here it
 * stays below 1 % for all rows, and 3 % leaves room for it. */
static void compare_median(const Rig *rig, const char *metric, double tabled_ms)
{
    double median =
        (double)(histogram_quantile(rig_histogram(rig, "reading@one", metric), 0.5) - 2 * LAN) /
        (double)SIM_MS;

    if (tabled_ms > 0) {
        ck_assert_double_eq_tol(median, tabled_ms, 0.03 * tabled_ms);
    }
}

/* Within four standard errors and half a thousandth; the way from and to the reading is part of the
 * time that passes. */
START_TEST(curves_are_those_of_the_paper)
{
    const Curve *curve = &curves[_i];
    g_autofree char *reading =
        g_strdup_printf("\"write\": \"%s\", \"read\": \"%s\", \"after\": \"%" G_GINT64_FORMAT
                        "ns\", \"interarrival\": \"100us\", \"writes\": %d",
                        levels[curve->need_write], levels[curve->need_read], curve->after, TRIALS);
    g_autoptr(Rig) rig =
        make_bed(5, curve->count, curve->write_law, curve->other_law, curve->distance, reading);
    const Histogram *visible;
    double share;

    rig_run(rig, 10 * SIM_S);
    visible = rig_histogram(rig, "reading@one", "pbs_visible");
    share = histogram_sum(visible) / TRIALS;
    ck_assert_uint_eq(histogram_count(visible), TRIALS);
    ck_assert_double_eq_tol(share, curve->visible,
                            4 * sqrt(curve->visible * (1 - curve->visible) / TRIALS) + .0005);
    compare_median(rig, "pbs_read", curve->read_p50_ms);
    compare_median(rig, "pbs_write", curve->write_p50_ms);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("pbs");
    TCase *tests = tcase_create("pbs");

    tcase_add_test(tests, each_trial_ends_as_in_the_paper_with_the_same_draws);
    tcase_add_test(tests, each_trial_ends_as_in_the_paper_over_distances);
    tcase_add_test(tests, overlapping_quorums_always_see_the_write);
    tcase_add_loop_test(tests, curves_are_those_of_the_paper, 0, G_N_ELEMENTS(curves));
    suite_add_tcase(suite, tests);
    return suite;
}

/* fake_results.c - a results file as a drill would leave it, made up. */
#include "tests/support/fake_results.h"

#include <math.h>

#include "sim/base/rng.h"
#include "sim/results/results_write.h"

static const char *const sites[] = {"DC01", "DC02", "DC03"};
static const char *const homes[] = {"north-america", "south-america", "europe"};
#define SITES G_N_ELEMENTS(sites)
#define HOSTS 4 /* a site: two for each of two roles */

typedef struct Fake {
    const FakeOrder *order;
    ResultsWriter *writer;
    Rng rng;
    int run;
    SimTime lost, back, end;
} Fake;

static const char *name_or(const Fake *fake, const char *tame)
{
    return fake->order->title != NULL ? fake->order->title : tame;
}

static const char *home_of(const Fake *fake, guint index)
{
    return index == 0 ? name_or(fake, homes[0]) : homes[index];
}

/* --- users ---------------------------------------------------------------------------------- */

static void write_cell(Fake *fake, SimTime time, guint home, const char *dc, guint ok, guint failed,
                       double slowness)
{
    g_autoptr(Histogram) latency = histogram_new();
    ResultsUsers users = {.run = fake->run,
                          .time = time,
                          .client = name_or(fake, "users"),
                          .region = home_of(fake, home),
                          .dc = dc,
                          .ok = ok,
                          .failed = failed,
                          .attempts = ok + 2 * failed,
                          .latency = ok > 0 ? latency : NULL};

    for (guint i = 0; i < ok; i++) {
        double nines = rng_uniform(&fake->rng);

        histogram_add(latency, (int64_t)(slowness * 20e6 / sqrt(1 - nines)));
    }
    results_write_users(fake->writer, &users);
    if (failed > 0) {
        results_write_failure(fake->writer, fake->run, time, users.client, users.region, dc,
                              name_or(fake, "connect-timeout"), failed);
    }
}

/* Those of the lost site's users who have not moved yet. */
static double unmoved_share(const Fake *fake, SimTime time)
{
    double since = sim_span_to_s(time - fake->lost);

    return time < fake->lost || time >= fake->back ? 1 : exp(-since / (4 + fake->run));
}

static void write_second(Fake *fake, SimTime time)
{
    bool is_lost = time >= fake->lost && time < fake->back;
    guint rate = fake->order->rate;

    for (guint i = 0; i < SITES; i++) {
        guint asked = rate * 9 / 10 + (guint)rng_below(&fake->rng, rate / 5 + 1);

        if (i < 2 || !is_lost) {
            write_cell(fake, time, i, sites[i], asked, 0, is_lost ? 1.5 : 1);
        } else {
            guint stuck = (guint)(asked * unmoved_share(fake, time));

            write_cell(fake, time, i, "", 0, stuck / 4, 1);
            write_cell(fake, time, i, sites[0], asked - stuck / 4, 0,
                       1.5 + 10 * unmoved_share(fake, time));
        }
    }
}

/* --- components ----------------------------------------------------------------------------- */

static void write_components(Fake *fake)
{
    for (guint i = 0; i < SITES * HOSTS; i++) {
        bool is_database = i % HOSTS < 2;
        const char *role = is_database ? "db" : "app";
        g_autofree char *node = g_strdup_printf("%s-%s%u", sites[i / HOSTS], role, i % 2 + 1);
        g_autofree char *host = g_strconcat("host@", node, NULL);
        g_autofree char *database = g_strconcat("cassandra@", node, NULL);

        results_write_component(fake->writer, (int)(2 * i), host, "host", sites[i / HOSTS], role,
                                node, NULL);
        if (is_database) {
            results_write_component(fake->writer, (int)(2 * i + 1), database, "cassandra",
                                    sites[i / HOSTS], role, node, NULL);
        }
    }
    results_write_metric(fake->writer, 0, "utilisation", "gauge", "ratio",
                         "Share of the vCPUs with work on them");
    results_write_metric(fake->writer, 1, "hints_pending", "gauge", "1",
                         "Hints kept and not delivered yet");
    results_write_metric(fake->writer, 2, "hints_stored", "counter", "1",
                         "Hints kept for other nodes");
}

static void write_samples(Fake *fake, SimTime time)
{
    bool is_lost = time >= fake->lost && time < fake->back;

    for (guint i = 0; i < SITES * HOSTS; i++) {
        bool is_dead = is_lost && i / HOSTS == 2;
        bool is_database = i % HOSTS < 2;
        double busy =
            is_dead ? 0 : (is_lost ? 0.6 : 0.4) + 0.1 * rng_uniform(&fake->rng) + 0.02 * i;
        double waiting = is_lost ? 50 * sim_span_to_s(time - fake->lost) : 0;

        results_write_sample(fake->writer, fake->run, (int)(2 * i), 0, time, busy, busy + 0.1);
        if (is_database && !is_dead) {
            results_write_sample(fake->writer, fake->run, (int)(2 * i + 1), 1, time, waiting,
                                 waiting + 25);
            results_write_sample(fake->writer, fake->run, (int)(2 * i + 1), 2, time,
                                 is_lost ? 50 : 0, 0);
        }
    }
}

/* --- what happened -------------------------------------------------------------------------- */

static void write_story(Fake *fake)
{
    ResultsFault fault = {fake->run,   name_or(fake, "lose-dc03"),
                          "dc.outage", "host@DC03-db1, host@DC03-db2, host@DC03-app1",
                          fake->lost,  fake->back,
                          4,           4};
    ResultsOccurrence noticed = {.run = fake->run,
                                 .event = "route53.health-changed",
                                 .component = "route53@aws",
                                 .label1 = "dc",
                                 .value1 = "DC03",
                                 .label2 = "to",
                                 .value2 = name_or(fake, "unhealthy"),
                                 .count = 1,
                                 .first = fake->lost + (8 + fake->run) * SIM_S,
                                 .last = fake->lost + (8 + fake->run) * SIM_S};

    results_write_fault(fake->writer, &fault);
    results_write_occurrence(fake->writer, &noticed);
    results_write_phase(fake->writer, fake->run, "warmup", -20 * SIM_S, 0);
    results_write_phase(fake->writer, fake->run, "baseline", 0, fake->lost);
    results_write_phase(fake->writer, fake->run, name_or(fake, "lose-dc03"), fake->lost,
                        fake->back);
    results_write_phase(fake->writer, fake->run, "recovery", fake->back, fake->end);
}

static void write_data(Fake *fake)
{
    g_autoptr(Histogram) staleness = histogram_new();

    histogram_add_many(staleness, 0, 10000);
    histogram_add_many(staleness, 250 * SIM_MS, 20);
    histogram_add(staleness, 12 * SIM_S);
    results_write_staleness(fake->writer, fake->run, staleness);
    results_write_total(fake->writer, fake->run, "writes_acked", 40000 + 10 * fake->run);
    results_write_total(fake->writer, fake->run, "keys_written", 9000);
    results_write_total(fake->writer, fake->run, "keys_judged", 9000);
    results_write_total(fake->writer, fake->run, "writes_lost", 1);
    results_write_total(fake->writer, fake->run, "reads_checked", 10021);
    results_write_total(fake->writer, fake->run, "reads_stale", 21);
    results_write_finding(fake->writer, fake->run, "no-lost-acked-write", fake->lost, 1,
                          name_or(fake, "key 88123, acknowledged at 23.9 s in DC03"));
}

static void write_run(Fake *fake)
{
    ResultsRun run = {.run = fake->run,
                      .seed = 1000 + (uint64_t)fake->run,
                      .fingerprint = 0xfeed0000 + (uint64_t)fake->run,
                      .events = 1234567,
                      .requests = 3 * fake->order->rate * fake->order->seconds,
                      .simulated = fake->end + 20 * SIM_S,
                      .ended = "completed"};

    rng_init(&fake->rng, (uint64_t)fake->run, "fake");
    results_write_run(fake->writer, &run);
    for (SimTime time = 0; time < fake->end; time += SIM_S) {
        write_second(fake, time);
        write_samples(fake, time);
    }
    write_story(fake);
    write_data(fake);
}

static void write_checks(Fake *fake)
{
    const ResultsCheck checks[] = {
        {"threshold", "http_req_failed", "", "rate<0.05", 0.0123, 0.0101, 0.0145, 0.71, "pass",
         "ratio of replications, Student t", FALSE},
        {"threshold", "http_req_duration", name_or(fake, "phase:lose-dc03"), "p(99)<800ms", 0.642,
         0.618, 0.667, 0.17, fake->order->verdict, "pooled quantile", FALSE},
        {"invariant", "durability", "", "no-lost-acked-write", 1, 0, 1, (double)NAN, "pass",
         name_or(fake, "0 lost"), FALSE},
        {"must-happen", "clients-moved", "", "client.rerouted >= 1000", 2000, (double)NAN,
         (double)NAN, (double)NAN, "pass", "seen in every replication", FALSE},
    };

    for (guint i = 0; i < G_N_ELEMENTS(checks); i++) {
        results_write_check(fake->writer, &checks[i]);
    }
}

void fake_results_write(const char *path, const FakeOrder *order)
{
    Fake fake = {.order = order};
    GError *error = NULL;

    fake.writer = results_write_new(path, &error);
    g_assert_no_error(error);
    fake.lost = order->seconds / 5 * SIM_S;
    fake.back = order->seconds * 3 / 5 * SIM_S;
    fake.end = order->seconds * SIM_S;
    results_write_fact(fake.writer, "title", name_or(&fake, "DC03 is lost"));
    results_write_fact(fake.writer, "scenario", "scenarios/drills/dc03-lost.json");
    results_write_fact(fake.writer, "seed", "1");
    results_write_fact(fake.writer, "version", "0.1.0");
    results_write_fact(fake.writer, "cost_per_month", "125");
    results_write_fact(fake.writer, "sample_interval_ns", "1000000000");
    results_write_fact(fake.writer, "leaves_out", "host: memory bandwidth\nabsent: everything\n");
    write_components(&fake);
    for (fake.run = 0; fake.run < (int)order->runs; fake.run++) {
        write_run(&fake);
    }
    write_checks(&fake);
    if (!results_write_close(fake.writer, &error)) {
        g_error("%s", error->message);
    }
}

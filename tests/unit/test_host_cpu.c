/* test_host_cpu.c - processor sharing against a naive twin and against theory. */
#include "sim/world/host_cpu.h"

#include "sim/base/draw.h"
#include "tests/support/suite.h"

#define JOBS_MOST 4096

typedef struct Rig {
    EventOwner host, process;
    Engine *engine;
    HostCpu cpu;
    Gauge utilisation, runnable;
    SimTime done_at[JOBS_MOST]; /* by detail */
    uint64_t done;
} Rig;

static void on_job_done(void *self, void *subject, uint64_t detail)
{
    Rig *rig = subject;

    (void)self;
    rig->done_at[detail % JOBS_MOST] = engine_now(rig->engine);
    rig->done++;
}

static const EventType job_done = {"test/job-done", on_job_done};

static Rig *rig_new(int64_t vcpus)
{
    Rig *rig = g_new0(Rig, 1);

    rig->engine = engine_new(1);
    rig->host.id = 1;
    rig->process.id = 2;
    host_cpu_init(&rig->cpu, rig->engine, &rig->host, vcpus, &rig->utilisation, &rig->runnable);
    return rig;
}

static void rig_free(Rig *rig)
{
    host_cpu_clear(&rig->cpu);
    engine_free(rig->engine);
    g_free(rig);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rig, rig_free)

static void rig_add(Rig *rig, SimSpan work, uint64_t detail)
{
    host_cpu_add(&rig->cpu, &rig->process, work, &job_done, rig, detail);
}

START_TEST(a_job_alone_takes_its_work)
{
    g_autoptr(Rig) rig = rig_new(2);

    rig_add(rig, 1000, 0);
    engine_run(rig->engine, SIM_S);
    ck_assert_int_eq(rig->done_at[0], 1000);
}
END_TEST

START_TEST(as_many_jobs_as_vcpus_do_not_disturb_each_other)
{
    g_autoptr(Rig) rig = rig_new(2);

    rig_add(rig, 1000, 0);
    rig_add(rig, 3000, 1);
    engine_run(rig->engine, SIM_S);
    ck_assert_int_eq(rig->done_at[0], 1000);
    ck_assert_int_eq(rig->done_at[1], 3000);
}
END_TEST

/* Three on two: each gets two thirds until the first is done, then a whole vCPU. */
START_TEST(more_jobs_than_vcpus_share_equally)
{
    g_autoptr(Rig) rig = rig_new(2);

    rig_add(rig, 2000, 0);
    rig_add(rig, 4000, 1);
    rig_add(rig, 4000, 2);
    engine_run(rig->engine, SIM_S);
    ck_assert_int_eq(rig->done_at[0], 3000);
    ck_assert_int_eq(rig->done_at[1], 5000);
    ck_assert_int_eq(rig->done_at[2], 5000);
}
END_TEST

/* The job of each subject counts its own ends. */
static void on_subject_done(void *self, void *subject, uint64_t detail)
{
    (void)self;
    (void)detail;
    ++*(int *)subject;
}

static const EventType subject_done = {"test/subject-done", on_subject_done};

START_TEST(a_job_that_is_dropped_leaves_its_share_to_the_others)
{
    g_autoptr(Rig) rig = rig_new(1);
    int dropped = 0;

    rig_add(rig, 2000, 0);
    host_cpu_add(&rig->cpu, &rig->process, 3000, &subject_done, &dropped, 0);
    rig_add(rig, 4000, 1);
    engine_run(rig->engine, 3000); /* each has had 1000 */
    host_cpu_drop(&rig->cpu, &dropped);
    engine_run(rig->engine, SIM_S);
    ck_assert_int_eq(dropped, 0);
    ck_assert_int_eq(rig->done_at[0], 5000);
    ck_assert_int_eq(rig->done_at[1], 7000);
    ck_assert_double_eq_tol(rig->utilisation.area, 7000, 0.5);
}
END_TEST

/* The heap stays one, wherever a job is taken from. */
START_TEST(those_who_are_left_end_in_the_order_of_their_work)
{
    g_autoptr(Rig) rig = rig_new(1);
    int ends[64] = {0};
    Rng rng;

    rng_init(&rng, 23, "drops");
    for (int i = 0; i < 64; i++) {
        host_cpu_add(&rig->cpu, &rig->process, 1000 + (SimSpan)rng_below(&rng, 100000),
                     &subject_done, &ends[i], 0);
        rig_add(rig, 1000 * (100 - i), (uint64_t)i);
    }
    for (int i = 0; i < 64; i++) {
        host_cpu_drop(&rig->cpu, &ends[i * 37 % 64]);
    }
    engine_run(rig->engine, SIM_S);
    ck_assert_uint_eq(rig->done, 64);
    for (int i = 0; i + 1 < 64; i++) {
        ck_assert_int_eq(ends[i], 0);
        ck_assert_int_gt(rig->done_at[i], rig->done_at[i + 1]);
    }
    /* 64 that take 37 to 100 us of work each: the last ends when all work is done. */
    ck_assert_int_eq(rig->done_at[0], 64 * (37000 + 100000) / 2);
}
END_TEST

/* Two end together; the end of the first calls the second one off. */
typedef struct Pair {
    Rig *rig;
    int firsts, seconds;
} Pair;

static void on_end_drop_second(void *self, void *subject, uint64_t detail)
{
    Pair *pair = subject;

    (void)self;
    (void)detail;
    pair->firsts++;
    host_cpu_drop(&pair->rig->cpu, &pair->seconds);
}

static const EventType drop_second = {"test/drop-second", on_end_drop_second};

START_TEST(a_job_that_is_done_and_not_told_can_be_dropped)
{
    g_autoptr(Rig) rig = rig_new(2);
    Pair pair = {.rig = rig};

    host_cpu_add(&rig->cpu, &rig->process, 1000, &drop_second, &pair, 0);
    host_cpu_add(&rig->cpu, &rig->process, 1000, &subject_done, &pair.seconds, 0);
    engine_run(rig->engine, SIM_S);
    ck_assert_int_eq(pair.firsts, 1);
    ck_assert_int_eq(pair.seconds, 0);
    ck_assert_uint_eq(rig->cpu.count, 0);
}
END_TEST

/* The twin tells the end of every job; here that of every second one is not waited for. */
START_TEST(work_that_nobody_waits_for_takes_its_share_all_the_same)
{
    g_autoptr(Rig) rig = rig_new(2);
    g_autoptr(Rig) twin = rig_new(2);
    Rng rng;

    rng_init(&rng, 17, "jobs");
    for (uint64_t i = 0; i < 2000; i++) {
        SimSpan work = draw_exponential_span(100 * SIM_US, &rng);
        SimTime next = engine_now(rig->engine) + draw_exponential_span(80 * SIM_US, &rng);

        rig_add(twin, work, i);
        if (i % 2 == 0) {
            rig_add(rig, work, i);
        } else {
            host_cpu_spend(&rig->cpu, &rig->process, work);
        }
        engine_run(rig->engine, next);
        engine_run(twin->engine, next);
    }
    engine_run(rig->engine, SIM_S);
    engine_run(twin->engine, SIM_S);
    ck_assert_uint_eq(rig->done, 1000);
    for (uint64_t i = 0; i < 2000; i += 2) {
        ck_assert_int_eq(rig->done_at[i], twin->done_at[i]);
    }
    ck_assert_double_eq_tol(rig->utilisation.area, twin->utilisation.area, 2000);
    ck_assert_double_eq_tol(rig->runnable.area, twin->runnable.area, 4000);
    ck_assert_uint_eq(rig->cpu.count, 0);
}
END_TEST

/* As long as nothing is waited for there is an event each 5 ms at most. */
START_TEST(work_that_nobody_waits_for_needs_few_events)
{
    g_autoptr(Rig) rig = rig_new(1);
    uint64_t before = engine_count_run(rig->engine);

    for (int i = 0; i < 1000; i++) {
        host_cpu_spend(&rig->cpu, &rig->process, 50 * SIM_US);
        engine_run(rig->engine, engine_now(rig->engine) + 100 * SIM_US);
    }
    ck_assert_uint_le(engine_count_run(rig->engine) - before, 21);
    engine_run(rig->engine, SIM_S);
    ck_assert_double_eq_tol(rig->utilisation.area, 50e6, 1000);
}
END_TEST

START_TEST(a_change_of_speed_counts_from_that_instant_on)
{
    g_autoptr(Rig) rig = rig_new(1);

    rig_add(rig, 1000, 0);
    engine_run(rig->engine, 400);
    host_cpu_set_speed(&rig->cpu, 0.5);
    engine_run(rig->engine, 600);
    host_cpu_set_speed(&rig->cpu, 0);
    engine_run(rig->engine, 10000);
    host_cpu_set_speed(&rig->cpu, 1);
    engine_run(rig->engine, 20000);
    ck_assert_int_eq(rig->done_at[0], 10500);
}
END_TEST

START_TEST(the_work_of_a_process_that_ended_leaves_the_others_its_share)
{
    g_autoptr(Rig) rig = rig_new(1);
    EventOwner other = {.id = 3};

    rig_add(rig, 1000, 0);
    host_cpu_add(&rig->cpu, &other, 5000, &job_done, rig, 1);
    host_cpu_add(&rig->cpu, &other, 5000, &job_done, rig, 2);
    engine_run(rig->engine, 300);
    host_cpu_forget(&rig->cpu, &other);
    engine_run(rig->engine, SIM_S);
    ck_assert_int_eq(rig->done_at[0], 300 + 900);
    ck_assert_uint_eq(rig->done, 1);
}
END_TEST

START_TEST(a_job_of_a_former_life_tells_nobody)
{
    g_autoptr(Rig) rig = rig_new(1);

    rig_add(rig, 1000, 0);
    rig->process.incarnation++;
    engine_run(rig->engine, SIM_S);
    ck_assert_uint_eq(rig->done, 0);
    ck_assert_uint_eq(rig->cpu.count, 0);
}
END_TEST

START_TEST(an_idle_host_has_no_event_pending)
{
    g_autoptr(Rig) rig = rig_new(2);

    for (uint64_t i = 0; i < 100; i++) {
        rig_add(rig, 1000 + (SimSpan)i, i);
    }
    ck_assert_uint_eq(engine_count_pending(rig->engine), 1);
    engine_run(rig->engine, SIM_S);
    ck_assert_uint_eq(engine_count_pending(rig->engine), 0);
    rig_add(rig, 1000, 0);
    host_cpu_forget_all(&rig->cpu);
    ck_assert_uint_eq(engine_count_pending(rig->engine), 0);
}
END_TEST

/* --- a naive twin ------------------------------------------------------------------------------
 */

typedef struct TwinJob {
    double rest; /* work that is left */
    uint64_t detail;
} TwinJob;

/* Works off every job by hand from one change to the next. */
typedef struct Twin {
    TwinJob jobs[JOBS_MOST];
    int count;
    double now, vcpus, speed;
    double done_at[JOBS_MOST];
} Twin;

static double twin_rate(const Twin *twin)
{
    return twin->count > twin->vcpus ? twin->speed * twin->vcpus / twin->count : twin->speed;
}

/* The job with the least work left, or -1. */
static int twin_first(const Twin *twin)
{
    int first = -1;

    for (int i = 0; i < twin->count; i++) {
        if (first < 0 || twin->jobs[i].rest < twin->jobs[first].rest) {
            first = i;
        }
    }
    return first;
}

static void twin_advance(Twin *twin, double until)
{
    while (twin->now < until) {
        int first = twin_first(twin);
        double rate = first < 0 ? 0 : twin_rate(twin);
        double span = until - twin->now;
        bool is_done = first >= 0 && rate > 0 && twin->jobs[first].rest <= span * rate;

        if (is_done) {
            span = twin->jobs[first].rest / rate;
        }
        for (int i = 0; i < twin->count; i++) {
            twin->jobs[i].rest -= span * rate;
        }
        twin->now += span;
        if (!is_done) {
            twin->now = until;
            break;
        }
        twin->done_at[twin->jobs[first].detail] = twin->now;
        twin->jobs[first] = twin->jobs[--twin->count];
    }
}

static void compare_with_twin(uint64_t seed)
{
    enum { JOBS = 300 };
    Rng rng;
    int64_t vcpus;
    SimTime now = 0;

    rng_init(&rng, seed, "test/host_cpu");
    vcpus = 1 + (int64_t)rng_below(&rng, 3);
    g_autoptr(Rig) rig = rig_new(vcpus);
    g_autofree Twin *twin = g_new0(Twin, 1);
    twin->vcpus = (double)vcpus;
    twin->speed = 1;
    for (uint64_t i = 0; i < JOBS; i++) {
        SimSpan work = 1 + draw_exponential_span(vcpus * 80 * SIM_US, &rng);

        now += draw_exponential_span(100 * SIM_US, &rng);
        engine_run(rig->engine, now);
        twin_advance(twin, (double)now);
        if (rng_chance(&rng, 0.1)) {
            twin->speed = rng_chance(&rng, 0.2) ? 0 : 0.3 + rng_uniform(&rng);
            host_cpu_set_speed(&rig->cpu, twin->speed);
        }
        rig_add(rig, work, i);
        twin->jobs[twin->count++] = (TwinJob){(double)work, i};
    }
    twin->speed = 1;
    host_cpu_set_speed(&rig->cpu, 1);
    engine_run(rig->engine, now + 100 * SIM_S);
    twin_advance(twin, (double)(now + 100 * SIM_S));
    for (int i = 0; i < JOBS; i++) {
        /* Told at the next whole nanosecond; a thousandth for the rounding of both. */
        double late = (double)rig->done_at[i] - twin->done_at[i];

        if (late < -0.01 || late > 1.01) {
            ck_abort_msg("seed %d: job %d ends at %.3f, in the twin at %.3f", (int)seed, i,
                         (double)rig->done_at[i], twin->done_at[i]);
        }
    }
}

START_TEST(it_agrees_with_a_twin_that_works_off_each_job)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        compare_with_twin(seed);
    }
}
END_TEST

/* --- theory ------------------------------------------------------------------------------------
 */

/* An open source of jobs. */
typedef struct Source {
    Rig *rig;
    Rng arrivals, works;
    Draw law;
    SimSpan between;
    uint64_t left;
    double work, sojourn;             /* sums over all that were done */
    double small_sojourn, small_work; /* of those with little work */
    uint64_t count;
} Source;

typedef struct SourceJob {
    Source *source;
    SimTime begun;
    SimSpan work;
} SourceJob;

static void on_source_done(void *self, void *subject, uint64_t detail)
{
    g_autofree SourceJob *job = subject;
    Source *source = job->source;
    double sojourn = (double)(engine_now(source->rig->engine) - job->begun);

    (void)self;
    (void)detail;
    source->sojourn += sojourn;
    source->work += (double)job->work;
    source->count++;
    if (job->work < SIM_MS) {
        source->small_sojourn += sojourn;
        source->small_work += (double)job->work;
    }
}

static const EventType source_done = {"test/source-done", on_source_done};

static void on_source(void *self, void *subject, uint64_t detail);

static const EventType source_next = {"test/source", on_source};

static void on_source(void *self, void *subject, uint64_t detail)
{
    Source *source = subject;
    Rig *rig = source->rig;
    SourceJob *job;

    (void)detail;
    if (source->left-- == 0) {
        return;
    }
    job = g_new(SourceJob, 1);
    *job = (SourceJob){source, engine_now(rig->engine), draw_span(source->law, &source->works)};
    host_cpu_add(&rig->cpu, &rig->process, job->work, &source_done, job, 0);
    engine_after(rig->engine, draw_exponential_span(source->between, &source->arrivals), self,
                 &source_next, source, 0);
}

/* `count` jobs of a law with mean 1 ms at utilisation `load` of `vcpus`. */
static Source source_run(int64_t vcpus, double speed, double load, const char *law, uint64_t count,
                         Gauge *busy)
{
    g_autoptr(Rig) rig = rig_new(vcpus);
    Source source = {.rig = rig, .left = count};

    ck_assert(draw_parse(&source.law, DRAW_SPAN, law, NULL));
    source.between = (SimSpan)(1e6 / load / (double)vcpus);
    rng_init(&source.arrivals, 11, "test/arrivals");
    rng_init(&source.works, 11, "test/works");
    host_cpu_set_speed(&rig->cpu, speed);
    engine_after(rig->engine, 0, &rig->process, &source_next, &source, 0);
    engine_run(rig->engine, (SimTime)count * source.between + 100 * SIM_S);
    ck_assert_uint_eq(source.count, count);
    gauge_set(&rig->utilisation, engine_now(rig->engine), 0);
    *busy = rig->utilisation;
    draw_clear(&source.law);
    return source;
}

/* Mean sojourn over mean work. */
static double mean_slowdown(int64_t vcpus, double speed, double load, const char *law,
                            uint64_t count)
{
    Gauge busy;
    Source source = source_run(vcpus, speed, load, law, count, &busy);

    return source.sojourn / source.work;
}

#define EXPONENTIAL "exponential(mean=1ms)"

/* M/G/1 processor sharing: W = 1 / (1 - rho) for any law with mean 1 (analytic vectors mg1ps-0.5
 * and -0.8: 2.0 and 5.0). */
START_TEST(the_mean_sojourn_is_that_of_processor_sharing_for_any_law)
{
    ck_assert_double_eq_tol(mean_slowdown(1, 1, 0.5, EXPONENTIAL, 300000), 2.0, 0.04);
    ck_assert_double_eq_tol(mean_slowdown(1, 1, 0.8, EXPONENTIAL, 300000), 5.0, 0.25);
    ck_assert_double_eq_tol(mean_slowdown(1, 1, 0.5, "1ms", 300000), 2.0, 0.04);
    ck_assert_double_eq_tol(mean_slowdown(1, 1, 0.5, "hyperexponential(mean=1ms, scv=8)", 300000),
                            2.0, 0.1);
}
END_TEST

/* A job of size x stays x / (1 - rho) on average: the slowdown is the same for small ones. */
START_TEST(small_work_is_slowed_down_no_more_than_large_work)
{
    Gauge busy;
    Source source = source_run(1, 1, 0.8, EXPONENTIAL, 300000, &busy);

    ck_assert_double_eq_tol(source.small_sojourn / source.small_work, 5.0, 0.25);
}
END_TEST

/* M/M/2: 1 / (1 - u^2), which holds for processor sharing too: 1.837 at 0.675, 5.263 at 0.9. */
START_TEST(two_vcpus_give_the_mean_sojourn_of_two_servers)
{
    ck_assert_double_eq_tol(mean_slowdown(2, 1, 0.675, EXPONENTIAL, 400000), 1.837, 0.03);
    ck_assert_double_eq_tol(mean_slowdown(2, 1, 0.9, EXPONENTIAL, 400000), 5.263, 0.4);
}
END_TEST

/* 15 % steal at utilisation 0.6 makes the mean response 1.6 times as long. */
START_TEST(steal_slows_down_by_more_than_its_share)
{
    double plain = mean_slowdown(1, 1, 0.6, EXPONENTIAL, 300000);
    double stolen = mean_slowdown(1, 0.85, 0.6, EXPONENTIAL, 300000);

    ck_assert_double_eq_tol(stolen / plain, 1.6, 0.05);
}
END_TEST

/* What the vCPUs were busy for is what the jobs asked for, but for the rounding of their ends. */
START_TEST(no_work_is_lost_or_made)
{
    static const int64_t vcpus[] = {1, 2, 3};

    for (size_t i = 0; i < G_N_ELEMENTS(vcpus); i++) {
        Gauge busy;
        Source source = source_run(vcpus[i], 1, 0.7, EXPONENTIAL, 50000, &busy);
        double given = busy.area * (double)vcpus[i];

        ck_assert_double_ge(given, source.work - 1);
        ck_assert_double_le(given, source.work + (double)source.count);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("host_cpu");
    TCase *tests = tcase_create("host_cpu");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_job_that_is_dropped_leaves_its_share_to_the_others);
    tcase_add_test(tests, those_who_are_left_end_in_the_order_of_their_work);
    tcase_add_test(tests, a_job_that_is_done_and_not_told_can_be_dropped);
    tcase_add_test(tests, work_that_nobody_waits_for_takes_its_share_all_the_same);
    tcase_add_test(tests, work_that_nobody_waits_for_needs_few_events);
    tcase_add_test(tests, a_job_alone_takes_its_work);
    tcase_add_test(tests, as_many_jobs_as_vcpus_do_not_disturb_each_other);
    tcase_add_test(tests, more_jobs_than_vcpus_share_equally);
    tcase_add_test(tests, a_change_of_speed_counts_from_that_instant_on);
    tcase_add_test(tests, the_work_of_a_process_that_ended_leaves_the_others_its_share);
    tcase_add_test(tests, a_job_of_a_former_life_tells_nobody);
    tcase_add_test(tests, an_idle_host_has_no_event_pending);
    tcase_add_test(tests, it_agrees_with_a_twin_that_works_off_each_job);
    tcase_add_test(tests, the_mean_sojourn_is_that_of_processor_sharing_for_any_law);
    tcase_add_test(tests, small_work_is_slowed_down_no_more_than_large_work);
    tcase_add_test(tests, two_vcpus_give_the_mean_sojourn_of_two_servers);
    tcase_add_test(tests, steal_slows_down_by_more_than_its_share);
    tcase_add_test(tests, no_work_is_lost_or_made);
    suite_add_tcase(suite, tests);
    return suite;
}

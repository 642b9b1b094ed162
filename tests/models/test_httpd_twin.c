/* test_httpd_twin.c - httpd and naive transcriptions of the reference of the front door, over the
 * same made-up members and requests: front-door 3.5 (request life cycle and fail-over), with the
 * rows of 3.6 for a refused connection and an answer of any status, and front-door 3.8 (a new
 * connection). test_balancer_twin.c has 3.2, 3.3, 3.4 and the counters of 3.7,
 * test_httpd_outcome_twin.c all of 3.6 that is modelled and the times of 3.7. */
#include "sim/base/rng.h"
#include "tests/support/suite.h"
#include "tests/support/web_bed.h"

/* --- front-door 3.5: a request and its attempts -------------------------------------------------
 */

#define WORLDS 24
#define REQUESTS 60 /* one a second */

typedef struct Worker {
    bool E;
    double error_time;
    int64_t lbstatus;
    const Probe *server;
} Worker;

typedef struct Naive {
    Worker w[2];
    int maxattempts;
    double retry;
    bool forcerecovery;
    uint32_t failonstatus; /* 0: none */
    uint64_t failovers;
} Naive;

static void retry_if_due(const Naive *b, Worker *w, double now)
{
    if (w->E && now > w->error_time + b->retry) {
        w->E = false;
    }
}

static void force_recovery(Naive *b, double now)
{
    for (int i = 0; i < 2; i++) {
        retry_if_due(b, &b->w[i], now);
        if (!b->w[i].E) {
            return;
        }
    }
    if (b->forcerecovery) {
        b->w[0].E = b->w[1].E = false;
    }
}

static Worker *pick(Naive *b, double now)
{
    Worker *best = NULL;
    int total = 0;

    for (int i = 0; i < 2; i++) {
        Worker *w = &b->w[i];

        retry_if_due(b, w, now);
        if (w->E) {
            continue;
        }
        w->lbstatus += 100;
        total += 100;
        if (best == NULL || w->lbstatus > best->lbstatus) {
            best = w;
        }
    }
    if (best != NULL) {
        best->lbstatus -= total;
    }
    return best;
}

/* The status that the client sees. A refused connection is the handler's 503, which puts the worker
 * in error and is a candidate for fail-over; any answer of the backend is OK. */
static uint32_t naive_request(Naive *b, double now)
{
    int attempts = 0;

    for (;;) {
        Worker *w;

        force_recovery(b, now);
        w = pick(b, now);
        if (w == NULL) {
            return 503;
        }
        if (w->server->component.is_up) {
            uint32_t status = w->server->answer.code;

            if (status == b->failonstatus) {
                w->E = true;
                w->error_time = now + 0.05;
            }
            return status;
        }
        w->E = true;
        w->error_time = now + 0.05;
        if (!(b->maxattempts > attempts++)) {
            return 503;
        }
        b->failovers++;
    }
}

/* A member goes down for a while now and then, or answers another status. */
static void meddle(Bed *bed, Rng *rng)
{
    static const uint32_t codes[] = {200, 200, 404, 500, 503};
    Probe *servers[] = {bed->a, bed->b};
    const char *names[] = {A, B};
    guint who = (guint)rng_below(rng, 2);

    servers[rng_below(rng, 2)]->answer.code = codes[rng_below(rng, G_N_ELEMENTS(codes))];
    if (rng_chance(rng, 0.15) && servers[who]->component.is_up) {
        rig_down(bed->rig, names[who], sim_span_from_s((double)rng_below(rng, 12) + 0.6));
    }
}

/* Returns how often another member was tried. */
static uint64_t live_through(uint64_t seed)
{
    Rng rng;
    Naive naive = {.retry = 5.5}; /* half a second away from any request */

    rng_init(&rng, seed, "httpd-twin");
    naive.maxattempts = (int)rng_below(&rng, 2);
    naive.forcerecovery = rng_chance(&rng, 0.5);
    naive.failonstatus = rng_chance(&rng, 0.5) ? 503 : 0;
    g_autofree char *settings =
        g_strdup_printf(", 'retry': '5500ms', 'maxattempts': %d, 'forcerecovery': %s%s",
                        naive.maxattempts, naive.forcerecovery ? "true" : "false",
                        naive.failonstatus ? ", 'failonstatus': '503'" : "");
    g_auto(Bed) bed = bed_new(seed, settings);

    naive.w[0].server = bed.a;
    naive.w[1].server = bed.b;
    for (uint64_t second = 0; second < REQUESTS; second++) {
        const ProbeAsked *asked;
        uint32_t wanted;

        meddle(&bed, &rng);
        wanted = naive_request(&naive, (double)second);
        asked = bed_ask(&bed, 0);
        rig_run(bed.rig, SIM_S);
        ck_assert_msg(bed_code(asked) == wanted, "world %u, second %u: %u instead of %u",
                      (guint)seed, (guint)second, bed_code(asked), wanted);
    }
    ck_assert_uint_eq(rig_counter(bed.rig, HTTPD, "failovers"), naive.failovers);
    return naive.failovers;
}

START_TEST(front_door_3_5_requests_end_as_the_pseudocode_says)
{
    uint64_t failovers = 0;

    for (uint64_t seed = 0; seed < WORLDS; seed++) {
        failovers += live_through(900 + seed);
    }
    ck_assert_uint_ge(failovers, 50); /* otherwise the twins agree about nothing */
}
END_TEST

/* --- front-door 3.8: a new connection -----------------------------------------------------------
 */

typedef enum Fate { SERVED, WAITS, DROPPED } Fate;

/* if idle thread: serve; elif accept queue < backlog: wait in queue; else: SYN dropped. With one
 * connection for each thread: factor 0. */
static Fate naive_connect(int *idle, int *queue, int backlog)
{
    if (*idle > 0) {
        (*idle)--;
        return SERVED;
    }
    if (*queue < backlog) {
        (*queue)++;
        return WAITS;
    }
    return DROPPED;
}

/* Requests over new connections that all hang, one every 10 ms: which of them reach a member, which
 * are connected and wait, and which are not even connected after half a second. */
START_TEST(front_door_3_8_new_connections_meet_what_the_pseudocode_says)
{
    enum { CONNECTIONS = 14 };
    static const struct {
        int threads, backlog;
    } sizes[] = {{2, 1}, {4, 3}, {6, 8}, {1, 5}};
    int idle = sizes[_i].threads, queue = 0, served = 0, dropped = 0, connected = 0;
    g_autofree char *settings =
        g_strdup_printf(", 'ThreadsPerChild': %d, 'ServerLimit': 1, 'MaxRequestWorkers': %d, "
                        "'AsyncRequestWorkerFactor': 0, 'ListenBacklog': %d",
                        idle, idle, sizes[_i].backlog);
    g_auto(Bed) bed = bed_new(40, settings);
    const ProbeAsked *opened[CONNECTIONS];

    bed.a->answer_delay = bed.b->answer_delay = 100 * SIM_S;
    for (int i = 0; i < CONNECTIONS; i++) {
        Fate fate = naive_connect(&idle, &queue, sizes[_i].backlog);

        served += fate == SERVED;
        dropped += fate == DROPPED;
        opened[i] = bed_connect(&bed, 500 * SIM_MS);
        rig_run(bed.rig, 60 * SIM_MS);
        if (opened[i]->ends == 1 && opened[i]->connected == CONNECTED) {
            bed_ask_over(&bed, opened[i], 0);
        }
        rig_run(bed.rig, 60 * SIM_MS);
        ck_assert_msg((opened[i]->ends == 0) == (fate == DROPPED), "connection %d", i);
    }
    rig_run(bed.rig, SIM_S);
    for (int i = 0; i < CONNECTIONS; i++) {
        connected += opened[i]->connected == CONNECTED;
    }
    ck_assert_int_eq(connected, CONNECTIONS - dropped);
    ck_assert_int_eq((int)(probe_count_heard(bed.a) + probe_count_heard(bed.b)), served);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("httpd_twin");
    TCase *tcase = tcase_create("all");

    tcase_add_test(tcase, front_door_3_5_requests_end_as_the_pseudocode_says);
    tcase_add_loop_test(tcase, front_door_3_8_new_connections_meet_what_the_pseudocode_says, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}

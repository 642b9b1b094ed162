/* test_balancer_twin.c - balancer.c and a naive transcription of the reference of the front door,
 * line by line and without a thought of speed, side by side over made-up members and events. Each
 * test says which section it transcribes: front-door 3.2, 3.3, 3.4, 3.5 and 3.7. */
#include <check.h>
#include <string.h>

#include "models/web/balancer.h"
#include "sim/base/rng.h"
#include "tests/support/suite.h"

#define MOST 6
#define WORLDS 60
#define EVENTS 150

/* --- the naive transcription --------------------------------------------------------------------
 */

/* A worker as the reference has it; times in seconds, below 0: never. */
typedef struct Worker {
    bool D, S, I, N, H, R, E, C;
    int set, factor;
    char route[4], redirect[4];
    int64_t lbstatus;
    double error_time, retry, heard;
    uint64_t busy, in, out, slots_busy, slots_ready;
    unsigned pcount, fcount;
} Worker;

typedef struct Naive {
    Worker w[MOST];
    int count;
    BalancerMethod method;
    bool forcerecovery, nofailover;
    unsigned hcpasses, hcfails;
    Rng rng;
    /* of the choice under way */
    int best;
    int64_t total;
} Naive;

/* front-door 3.2: initialised and none of {U, D, S, E, C}. */
static bool usable(const Worker *w)
{
    return !w->D && !w->S && !w->E && !w->C;
}

/* front-door 3.3, retry_if_due. */
static void retry_due(Worker *w, double now)
{
    if (w->E && !w->S && (w->I || w->retry == 0 || now > w->error_time + w->retry)) {
        w->E = false;
    }
}

/* front-door 3.3, "consider" per method. */
static void naive_consider(Naive *b, int i)
{
    Worker *w = &b->w[i], *best = b->best >= 0 ? &b->w[b->best] : NULL;
    uint64_t mine, its;

    switch (b->method) {
    case BALANCER_BY_REQUESTS:
        w->lbstatus += w->factor;
        b->total += w->factor;
        if (best == NULL || w->lbstatus > best->lbstatus) {
            b->best = i;
        }
        return;
    case BALANCER_BY_BUSYNESS:
        w->lbstatus += w->factor;
        b->total += w->factor;
        if (best == NULL || w->busy < best->busy ||
            (w->busy == best->busy && w->lbstatus > best->lbstatus)) {
            b->best = i;
        }
        return;
    case BALANCER_BY_TRAFFIC:
        mine = w->out / (uint64_t)w->factor + w->in / (uint64_t)w->factor;
        its = best == NULL ? 0
                           : best->out / (uint64_t)best->factor + best->in / (uint64_t)best->factor;
        if (best == NULL || mine < its) {
            b->best = i;
        }
        return;
    case BALANCER_BY_HEARTBEAT:
        break;
    }
    ck_abort();
}

/* front-door 3.3, pick(b, req). */
static int naive_pick(Naive *b, double now)
{
    int highest = 0;

    b->best = -1;
    b->total = 0;
    for (int i = 0; i < b->count; i++) {
        highest = b->w[i].set > highest ? b->w[i].set : highest;
    }
    for (int set = 0; set <= highest && b->best < 0; set++) {
        int unusable = 0, spares[MOST], standbys[MOST], n_spares = 0, n_standbys = 0;

        for (int i = 0; i < b->count; i++) {
            Worker *w = &b->w[i];

            if (w->set != set) {
                continue;
            }
            if (w->N) {
                unusable += !(w->R || w->H);
                continue;
            }
            if (!usable(w)) {
                retry_due(w, now);
            }
            if (w->R) {
                if (usable(w)) {
                    spares[n_spares++] = i;
                }
            } else if (w->H) {
                if (usable(w)) {
                    standbys[n_standbys++] = i;
                }
            } else if (usable(w)) {
                naive_consider(b, i);
            } else {
                unusable++;
            }
        }
        for (int k = 0; k < n_spares && k < unusable; k++) {
            naive_consider(b, spares[k]);
        }
        if (b->best < 0) {
            for (int k = 0; k < n_standbys; k++) {
                naive_consider(b, standbys[k]);
            }
        }
    }
    if (b->best >= 0) {
        b->w[b->best].lbstatus -= b->total;
    }
    return b->best;
}

/* front-door 3.3, heartbeat: younger than 10 s; no work yet: a quarter of the slots. */
static uint64_t naive_ready(Worker *w, double now)
{
    if (!usable(w)) {
        retry_due(w, now);
    }
    if (!usable(w) || w->heard < 0 || !(now - w->heard < 10)) {
        return 0;
    }
    return w->slots_busy == 0 && w->slots_ready > 0 ? w->slots_ready / 4 : w->slots_ready;
}

static int naive_heartbeat(Naive *b, double now)
{
    uint64_t upper[MOST], sum = 0, x;

    for (int i = 0; i < b->count; i++) {
        sum += naive_ready(&b->w[i], now);
        upper[i] = sum;
    }
    if (sum == 0) {
        return -1;
    }
    x = rng_below(&b->rng, sum);
    for (int i = 0; i < b->count; i++) {
        if (x < upper[i]) {
            return i;
        }
    }
    return -1;
}

/* front-door 3.4: the member with that route, non-standby ones first; its redirect route,
 * recursively, at most number-of-members deep. */
static int naive_route(Naive *b, const char *route, int depth, double now)
{
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < b->count; i++) {
            Worker *w = &b->w[i];
            int other = -1;

            if (w->H != (pass == 1) || w->route[0] == '\0' || strcmp(w->route, route) != 0) {
                continue;
            }
            if (!usable(w)) {
                retry_due(w, now);
            }
            if (usable(w)) {
                return i;
            }
            if (w->redirect[0] != '\0' && depth < b->count) {
                other = naive_route(b, w->redirect, depth + 1, now);
            }
            if (other >= 0) {
                return other;
            }
        }
    }
    return -1;
}

/* front-door 3.4: a session, else pick(). */
static int naive_choose(Naive *b, const char *route, double now)
{
    if (route != NULL) {
        int found = naive_route(b, route, 0, now);
        int64_t total = 0;
        bool belongs = false;

        if (found >= 0) {
            for (int i = 0; i < b->count; i++) {
                if (usable(&b->w[i])) {
                    b->w[i].lbstatus += b->w[i].factor;
                    total += b->w[i].factor;
                }
            }
            b->w[found].lbstatus -= total;
            return found;
        }
        for (int i = 0; i < b->count; i++) {
            belongs = belongs || strcmp(b->w[i].route, route) == 0;
        }
        if (belongs && b->nofailover) {
            return BALANCER_NO_FAILOVER;
        }
    }
    return b->method == BALANCER_BY_HEARTBEAT ? naive_heartbeat(b, now) : naive_pick(b, now);
}

/* front-door 3.5, force_recovery(b). */
static void naive_recover(Naive *b, double now)
{
    for (int i = 0; i < b->count; i++) {
        retry_due(&b->w[i], now);
        if (!b->w[i].E) {
            return;
        }
    }
    if (b->forcerecovery) {
        for (int i = 0; i < b->count; i++) {
            b->w[i].E = false;
        }
    }
}

/* front-door 3.7: what a check does to the counters, which nothing else resets. */
static void naive_check(Naive *b, Worker *w, bool pass, double now)
{
    if (w->C || w->E) {
        if (pass) {
            w->pcount++;
            if (w->pcount >= b->hcpasses) {
                w->C = w->E = false;
                w->pcount = 0;
            }
        }
    } else if (!pass) {
        w->error_time = now;
        w->fcount++;
        if (w->fcount >= b->hcfails) {
            w->C = true;
            w->fcount = 0;
        }
    }
}

/* --- both side by side --------------------------------------------------------------------------
 */

typedef struct Pair {
    Naive naive;
    Balancer real;
    BalancerMember members[MOST];
    Rng rng, dice;
    double now;
    int picked; /* choices that found a member */
} Pair;

static bool chance(Pair *pair, double likely)
{
    return rng_chance(&pair->dice, likely);
}

static const char *const routes[] = {"a", "b", "c"};

static void pair_member(Pair *pair, int i)
{
    Worker *w = &pair->naive.w[i];

    *w = (Worker){.D = chance(pair, 0.05),
                  .S = chance(pair, 0.05),
                  .I = chance(pair, 0.1),
                  .N = chance(pair, 0.1),
                  .H = chance(pair, 0.2),
                  .R = chance(pair, 0.2),
                  .set = (int)rng_below(&pair->dice, 3),
                  .factor = 100 + (int)rng_below(&pair->dice, 400),
                  .retry = (double)rng_below(&pair->dice, 3) * 10,
                  .heard = -1};
    if (chance(pair, 0.7)) {
        strcpy(w->route, routes[rng_below(&pair->dice, G_N_ELEMENTS(routes))]);
    }
    if (chance(pair, 0.4)) {
        strcpy(w->redirect, routes[rng_below(&pair->dice, G_N_ELEMENTS(routes))]);
    }
    pair->members[i] = (BalancerMember){.factor = w->factor,
                                        .set = (uint32_t)w->set,
                                        .route = w->route[0] != '\0' ? w->route : NULL,
                                        .redirect = w->redirect[0] != '\0' ? w->redirect : NULL,
                                        .retry = sim_span_from_s(w->retry),
                                        .flags = {.is_disabled = w->D,
                                                  .is_stopped = w->S,
                                                  .ignores_errors = w->I,
                                                  .is_draining = w->N,
                                                  .is_standby = w->H,
                                                  .is_spare = w->R},
                                        .heard = -1};
}

static void pair_init(Pair *pair, BalancerMethod method, uint64_t seed)
{
    memset(pair, 0, sizeof *pair);
    rng_init(&pair->dice, seed, "balancer-twin/dice");
    rng_init(&pair->rng, seed, "balancer-twin/heartbeat");
    rng_init(&pair->naive.rng, seed, "balancer-twin/heartbeat");
    pair->naive.method = method;
    pair->naive.count = 1 + (int)rng_below(&pair->dice, MOST);
    pair->naive.forcerecovery = chance(pair, 0.7);
    pair->naive.nofailover = chance(pair, 0.3);
    pair->naive.hcpasses = 1 + (unsigned)rng_below(&pair->dice, 3);
    pair->naive.hcfails = 1 + (unsigned)rng_below(&pair->dice, 3);
    pair->real = (Balancer){.members = pair->members,
                            .count = (uint32_t)pair->naive.count,
                            .method = method,
                            .force_recovery = pair->naive.forcerecovery,
                            .no_failover = pair->naive.nofailover,
                            .hcpasses = pair->naive.hcpasses,
                            .hcfails = pair->naive.hcfails,
                            .rng = &pair->rng};
    for (int i = 0; i < pair->naive.count; i++) {
        pair_member(pair, i);
    }
}

/* What nobody decides: work, bytes, heartbeats. */
static void pair_works(Pair *pair, int i)
{
    Worker *w = &pair->naive.w[i];
    BalancerMember *member = &pair->members[i];

    w->busy = member->busy = rng_below(&pair->dice, 4);
    w->in = member->bytes_in += rng_below(&pair->dice, 5000);
    w->out = member->bytes_out += rng_below(&pair->dice, 50000);
    w->heard = pair->now;
    w->slots_busy = rng_below(&pair->dice, 3);
    w->slots_ready = rng_below(&pair->dice, 20);
    balancer_on_heartbeat(&pair->real, (uint32_t)i, (uint32_t)w->slots_busy,
                          (uint32_t)w->slots_ready, sim_span_from_s(pair->now));
}

/* A request: recovery, then the choice; what was chosen may fail. */
static void pair_request(Pair *pair)
{
    SimTime now = sim_span_from_s(pair->now);
    const char *route =
        chance(pair, 0.4) ? routes[rng_below(&pair->dice, G_N_ELEMENTS(routes))] : NULL;
    int wanted, got;

    naive_recover(&pair->naive, pair->now);
    balancer_force_recovery(&pair->real, now);
    wanted = naive_choose(&pair->naive, route, pair->now);
    got = balancer_choose(&pair->real, route, now);
    ck_assert_int_eq(got, wanted);
    pair->picked += got >= 0;
    if (got >= 0 && chance(pair, 0.3)) { /* front-door 3.5: I are never in error */
        Worker *w = &pair->naive.w[got];

        ck_assert_int_eq(balancer_mark_error(&pair->real, (uint32_t)got, now), !w->I);
        if (!w->I) {
            w->E = true;
            w->error_time = pair->now;
        }
    }
}

static void pair_check(Pair *pair, int i)
{
    bool pass = chance(pair, 0.5);

    naive_check(&pair->naive, &pair->naive.w[i], pass, pair->now);
    balancer_on_check(&pair->real, (uint32_t)i, pass, sim_span_from_s(pair->now));
}

static bool is_alike(const BalancerMember *member, const Worker *w)
{
    return balancer_is_usable(member) == usable(w) && member->in_error == w->E &&
           member->is_failed == w->C && member->status == w->lbstatus &&
           member->passes == w->pcount && member->fails == w->fcount;
}

static void pair_agree(const Pair *pair)
{
    int alike = 0;

    for (int i = 0; i < pair->naive.count; i++) {
        alike += is_alike(&pair->members[i], &pair->naive.w[i]);
    }
    ck_assert_int_eq(alike, pair->naive.count);
}

/* Over whole seconds and halves, so that both count the same time. Returns how many choices found a
 * member. */
static int live_through(BalancerMethod method, bool with_checks)
{
    int picked = 0;

    for (uint64_t seed = 0; seed < WORLDS; seed++) {
        Pair pair;

        pair_init(&pair, method, 1000 + seed);
        for (int k = 0; k < EVENTS; k++) {
            pair.now += (double)rng_below(&pair.dice, 8) / 2;
            if (with_checks && chance(&pair, 0.3)) {
                pair_check(&pair, (int)rng_below(&pair.dice, (uint64_t)pair.naive.count));
            }
            if (chance(&pair, 0.3)) {
                pair_works(&pair, (int)rng_below(&pair.dice, (uint64_t)pair.naive.count));
            }
            pair_request(&pair);
            pair_agree(&pair);
        }
        picked += pair.picked;
    }
    return picked;
}

/* Sets, spares, standbys, sessions and recovery are the same for all methods. */
static const struct {
    BalancerMethod method;
    int least; /* of 9,000 choices: otherwise the twins agree about nobody */
} methods[] = {{BALANCER_BY_REQUESTS, 4500},
               {BALANCER_BY_BUSYNESS, 4500},
               {BALANCER_BY_TRAFFIC, 4500},
               {BALANCER_BY_HEARTBEAT, 1500}};

START_TEST(front_door_3_2_to_3_5_choices_and_states_are_those_of_the_pseudocode)
{
    ck_assert_int_gt(live_through(methods[_i].method, false), methods[_i].least);
}
END_TEST

START_TEST(front_door_3_7_checks_move_counters_as_the_pseudocode_does)
{
    ck_assert_int_gt(live_through(methods[_i].method, true), methods[_i].least / 2);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("balancer_twin");
    TCase *tcase = tcase_create("all");

    tcase_add_loop_test(tcase, front_door_3_2_to_3_5_choices_and_states_are_those_of_the_pseudocode,
                        0, G_N_ELEMENTS(methods));
    tcase_add_loop_test(tcase, front_door_3_7_checks_move_counters_as_the_pseudocode_does, 0,
                        G_N_ELEMENTS(methods));
    suite_add_tcase(suite, tcase);
    return suite;
}

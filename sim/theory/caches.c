/* caches.c - who still goes to the old address after a fail-over by DNS: detection by many
 * checkers, propagation, the caches of resolvers and the caches of clients, one after the other. */
#include <math.h>

#include "sim/base/fixed_math.h"
#include "sim/theory/cache_farm.h"
#include "sim/theory/cache_history.h"
#include "sim/theory/theory_case.h"

#define PHASES 64    /* steps of the law of detection */
#define QUANTILES 32 /* of the law of propagation */
#define FLOORS 24    /* of a law of floors */
#define AGES 48      /* of answers in clients */

enum { KEEPS_NOTHING, KEEPS_TTL, KEEPS_PERIOD, KEEPS_UNTIL_FAILURE };
static const char *const keeps_words[] = {"nothing", "ttl", "period", "until-failure", NULL};

typedef struct Caches {
    double t, ttl, period, rate, kept, clients, resolvers;
    double farm_ratio, small_ratio, medium_ratio, large_ratio, sticky_ratio;
    double interval, check_timeout, median, sigma, cap;
    int64_t threshold, checkers, need_failed, farm_size;
    int keeps;
} Caches;

#define SHARE(member, default, text)                                                               \
    FIELD_NUMBER(Caches, member, .initial = default, .lowest = "0", .highest = "1", .help = text,  \
                 .source = "Bhowmick et al., PAM 2023; Moura et al., IMC 2018")
#define AMOUNT(member, default, text, from)                                                        \
    FIELD_NUMBER(Caches, member, .initial = default, .lowest = "0", .highest = THEORY_MOST,        \
                 .help = text, .source = from)

static const Field caches_fields[] = {
    FIELD_NUMBER(Caches, t, .flags = FIELD_REQUIRED, .lowest = "0", .highest = THEORY_MOST,
                 .help = "Time since the failure"),
    FIELD_NUMBER(Caches, ttl, .flags = FIELD_REQUIRED, .lowest = "0", .highest = THEORY_MOST,
                 .help = "Time to live of an answer"),
    FIELD_CHOICE(Caches, keeps, .more = keeps_words, .initial = "ttl",
                 .help = "How long a client keeps an answer: not at all, for the rest of its time "
                         "to live, for 'period', or until it fails",
                 .source = "most systems honour the time to live"),
    AMOUNT(period, "60", "How long clients keep an answer with 'keeps' period",
           "Chromium net::HostCache 60 s"),
    AMOUNT(rate, "0",
           "Requests of one client in a unit of time that may look a name up; 0: all the time",
           "clients that are active all the time"),
    AMOUNT(kept, "0",
           "How long a connection is kept for the next request; who has one to the site, before it "
           "fails, looks nothing up",
           "httpd 2.4 KeepAliveTimeout 5"),
    AMOUNT(clients, "0", "Clients that share the resolvers; 0: so many that no cache is ever idle",
           "many clients"),
    AMOUNT(resolvers, "32", "Resolvers of each class", "assumption"),
    SHARE(farm_ratio, "0", "Share of the honest resolvers that are farms of independent caches"),
    FIELD_COUNT(Caches, farm_size, .initial = "4", .lowest = "1", .highest = "1000",
                .help = "Caches of a farm", .source = "assumption"),
    SHARE(small_ratio, "0.03", "Share of clients whose answers live from 60 to 120 s at least"),
    SHARE(medium_ratio, "0.03", "From 300 to 600 s at least"),
    SHARE(large_ratio, "0.0174", "From 900 to 3,600 s at least"),
    SHARE(sticky_ratio, "0.01", "From 3,600 to 14,400 s at least"),
    AMOUNT(interval, "30", "From the answer of a check to the next one",
           "Route 53 Developer Guide: 30 s"),
    FIELD_COUNT(Caches, threshold, .initial = "3", .lowest = "1", .highest = "10",
                .help = "Failures in a row", .source = "Route 53 Developer Guide: 3"),
    AMOUNT(check_timeout, "4", "How long a failing check takes; 0 for a refused connection",
           "Route 53 Developer Guide: connect within 4 s"),
    FIELD_COUNT(Caches, checkers, .initial = "16", .lowest = "1", .highest = "1000",
                .help = "Checkers with phases independent of each other",
                .source = "two blocks of addresses in each of eight regions"),
    FIELD_COUNT(Caches, need_failed, .initial = "14", .lowest = "1", .highest = "1000",
                .help = "Of them must say unhealthy",
                .source = "Route 53 Developer Guide: healthy while more than 18 % say so"),
    AMOUNT(median, "3", "Median of the propagation to the name servers, lognormal", "assumption"),
    AMOUNT(sigma, "0.6", "Its shape", "assumption"),
    AMOUNT(cap, "30", "Its longest", "assumption"),
    FIELD_END,
};

/* --- caches -------------------------------------------------------------------------------------
 */

/* Look-ups of one client in a unit of time: one each time that its answer has run out and it has
 * another request. */
static double lookups_of(const Caches *params, double kept)
{
    double wait = params->rate > 0 ? 1 / params->rate : 0;

    return 1 / fmax(kept + wait, 1e-9);
}

/* Share of time that a cache holds an answer of life `life`, as one of its clients finds it. Behind
 * a single cache, who honours the time to live has no answer of his own when the cache has none:
 * then each request asks. */
static double filled(const Caches *params, double life, double share, double caches, bool is_farm)
{
    double kept = params->keeps == KEEPS_PERIOD ? params->period : 0;
    double own = is_farm ? 1 / (double)params->farm_size : 1;
    double mean = params->clients * share / fmax(caches, 1), sum = 0;
    double each = params->keeps == KEEPS_TTL ? params->rate : lookups_of(params, kept);
    double weights[CACHE_OTHERS];
    guint count = cache_count_others(mean, weights);

    if (params->clients <= 0 || params->rate <= 0) {
        return 1;
    }
    for (guint i = 0; i < count; i++) {
        double asked = ((count > 1 ? i : mean) + own) * each;

        sum += weights[i] * life / (life + 1 / asked);
    }
    return sum;
}

/* Whether a look-up at `x` after the change meets the old answer in a cache of that life. */
static double still_cached(double x, double life, double is_filled)
{
    return x < 0 ? 1 : x >= life ? 0 : is_filled * (1 - x / life);
}

/* Of clients behind single caches that keep answers as `params` says, x after the change. */
static double through_client(const Caches *params, double x, double life, double is_filled)
{
    double wait = params->rate > 0 ? 1 / params->rate : 0, sum = 0;
    double has_answer;

    if (params->keeps == KEEPS_NOTHING || params->keeps == KEEPS_TTL || x < 0) {
        return still_cached(x, life, is_filled);
    }
    if (params->keeps == KEEPS_UNTIL_FAILURE) { /* looked up when the last request failed */
        for (int i = 0; i < AGES && wait > 0; i++) {
            double age = -wait * fixed_log((i + 0.5) / AGES);

            sum += still_cached(x - age, life, is_filled) / AGES;
        }
        return wait > 0 ? sum : still_cached(x, life, is_filled);
    }
    has_answer = params->period / fmax(params->period + wait, 1e-9);
    for (int i = 0; i < AGES; i++) {
        sum += still_cached(x - params->period * (i + 0.5) / AGES, life, is_filled) / AGES;
    }
    return has_answer * sum + (1 - has_answer) * still_cached(x, life, is_filled);
}

/* --- all clients --------------------------------------------------------------------------------
 */

/* A uniform law of floors: the lives that it gives to answers, and how full caches of them are. */
typedef struct Floor {
    double share;
    double life[FLOORS], full[FLOORS];
} Floor;

enum { SMALL, MEDIUM, LARGE, STICKY, FLOOR_LAWS };

/* What does not hang on the time since the change. */
typedef struct Mix {
    Farms farms;
    CacheHistory *history; /* NULL: caches are filled alike before and after the failure */
    double plain_full, farms_full;
    Floor floors[FLOOR_LAWS];
} Mix;

static void lay_floor(const Caches *params, double share, double from, double to, Floor *floor)
{
    floor->share = share;
    for (int i = 0; i < FLOORS; i++) {
        floor->life[i] = fmax(params->ttl, from + (to - from) * (i + 0.5) / FLOORS);
        floor->full[i] = filled(params, floor->life[i], share, params->resolvers, false);
    }
}

static double through_floor(const Caches *params, double x, const Floor *floor)
{
    double sum = 0;

    for (int i = 0; i < FLOORS && floor->share > 0; i++) {
        sum += through_client(params, x, floor->life[i], floor->full[i]);
    }
    return floor->share * sum / FLOORS;
}

static double honest_share(const Caches *params)
{
    return 1 - params->small_ratio - params->medium_ratio - params->large_ratio -
           params->sticky_ratio;
}

static double farm_share(const Caches *params)
{
    return honest_share(params) * params->farm_ratio;
}

/* Those of one client that shares a cache of that many resolvers with others, on average. */
static double sharers(const Caches *params, double share)
{
    bool is_busy = params->clients <= 0 || params->rate <= 0;

    return is_busy ? 1e9 : params->clients * share / fmax(params->resolvers, 1);
}

/* From the failure until the answers change, at the longest. */
static double longest_change(const Caches *params)
{
    return (double)params->threshold * (params->interval + params->check_timeout) + params->cap;
}

/* Only who asks for each request, or when the time to live is over, fills caches sooner without
 * connections than with them; the others ask when their own period is over. */
static CacheHistory *find_history(const Caches *params, const Farms *farms)
{
    CacheAsking asking = {.life = params->ttl,
                          .wait = params->rate > 0 ? 1 / params->rate : 0,
                          .wait_before = cache_wait_kept(params->rate, params->kept),
                          .until = longest_change(params) + params->ttl};
    double plain = honest_share(params) - farm_share(params);
    bool is_asked_alike = params->kept <= 0 || params->rate <= 0 || params->clients <= 0;

    if (is_asked_alike || params->ttl <= 0 ||
        (params->keeps != KEEPS_TTL && params->keeps != KEEPS_NOTHING)) {
        return NULL;
    }
    return cache_history_new(&asking, sharers(params, plain),
                             params->keeps == KEEPS_TTL ? farms : NULL);
}

static void find_mix(const Caches *params, Mix *mix)
{
    double farms = farm_share(params), caches = params->resolvers * (double)params->farm_size;

    mix->farms = (Farms){.life = params->ttl,
                         .wait = params->rate > 0 ? 1 / params->rate : 0,
                         .size = (double)params->farm_size};
    farms_settle(&mix->farms, sharers(params, farms));
    mix->history = find_history(params, &mix->farms);
    mix->plain_full =
        filled(params, params->ttl, honest_share(params) - farms, params->resolvers, false);
    mix->farms_full = filled(params, params->ttl, farms, caches, true);
    lay_floor(params, params->small_ratio, 60, 120, &mix->floors[SMALL]);
    lay_floor(params, params->medium_ratio, 300, 600, &mix->floors[MEDIUM]);
    lay_floor(params, params->large_ratio, 900, 3600, &mix->floors[LARGE]);
    lay_floor(params, params->sticky_ratio, 3600, 14400, &mix->floors[STICKY]);
}

/* Of clients behind single caches that honour the time to live of answers, and behind farms. */
static double through_plain(const Caches *params, const Mix *mix, double change, double x)
{
    return mix->history != NULL ? cache_history_plain(mix->history, change, x)
                                : through_client(params, x, params->ttl, mix->plain_full);
}

static double through_farm(const Caches *params, const Mix *mix, double change, double x)
{
    if (params->keeps != KEEPS_TTL) {
        return through_client(params, x, params->ttl, mix->farms_full);
    }
    return mix->history != NULL ? cache_history_farm(mix->history, &mix->farms, change, x)
                                : farms_still_old(&mix->farms, x);
}

/* Share of all clients that go to the old address x after the answer changed, `change` after the
 * failure. */
static double still_old(const Caches *params, const Mix *mix, double change, double x)
{
    double farms = farm_share(params), plain = honest_share(params) - farms;
    double sum = 0;

    if (x < 0) {
        return 1;
    }
    if (params->ttl > 0) {
        sum = plain * through_plain(params, mix, change, x) +
              farms * through_farm(params, mix, change, x);
    }
    for (int i = 0; i < FLOOR_LAWS; i++) {
        sum += through_floor(params, x, &mix->floors[i]);
    }
    return sum;
}

/* --- all together -------------------------------------------------------------------------------
 */

/* Weight of phase `u` for the m-th smallest of n uniforms, up to a constant. */
static double phase_weight(const Caches *params, double u)
{
    double below = (double)(params->need_failed - 1);
    double above = (double)(params->checkers - params->need_failed);

    return fixed_exp(below * fixed_log(u) + above * fixed_log(1 - u));
}

static void caches_solve(TheoryCase *theory)
{
    const Caches *params = theory->params;
    double detect = (double)(params->threshold - 1) * (params->interval + params->check_timeout) +
                    params->check_timeout;
    double sum = 0, changed = 0, after_change = 0, weights = 0;
    double delays[QUANTILES];
    Mix mix;

    if (params->need_failed > params->checkers) {
        theory_refuse(theory, "need_failed", "'need_failed' is %d of only %d 'checkers'",
                      (int)params->need_failed, (int)params->checkers);
        return;
    }
    if (params->small_ratio + params->medium_ratio + params->large_ratio + params->sticky_ratio >
        1) {
        theory_refuse(theory, "small_ratio", "the shares of resolvers add up to more than 1");
        return;
    }
    find_mix(params, &mix);
    for (int k = 0; k < QUANTILES; k++) {
        double z = fixed_normal_quantile((k + 0.5) / QUANTILES);

        delays[k] = fmin(params->median * fixed_exp(params->sigma * z), params->cap);
    }
    for (int i = 0; i < PHASES; i++) {
        double phase = (i + 0.5) / PHASES, weight = phase_weight(params, phase);

        for (int k = 0; k < QUANTILES; k++) {
            double change = detect + phase * params->interval + delays[k];

            sum += weight * still_old(params, &mix, change, params->t - change);
            changed += params->t >= change ? weight : 0;
            after_change +=
                mix.history != NULL ? weight * still_old(params, &mix, change, params->t) : 0;
            weights += weight;
        }
    }
    theory_add(theory, sum / weights, "still_old");
    theory_add(theory, changed / weights, "answer_changed");
    theory_add(theory,
               mix.history != NULL ? after_change / weights : still_old(params, &mix, 0, params->t),
               "after_change");
    cache_history_free(mix.history);
}

const TheoryFamily dns_caches_family = {
    .name = "dns-caches",
    .help = "Many health checkers, propagation and caches: the share of clients that still go to a "
            "dead site",
    .formula =
        "I B(m, n - m + 1) + (k - 1)(I + d) + d to the decision, a lognormal time to the name "
        "servers, then 1 - x / R behind a cache of life R (1 - (x / T)^2 behind a large farm "
        "of caches), the mean of it over the age of what a client keeps",
    .assumes =
        "Poisson requests of each client; a connection to a dead site is not used again; caches "
        "whose phases hang together with nothing but the failure; one address in an answer; "
        "'after_change' is t after the answers changed",
    .source =
        "Route 53 Developer Guide; Jung, Berger and Balakrishnan, Modeling TTL-based Internet "
        "caches, 2003",
    .example = "t=130 ttl=60",
    .fields = caches_fields,
    .size = sizeof(Caches),
    .solve = caches_solve,
};

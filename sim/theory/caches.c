/* caches.c - who still goes to the old address after a fail-over by DNS: detection by many
 * checkers, propagation, the caches of resolvers and the caches of clients, one after the other. */
#include <math.h>

#include "sim/base/fixed_math.h"
#include "sim/theory/theory_case.h"

#define PHASES 64    /* steps of the law of detection */
#define QUANTILES 32 /* of the law of propagation */
#define FLOORS 24    /* of a law of floors */
#define AGES 48      /* of answers in clients */
#define OTHERS 48    /* who share a cache, one by one up to so many */
#define FARM_ROUNDS 40

enum { KEEPS_NOTHING, KEEPS_TTL, KEEPS_PERIOD, KEEPS_UNTIL_FAILURE };
static const char *const keeps_words[] = {"nothing", "ttl", "period", "until-failure", NULL};

typedef struct Caches {
    double t, ttl, period, rate, clients, resolvers;
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

/* How likely it is that so many others share what is shared by `mean` on average, from 0 on; their
 * number. One, for the mean itself, when that is large. */
static guint count_others(double mean, double weights[OTHERS])
{
    weights[0] = 1;
    if (mean > OTHERS / 3.0) {
        return 1;
    }
    weights[0] = fixed_exp(-mean);
    for (guint i = 1; i < OTHERS; i++) {
        weights[i] = weights[i - 1] * mean / i;
    }
    return OTHERS;
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
    double weights[OTHERS];
    guint count = count_others(mean, weights);

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

/* --- farms of caches ----------------------------------------------------------------------------
 */

/* A client who shares a farm with so many others. When its answer has run out it asks one of the
 * caches by chance: another one than before, which others have `full` with some rest of its life or
 * which has nothing; or the one that just ran out, which others may have `refilled` meanwhile. What
 * it fills itself has run out when it asks again, so that only others count. */
typedef struct Farm {
    double weight; /* how likely so many others are */
    double full, refilled;
    double kept; /* how long it has an answer, on average */
} Farm;

typedef struct Farms {
    Farm farms[OTHERS];
    guint count;
    double life, wait; /* `wait`: from the end of an answer to the next request */
} Farms;

/* Who has answers for longer looks up less often, and caches that are asked less often are empty
 * more often, which makes answers live longer: a few rounds until both agree. */
static void settle_farm(Farm *farm, const Farms *all, double others, double size)
{
    double life = all->life, wait = all->wait, same = 1 / size;
    double aged = wait > 0 ? wait * (1 - fixed_exp(-life / wait)) : 0; /* mean of min(wait, life) */

    farm->kept = life;
    for (int i = 0; i < FARM_ROUNDS; i++) {
        double asked = others / size / (farm->kept + wait);

        farm->full = life * asked / (1 + life * asked);
        farm->refilled = wait * asked / (1 + wait * asked);
        farm->kept = (1 - same) * (farm->full * life / 2 + (1 - farm->full) * life) +
                     same * (life - farm->refilled * aged);
    }
}

/* Farms are never idle when nobody says how many share them. */
static void find_farms(const Caches *params, double share, Farms *all)
{
    bool is_busy = params->clients <= 0 || params->rate <= 0;
    double mean = is_busy ? 1e9 : params->clients * share / fmax(params->resolvers, 1);
    double weights[OTHERS];

    *all = (Farms){.life = params->ttl, .wait = params->rate > 0 ? 1 / params->rate : 0};
    all->count = count_others(mean, weights);
    for (guint i = 0; i < all->count; i++) {
        settle_farm(&all->farms[i], all, all->count > 1 ? i : mean, (double)params->farm_size);
        all->farms[i].weight = weights[i];
    }
}

/* Of clients that honour the time to live and are sent to one of `farm_size` caches at each
 * look-up, x after the change: who sits on an answer with a long rest of life sits on it for long.
 */
static double through_farm(const Farms *all, double x, double size)
{
    double life = all->life, wait = all->wait, same = 1 / size, left = life - x, sum = 0;
    double rested = wait > 0 ? fixed_exp(-x / wait) : 0;
    double aged = wait > 0 ? wait * (rested - fixed_exp(-life / wait)) : 0;

    if (x < 0 || left <= 0) {
        return x < 0 ? 1 : 0;
    }
    for (guint i = 0; i < all->count; i++) {
        const Farm *farm = &all->farms[i];
        double lookups = 1 / (farm->kept + wait);
        double other = farm->full * (left * left / 2 + x * left) / life + (1 - farm->full) * left;
        double old = (1 - same) * other + same * (left - farm->refilled * aged);
        double idle = (1 - same) * farm->full * left / life + same * farm->refilled * rested;

        sum += farm->weight * lookups * (old + wait * idle);
    }
    return fmin(sum, 1);
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

static void find_mix(const Caches *params, Mix *mix)
{
    double farms = farm_share(params), caches = params->resolvers * (double)params->farm_size;

    find_farms(params, farms, &mix->farms);
    mix->plain_full =
        filled(params, params->ttl, honest_share(params) - farms, params->resolvers, false);
    mix->farms_full = filled(params, params->ttl, farms, caches, true);
    lay_floor(params, params->small_ratio, 60, 120, &mix->floors[SMALL]);
    lay_floor(params, params->medium_ratio, 300, 600, &mix->floors[MEDIUM]);
    lay_floor(params, params->large_ratio, 900, 3600, &mix->floors[LARGE]);
    lay_floor(params, params->sticky_ratio, 3600, 14400, &mix->floors[STICKY]);
}

/* Share of all clients that go to the old address x after the answer changed. */
static double still_old(const Caches *params, const Mix *mix, double x)
{
    double farms = farm_share(params), plain = honest_share(params) - farms;
    double sum;

    if (x < 0) {
        return 1;
    }
    sum = params->ttl > 0 ? plain * through_client(params, x, params->ttl, mix->plain_full) : 0;
    if (params->ttl > 0 && params->keeps == KEEPS_TTL) {
        sum += farms * through_farm(&mix->farms, x, (double)params->farm_size);
    } else if (params->ttl > 0) {
        sum += farms * through_client(params, x, params->ttl, mix->farms_full);
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
    double sum = 0, changed = 0, weights = 0;
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
            double x = params->t - detect - phase * params->interval - delays[k];

            sum += weight * still_old(params, &mix, x);
            changed += x >= 0 ? weight : 0;
            weights += weight;
        }
    }
    theory_add(theory, sum / weights, "still_old");
    theory_add(theory, changed / weights, "answer_changed");
    theory_add(theory, still_old(params, &mix, params->t), "after_change");
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
        "Poisson requests of each client; a connection to a dead site is not used again; one "
        "address in an answer; 'after_change' is t after the answers changed",
    .source =
        "Route 53 Developer Guide; Jung, Berger and Balakrishnan, Modeling TTL-based Internet "
        "caches, 2003",
    .example = "t=130 ttl=60",
    .fields = caches_fields,
    .size = sizeof(Caches),
    .solve = caches_solve,
};

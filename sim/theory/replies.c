/* replies.c - who waits for several answers, or for the first of several: quorums, forks and joins,
 * hedged requests, fans. */
#include <math.h>

#include "sim/base/fixed_math.h"
#include "sim/config/json_place.h"
#include "sim/theory/solve.h"
#include "sim/theory/theory_case.h"

#define REPLIES_MOST 1000
#define GROUPS_MOST 64

/* --- k of n --------------------------------------------------------------------------------- */

static const char *const exponential_replies[] = {"exp", NULL};

typedef struct KthOfN {
    int64_t n, k;
    double mean;
    int dist;
} KthOfN;

static const Field kth_of_n_fields[] = {
    FIELD_COUNT(KthOfN, n, .flags = FIELD_REQUIRED, .lowest = "1", .highest = "1000",
                .help = "Replies asked for"),
    FIELD_COUNT(KthOfN, k, .flags = FIELD_REQUIRED, .lowest = "1", .highest = "1000",
                .help = "Replies waited for"),
    FIELD_POSITIVE(KthOfN, mean, "Mean time to one reply"),
    FIELD_MODEL(KthOfN, dist, exponential_replies),
    FIELD_END,
};

/* Something with a distribution function, and a share that is searched for. */
typedef struct ShareAsked {
    double (*share_by)(double t, const void *params);
    const void *params;
    double p;
} ShareAsked;

static double share_missing(double t, const void *context)
{
    const ShareAsked *asked = context;

    return asked->p - asked->share_by(t, asked->params);
}

static void add_quantiles(TheoryCase *theory, double (*share_by)(double, const void *),
                          const void *params, double step)
{
    static const struct {
        double p;
        const char *name;
    } quantiles[] = {{0.5, "p50"}, {0.95, "p95"}, {0.99, "p99"}, {0.999, "p999"}};

    for (guint i = 0; i < G_N_ELEMENTS(quantiles); i++) {
        ShareAsked asked = {share_by, params, quantiles[i].p};

        theory_add(theory, solve_falling(share_missing, &asked, 0, step), "%s", quantiles[i].name);
    }
}

static double kth_by(double t, const void *context)
{
    const KthOfN *params = context;
    g_autofree double *each = g_new(double, (gsize)params->n);

    for (gint64 i = 0; i < params->n; i++) {
        each[i] = -solve_expm1(-t / params->mean);
    }
    return solve_at_least(each, (guint)params->n, (guint)params->k);
}

static void kth_of_n_solve(TheoryCase *theory)
{
    const KthOfN *params = theory->params;
    double mean = 0, variance = 0;

    if (params->k > params->n) {
        theory_refuse(theory, "k", "'k' is %d, but only %d replies come ('n')", (int)params->k,
                      (int)params->n);
        return;
    }
    for (gint64 i = 0; i < params->k; i++) {
        double step = params->mean / (double)(params->n - i);

        mean += step;
        variance += step * step;
    }
    theory_add(theory, mean, "mean");
    theory_add(theory, sqrt(variance), "sd");
    add_quantiles(theory, kth_by, params, params->mean);
}

const TheoryFamily kth_of_n_family = {
    .name = "kth-of-n",
    .help = "Time until k of n equal replicas have answered: what a consistency level waits for",
    .formula = "mean = m sum of 1 / (n - i) over i < k; quantiles from the binomial distribution",
    .assumes = "independent exponential times of one mean, no queueing",
    .source = "Renyi, On the theory of order statistics, 1953",
    .example = "n=3 k=2 mean=1",
    .fields = kth_of_n_fields,
    .size = sizeof(KthOfN),
    .solve = kth_of_n_solve,
};

/* --- groups --------------------------------------------------------------------------------- */

/* Replicas of one data centre: a way there and back, then a time of their own. */
typedef struct Group {
    int64_t count;
    double shift, mean, median, sigma; /* exponential of `mean`, or lognormal */
} Group;

static const Field group_fields[] = {
    FIELD_COUNT(Group, count, .flags = FIELD_REQUIRED, .lowest = "1", .highest = "1000",
                .help = "Replicas"),
    FIELD_NUMBER(Group, shift, .initial = "0", .lowest = "0", .highest = THEORY_MOST,
                 .help = "Constant part of each reply: the way there and back",
                 .source = "no way to go"),
    FIELD_NUMBER(Group, mean, .lowest = "0", .highest = THEORY_MOST,
                 .help = "Mean of the exponential part"),
    FIELD_NUMBER(Group, median, .lowest = "0", .highest = THEORY_MOST,
                 .help = "Median of the lognormal part"),
    FIELD_NUMBER(Group, sigma, .lowest = "0", .highest = "20",
                 .help = "Deviation of the logarithm of the lognormal part"),
    FIELD_END,
};

typedef enum GroupLaw { GROUP_EXPONENTIAL, GROUP_LOGNORMAL } GroupLaw;

static const char *const group_laws[] = {
    [GROUP_EXPONENTIAL] = "shift+exp", [GROUP_LOGNORMAL] = "shift+lognormal", NULL};

typedef struct GroupsParams {
    const cJSON *groups, *need;
    int64_t k;
    int dist;
} GroupsParams;

#define FIELDS_GROUPS                                                                              \
    FIELD_JSON(GroupsParams, groups, .flags = FIELD_REQUIRED,                                      \
               .help = "An array of {count, shift, mean}, or {count, shift, median, sigma}"),      \
        FIELD_CHOICE(GroupsParams, dist, .more = group_laws,                                       \
                     .help =                                                                       \
                         "The law of each reply: of the groups' members, what is given counts")

static const Field quorum_mix_fields[] = {
    FIELDS_GROUPS,
    FIELD_COUNT(GroupsParams, k, .flags = FIELD_REQUIRED, .lowest = "1", .highest = "1000",
                .help = "Replies waited for, of all groups together"),
    FIELD_END,
};

static const Field each_quorum_fields[] = {
    FIELDS_GROUPS,
    FIELD_JSON(GroupsParams, need, .flags = FIELD_REQUIRED,
               .help = "Of each group, an array: replies waited for"),
    FIELD_END,
};

typedef struct Groups {
    Group *groups;
    guint count, replies;
    guint k;       /* of all; 0: of each its own */
    double *needs; /* of each group */
} Groups;

static bool read_group(TheoryCase *theory, const cJSON *item, guint rank, GroupLaw law,
                       Group *group)
{
    bool is_law_given;

    field_defaults(group_fields, group);
    if (!cJSON_IsObject(item)) {
        theory_refuse(theory, "groups", "item %u of 'groups' must be an object", rank);
        return false;
    }
    if (!field_read(group_fields, group, item, theory->diags)) {
        return false;
    }
    is_law_given = law == GROUP_EXPONENTIAL
                       ? group->mean > 0 && group->median == 0 && group->sigma == 0
                       : group->median > 0 && group->sigma > 0 && group->mean == 0;
    if (!is_law_given) {
        theory_refuse(theory, "groups", "item %u of 'groups' needs %s, for 'dist' is '%s'", rank,
                      law == GROUP_EXPONENTIAL ? "'mean' and no 'median' or 'sigma'"
                                               : "'median' and 'sigma' and no 'mean'",
                      group_laws[law]);
    }
    return is_law_given;
}

static bool read_groups(TheoryCase *theory, Groups *groups)
{
    const GroupsParams *params = theory->params;
    guint size = cJSON_IsArray(params->groups) ? (guint)cJSON_GetArraySize(params->groups) : 0;
    const cJSON *item = size > 0 ? params->groups->child : NULL;

    if (size == 0 || size > GROUPS_MOST) {
        theory_refuse(theory, "groups",
                      "'groups' must be an array of 1 to %d groups, like "
                      "[{\"count\": 3, \"shift\": 0.5, \"mean\": 4}]",
                      GROUPS_MOST);
        return false;
    }
    groups->groups = g_new0(Group, size);
    groups->count = size;
    for (guint i = 0; i < size; i++, item = item->next) {
        if (!read_group(theory, item, i, (GroupLaw)params->dist, &groups->groups[i])) {
            return false;
        }
        groups->replies += (guint)groups->groups[i].count;
    }
    if (groups->replies > REPLIES_MOST) {
        theory_refuse(theory, "groups", "'groups' have %u replicas, at most %d", groups->replies,
                      REPLIES_MOST);
    }
    return groups->replies <= REPLIES_MOST;
}

static double reply_by(const Group *group, double t)
{
    double own = t - group->shift;

    if (own <= 0) {
        return 0;
    }
    if (group->mean > 0) {
        return -solve_expm1(-own / group->mean);
    }
    return fixed_round(erfc(-fixed_log(own / group->median) / (group->sigma * sqrt(2))) / 2);
}

static double groups_by(double t, const void *context)
{
    const Groups *groups = context;
    g_autofree double *each = g_new(double, groups->replies);
    double all = 1;
    guint filled = 0;

    for (guint i = 0; i < groups->count; i++) {
        guint begin = filled;

        for (gint64 k = 0; k < groups->groups[i].count; k++) {
            each[filled++] = reply_by(&groups->groups[i], t);
        }
        if (groups->k == 0) {
            all *= solve_at_least(each + begin, filled - begin, (guint)groups->needs[i]);
        }
    }
    return groups->k == 0 ? all : solve_at_least(each, filled, groups->k);
}

static double groups_not_by(double t, const void *context)
{
    return 1 - groups_by(t, context);
}

static double nearly_all(double t, const void *context)
{
    return 1 - 1e-14 - groups_by(t, context);
}

static int compare_numbers(gconstpointer one, gconstpointer other)
{
    double a = *(const double *)one, b = *(const double *)other;

    return a < b ? -1 : a > b;
}

/* The mean is the integral of what has not come: smooth between two shifts. */
static void add_groups(TheoryCase *theory, const Groups *groups)
{
    g_autofree double *ends = g_new0(double, groups->count + 1);
    double mean, width = 0;

    for (guint i = 0; i < groups->count; i++) {
        const Group *group = &groups->groups[i];

        ends[i] = group->shift;
        width = fmax(width, group->shift + group->mean + group->median);
    }
    qsort(ends, groups->count, sizeof *ends, compare_numbers);
    ends[groups->count] = solve_falling(nearly_all, groups, 0, width);
    mean = ends[0];
    for (guint i = 0; i < groups->count; i++) {
        mean += solve_integral(groups_not_by, groups, ends[i], ends[i + 1], width);
    }
    theory_add(theory, mean, "mean");
    add_quantiles(theory, groups_by, groups, width);
}

static void groups_clear(Groups *groups)
{
    g_free(groups->groups);
    g_free(groups->needs);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Groups, groups_clear)

static void quorum_mix_solve(TheoryCase *theory)
{
    const GroupsParams *params = theory->params;
    g_auto(Groups) groups = {.k = (guint)params->k};

    if (!read_groups(theory, &groups)) {
        return;
    }
    if (groups.k > groups.replies) {
        theory_refuse(theory, "k", "'k' is %u, but 'groups' have %u replicas", groups.k,
                      groups.replies);
        return;
    }
    add_groups(theory, &groups);
}

const TheoryFamily quorum_mix_family = {
    .name = "quorum-mix",
    .help = "Time until k replicas have answered that stand at different distances",
    .formula = "P(at least k by t) of independent replies; mean = integral of P(fewer than k by t)",
    .assumes = "independent replies, each a constant way and an exponential or lognormal time",
    .source = "David and Nagaraja, Order Statistics, 2003",
    .example = "'groups=[{\"count\":3,\"shift\":0.5,\"mean\":4},{\"count\":3,\"shift\":40,"
               "\"mean\":4}]' k=4",
    .fields = quorum_mix_fields,
    .size = sizeof(GroupsParams),
    .solve = quorum_mix_solve,
};

static void each_quorum_solve(TheoryCase *theory)
{
    const GroupsParams *params = theory->params;
    g_auto(Groups) groups = {0};

    if (!read_groups(theory, &groups)) {
        return;
    }
    groups.needs = theory_numbers(theory, "need", params->need, &groups.count, 1, REPLIES_MOST);
    for (guint i = 0; groups.needs != NULL && i < groups.count; i++) {
        double need = groups.needs[i], count = (double)groups.groups[i].count;

        if (need > count || need != floor(need)) {
            theory_refuse(theory, "need", "item %u of 'need' must be a whole number from 1 to %g",
                          i, count);
            return;
        }
    }
    if (groups.needs != NULL) {
        add_groups(theory, &groups);
    }
}

const TheoryFamily each_quorum_family = {
    .name = "each-quorum",
    .help = "Time until every data centre has its own quorum (EACH_QUORUM)",
    .formula = "the product of the groups' distribution functions; mean = integral of what is left",
    .assumes = "independent replies, each a constant way and an exponential or lognormal time",
    .source = "David and Nagaraja, Order Statistics, 2003",
    .example = "'groups=[{\"count\":3,\"shift\":0.5,\"mean\":4},{\"count\":3,\"shift\":40,"
               "\"mean\":4}]' 'need=[2,2]'",
    .fields = each_quorum_fields,
    .size = sizeof(GroupsParams),
    .solve = each_quorum_solve,
};

/* --- forks and joins ------------------------------------------------------------------------ */

typedef struct ForkJoin {
    double rho, mean_service;
    int64_t branches;
} ForkJoin;

static const Field fork_join_2_fields[] = {
    FIELD_RHO(ForkJoin),
    FIELD_MEAN_SERVICE(ForkJoin),
    FIELD_COUNT(ForkJoin, branches, .initial = "2", .lowest = "2", .highest = "2",
                .help = "Branches; exact for two only", .source = "Flatto and Hahn"),
    FIELD_END,
};

static void fork_join_2_solve(TheoryCase *theory)
{
    const ForkJoin *params = theory->params;

    if (theory_is_stable(theory, params->rho, "each branch")) {
        theory_add(theory, (12 - params->rho) / 8 * params->mean_service / (1 - params->rho), "T");
    }
}

const TheoryFamily fork_join_2_family = {
    .name = "fork-join-2",
    .help = "Time until both of two queues have served their half of each request",
    .formula = "T = (12 - rho) / 8 / (mu - lam)",
    .assumes = "Poisson arrivals to both queues at once, independent exponential work",
    .source = "Flatto and Hahn, 1984; Nelson and Tantawi, 1988",
    .example = "rho=0.5",
    .fields = fork_join_2_fields,
    .size = sizeof(ForkJoin),
    .solve = fork_join_2_solve,
};

/* --- hedges and fans ------------------------------------------------------------------------ */

static const char *const hedge_notes[] = {"independent exponentials, no queueing", NULL};

typedef struct Hedge {
    double mean, hedge_delay;
    int note;
} Hedge;

static const Field hedge_exp_fields[] = {
    FIELD_POSITIVE(Hedge, mean, "Mean time to one reply"),
    FIELD_NUMBER(Hedge, hedge_delay, .flags = FIELD_REQUIRED, .lowest = "0", .highest = THEORY_MOST,
                 .help = "Time after which a second request is sent"),
    FIELD_MODEL(Hedge, note, hedge_notes),
    FIELD_END,
};

static double hedge_quantile(const Hedge *params, double p)
{
    double alone = -fixed_log(1 - p) * params->mean;

    return alone <= params->hedge_delay ? alone : (alone + params->hedge_delay) / 2;
}

static void hedge_exp_solve(TheoryCase *theory)
{
    const Hedge *params = theory->params;
    double late = fixed_exp(-params->hedge_delay / params->mean);

    theory_add(theory, params->mean * (1 - late / 2), "mean");
    theory_add(theory, late, "extra_load");
    theory_add(theory, hedge_quantile(params, 0.95), "p95");
    theory_add(theory, hedge_quantile(params, 0.99), "p99");
    theory_add(theory, hedge_quantile(params, 0.999), "p999");
}

const TheoryFamily hedge_exp_family = {
    .name = "hedge-exp",
    .help = "A second request after a delay, the first answer counts: gain and extra load",
    .formula = "mean = (1 - e) / mu + e / (2 mu), e = exp(-mu d) = extra load",
    .assumes = "independent exponential replies, no queueing, no cost of the second request",
    .source = "Dean and Barroso, The tail at scale, 2013 (the scheme)",
    .example = "mean=10 hedge_delay=30",
    .fields = hedge_exp_fields,
    .size = sizeof(Hedge),
    .solve = hedge_exp_solve,
};

typedef struct FanOut {
    double p_slow;
    int64_t leaves;
} FanOut;

static const Field fan_out_fields[] = {
    FIELD_RATIO(FanOut, p_slow, .flags = FIELD_REQUIRED, .lowest = "0", .highest = "1",
                .help = "Probability that one leaf is slow"),
    FIELD_COUNT(FanOut, leaves, .flags = FIELD_REQUIRED, .lowest = "1", .highest = "1000000000",
                .help = "Leaves that are asked"),
    FIELD_END,
};

static void fan_out_solve(TheoryCase *theory)
{
    const FanOut *params = theory->params;
    double leaves = (double)params->leaves;

    theory_add(theory,
               params->p_slow >= 1 ? 1 : -solve_expm1(leaves * solve_log1p(-params->p_slow)),
               "p_any_slow");
    theory_add(theory, fixed_exp(solve_log1p(-0.01) / leaves), "leaf_quantile_for_p99");
}

const TheoryFamily fan_out_family = {
    .name = "fan-out",
    .help = "A request that asks many leaves: how likely one of them is slow",
    .formula =
        "1 - (1 - p)^n; for the whole at the 99th percentile each leaf must be at 0.99^(1/n)",
    .assumes = "leaves that are slow independently of each other",
    .source = "Dean and Barroso, The tail at scale, 2013",
    .example = "p_slow=0.01 leaves=100",
    .fields = fan_out_fields,
    .size = sizeof(FanOut),
    .solve = fan_out_solve,
};

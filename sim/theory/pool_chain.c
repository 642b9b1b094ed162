/* pool_chain.c - see pool_chain.h. A state is the lengths of the lines, the longest first, for the
 * servers are alike; states of one number of customers are a level. Gauss and Seidel's sweeps
 * settle each level within itself, where it settles quickly; between the levels, where it would
 * take forever, the rate up from each level must equal the rate down, so that their weights follow
 * at once (Koury, McAllister and Stewart, 1984). */
#include "sim/theory/pool_chain.h"

#include <math.h>
#include <stdbool.h>

#include "sim/base/fixed_math.h"

#define SPREAD_MOST 40 /* longest less shortest line; beyond it less than 1e-12 of the time */
#define STATES_MOST 2000000
#define SWEEPS_MOST 2000
#define LOST_LOG 36.0 /* levels beyond have a weight below exp(-36) */

typedef struct State {
    guint16 lines[POOL_SERVERS_MOST];
} State;

/* A way into a state. */
typedef struct Inflow {
    guint from;
    double rate;
} Inflow;

typedef struct Chain {
    guint servers, choices, levels;
    double rho;
    GArray *states;  /* of State, by level */
    guint *begin;    /* of each level; levels + 1 of them */
    guint *first;    /* of each state's inflows; one more than states */
    Inflow *inflows; /* by the state they lead to */
    double *out, *weight, *busy;
} Chain;

/* --- states --------------------------------------------------------------------------------- */

/* Adds all states that go on from `state` at line `at` with `left` customers to place. What is
 * placed at a line leaves each later one at least the longest less SPREAD_MOST. */
static void add_states(Chain *chain, State *state, guint at, guint left)
{
    guint lines = chain->servers - at;
    guint most = at == 0 ? (left + (lines - 1) * SPREAD_MOST) / lines : state->lines[at - 1];
    guint least = at == 0 || state->lines[0] <= SPREAD_MOST ? 0 : state->lines[0] - SPREAD_MOST;

    if (at == chain->servers || at == POOL_SERVERS_MOST) { /* the same, said to gcc -O3 */
        g_array_append_val(chain->states, *state);
        return;
    }
    most = MIN(most, left);
    for (guint length = MAX(least, (left + lines - 1) / lines); length <= most; length++) {
        state->lines[at] = (guint16)length;
        add_states(chain, state, at + 1, left - length);
    }
}

static void make_states(Chain *chain)
{
    chain->states = g_array_new(false, true, sizeof(State));
    chain->begin = g_new0(guint, chain->levels + 1);
    for (guint level = 0; level < chain->levels; level++) {
        State state = {{0}};

        chain->begin[level] = chain->states->len;
        if (chain->states->len <= STATES_MOST) {
            add_states(chain, &state, 0, level);
        }
    }
    chain->begin[chain->levels] = chain->states->len;
}

static const State *state_at(const Chain *chain, guint i)
{
    return &g_array_index(chain->states, State, i);
}

/* The rank of a state of `level`, which are in rising order of their lines; G_MAXUINT: left out. */
static guint find_state(const Chain *chain, guint level, const State *wanted)
{
    guint low = chain->begin[level], high = chain->begin[level + 1];

    while (low < high) {
        guint middle = low + (high - low) / 2, at = 0;
        const State *state = state_at(chain, middle);

        while (at < chain->servers && state->lines[at] == wanted->lines[at]) {
            at++;
        }
        if (at == chain->servers || at == POOL_SERVERS_MOST) { /* the same, said to gcc -O3 */
            return middle;
        }
        if (state->lines[at] < wanted->lines[at]) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return G_MAXUINT;
}

/* --- transitions ---------------------------------------------------------------------------- */

static double ways(guint from, guint pick)
{
    double product = 1;

    for (guint i = 0; i < pick; i++) {
        product *= from > i ? (double)(from - i) / (i + 1) : 0;
    }
    return product;
}

/* Where a state leads when one comes to (`change` 1), or goes from (-1), the lines `first` to
 * `last`, which are equal; G_MAXUINT for nowhere. */
static guint next_state(const Chain *chain, guint level, guint i, guint first, guint last,
                        int change)
{
    State next = *state_at(chain, i);
    guint at = change > 0 ? first : last;
    guint to = change > 0 ? level + 1 : level - 1;

    next.lines[at] = (guint16)(next.lines[at] + change);
    return to < chain->levels ? find_state(chain, to, &next) : G_MAXUINT;
}

typedef void TransitionSeen(Chain *chain, guint from, guint to, double rate);

/* Calls `seen` for each transition of each state; equal lines are one group. */
static void each_transition(Chain *chain, guint level, guint i, TransitionSeen *seen)
{
    const State *state = state_at(chain, i);
    double rate = chain->rho * chain->servers / ways(chain->servers, chain->choices);

    for (guint first = 0, last; first < chain->servers; first = last + 1) {
        guint to;
        double joins;

        last = first;
        while (last + 1 < chain->servers && state->lines[last + 1] == state->lines[first]) {
            last++;
        }
        /* All picks are of lines up to `last`, but not all of them are longer. */
        joins = ways(last + 1, chain->choices) - ways(first, chain->choices);
        to = next_state(chain, level, i, first, last, 1);
        if (to != G_MAXUINT && joins > 0) {
            seen(chain, i, to, rate * joins);
        }
        to = state->lines[first] > 0 ? next_state(chain, level, i, first, last, -1) : G_MAXUINT;
        if (to != G_MAXUINT) {
            seen(chain, i, to, last - first + 1);
        }
    }
}

static void each_state(Chain *chain, TransitionSeen *seen)
{
    for (guint level = 0; level < chain->levels; level++) {
        for (guint i = chain->begin[level]; i < chain->begin[level + 1]; i++) {
            each_transition(chain, level, i, seen);
        }
    }
}

static void count_transition(Chain *chain, guint from, guint to, double rate)
{
    chain->out[from] += rate;
    chain->first[to + 1]++;
}

static void keep_transition(Chain *chain, guint from, guint to, double rate)
{
    chain->inflows[chain->first[to]++] = (Inflow){.from = from, .rate = rate};
}

static void make_transitions(Chain *chain)
{
    guint count = chain->states->len;

    chain->out = g_new0(double, count);
    chain->weight = g_new0(double, count);
    chain->busy = g_new0(double, count);
    chain->first = g_new0(guint, count + 1);
    each_state(chain, count_transition);
    for (guint i = 0; i < count; i++) {
        chain->first[i + 1] += chain->first[i];
        chain->weight[i] = 1;
        for (guint at = 0; at < chain->servers; at++) {
            chain->busy[i] += state_at(chain, i)->lines[at] > 0;
        }
    }
    chain->inflows = g_new0(Inflow, MAX(chain->first[count], 1));
    each_state(chain, keep_transition);
    for (guint i = count; i > 0; i--) { /* each has moved on to its end */
        chain->first[i] = chain->first[i - 1];
    }
    chain->first[0] = 0;
}

/* --- solving -------------------------------------------------------------------------------- */

static void settle_level(Chain *chain, guint level)
{
    for (guint i = chain->begin[level]; i < chain->begin[level + 1]; i++) {
        double in = 0;

        for (guint k = chain->first[i]; k < chain->first[i + 1]; k++) {
            in += chain->inflows[k].rate * chain->weight[chain->inflows[k].from];
        }
        chain->weight[i] = in / chain->out[i];
    }
}

/* Gives each level the weight that the one before it demands; the mean number there. */
static double balance_levels(Chain *chain)
{
    double level_weight = 1, sum = 0, number = 0;

    for (guint level = 0; level < chain->levels; level++) {
        double weight = 0, down = 0;

        for (guint i = chain->begin[level]; i < chain->begin[level + 1]; i++) {
            weight += chain->weight[i];
            down += chain->weight[i] * chain->busy[i];
        }
        if (level > 0) {
            level_weight *= chain->rho * chain->servers * weight / down;
        }
        for (guint i = chain->begin[level]; i < chain->begin[level + 1]; i++) {
            chain->weight[i] *= level_weight / weight;
        }
        sum += level_weight;
        number += level * level_weight;
    }
    return number / sum;
}

static double settle(Chain *chain)
{
    double number = balance_levels(chain), before = 0;
    guint quiet = 0;

    for (guint sweep = 0; sweep < SWEEPS_MOST && quiet < 3; sweep++) {
        for (guint level = 0; level < chain->levels; level++) {
            settle_level(chain, level);
        }
        for (guint level = chain->levels; level > 0; level--) {
            settle_level(chain, level - 1);
        }
        before = number;
        number = balance_levels(chain);
        quiet = fabs(number - before) <= 1e-12 * number ? quiet + 1 : 0;
    }
    return number;
}

static void chain_clear(Chain *chain)
{
    g_array_unref(chain->states);
    g_free(chain->begin);
    g_free(chain->first);
    g_free(chain->inflows);
    g_free(chain->out);
    g_free(chain->weight);
    g_free(chain->busy);
}

double pool_chain_sojourn(guint servers, guint choices, double rho)
{
    Chain chain = {.servers = servers, .choices = choices, .rho = rho};
    double levels = LOST_LOG / -fixed_log(rho) + 8 * servers, number = NAN;

    g_assert(servers >= 2 && servers <= POOL_SERVERS_MOST && choices >= 2 && choices <= servers);
    if (levels > 60000) {
        return NAN;
    }
    chain.levels = (guint)levels;
    make_states(&chain);
    if (chain.states->len <= STATES_MOST) {
        make_transitions(&chain);
        number = settle(&chain);
    }
    chain_clear(&chain);
    return number / (rho * servers);
}

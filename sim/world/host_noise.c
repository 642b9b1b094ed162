/* host_noise.c - a two-state Markov process of steal, and freezes. */
#include "sim/world/host_noise.h"

#include <math.h>

#include "sim/base/fixed_math.h"

/* Quiet for 8 h at a stretch (96 % of the time), noisy for 20 min. Frozen by live migration or a
 * stall of the machine 3 times a month for 0.3 to 3 s. All assumptions; what is known is that 0 %
 * is the norm at large providers and that operators alarm at 10 % for 20 minutes. */
#define QUIET_MEAN (8 * SIM_HOUR)
#define NOISY_MEAN (20 * SIM_MIN)
#define FREEZE_EVERY (10 * SIM_DAY)
#define FREEZE_LEAST (300 * SIM_MS)
#define FREEZE_MOST (3 * SIM_S)

/* Above all numbers that faults of a scenario get. */
#define FREEZE_FAULT EFFECT_OF_WORLD
#define NEIGHBOUR_ID ((uint32_t)1 << 31)

typedef struct BetaLaw {
    double alpha, beta;
} BetaLaw;

static const BetaLaw quiet_steal = {1.30073, 128.772}; /* mean 1 %, p99 4 % */
static const BetaLaw noisy_steal = {1.65496, 9.37813}; /* mean 15 %, p95 35 % */

static void on_change(void *self, void *subject, uint64_t detail);
static void on_freeze(void *self, void *subject, uint64_t detail);
static void on_thaw(void *self, void *subject, uint64_t detail);

static const EventType noise_change = {"host/noise", on_change};
static const EventType noise_freeze = {"host/freeze", on_freeze};
static const EventType noise_thaw = {"host/thaw", on_thaw};

/* A share drawn from a Beta law, as the ratio of two gammas. */
static double noise_draw_share(HostNoise *noise, BetaLaw law)
{
    double ours = fixed_gamma_quantile(law.alpha, rng_uniform(&noise->rng));
    double others = fixed_gamma_quantile(law.beta, rng_uniform(&noise->rng));

    return ours / (ours + others);
}

static void noise_after(HostNoise *noise, SimSpan mean, const EventType *type)
{
    engine_after(noise->engine, draw_exponential_span(mean, &noise->rng), &noise->owner, type,
                 noise, 0);
}

static void noise_enter(HostNoise *noise, bool is_noisy)
{
    noise->is_noisy = is_noisy;
    noise->steal_ratio = noise_draw_share(noise, is_noisy ? noisy_steal : quiet_steal);
}

static void on_change(void *self, void *subject, uint64_t detail)
{
    HostNoise *noise = subject;

    (void)self;
    (void)detail;
    noise_enter(noise, !noise->is_noisy);
    noise->on_steal(noise->host);
    noise_after(noise, noise->is_noisy ? NOISY_MEAN : QUIET_MEAN, &noise_change);
}

static void on_freeze(void *self, void *subject, uint64_t detail)
{
    HostNoise *noise = subject;
    Component *component = host_component(noise->host);
    SimSpan span = FREEZE_LEAST + (SimSpan)rng_below(&noise->rng, FREEZE_MOST - FREEZE_LEAST);
    Effect frozen = EFFECT_NONE;

    (void)self;
    (void)detail;
    frozen.paused = true;
    component_add_effect(component, FREEZE_FAULT | component_id(component), frozen);
    engine_after(noise->engine, span, &noise->owner, &noise_thaw, noise, 0);
}

static void on_thaw(void *self, void *subject, uint64_t detail)
{
    HostNoise *noise = subject;
    Component *component = host_component(noise->host);

    (void)self;
    (void)detail;
    component_remove_effect(component, FREEZE_FAULT | component_id(component));
    noise_after(noise, FREEZE_EVERY, &noise_freeze);
}

void host_noise_init(HostNoise *noise, Host *host, Engine *engine, bool is_always_quiet,
                     void (*on_steal)(Host *host))
{
    const Component *component = host_component(host);
    g_autofree char *stream = g_strconcat(component->name, "/noise", NULL);
    double noisy_share = (double)NOISY_MEAN / (double)(NOISY_MEAN + QUIET_MEAN);

    *noise = (HostNoise){.host = host, .engine = engine, .on_steal = on_steal};
    noise->owner.id = NEIGHBOUR_ID | component_id(component);
    engine_open_stream(engine, &noise->rng, stream);
    noise_enter(noise, rng_chance(&noise->rng, noisy_share) && !is_always_quiet);
}

/* Of 1 / (1 - S): 1 - S is Beta(beta, alpha), whose reciprocal has this mean. */
static double mean_stretch(BetaLaw law)
{
    return (law.alpha + law.beta - 1) / (law.beta - 1);
}

/* The mean of its square. */
static double mean_square_stretch(BetaLaw law)
{
    return mean_stretch(law) * (law.alpha + law.beta - 2) / (law.beta - 2);
}

/* Of what it is in the two states, the mean over time. */
static double mean_of_states(double (*moment)(BetaLaw law), bool is_always_quiet)
{
    double noisy_share =
        is_always_quiet ? 0 : (double)NOISY_MEAN / (double)(NOISY_MEAN + QUIET_MEAN);

    return (1 - noisy_share) * moment(quiet_steal) + noisy_share * moment(noisy_steal);
}

double host_noise_mean_stretch(bool is_always_quiet)
{
    return mean_of_states(mean_stretch, is_always_quiet);
}

double host_noise_stretch_deviation(bool is_always_quiet)
{
    double mean = mean_of_states(mean_stretch, is_always_quiet);

    return sqrt(mean_of_states(mean_square_stretch, is_always_quiet) - mean * mean);
}

void host_noise_start(HostNoise *noise)
{
    /* What is left of a state that has lasted is as long as a whole one: exponential. */
    noise_after(noise, noise->is_noisy ? NOISY_MEAN : QUIET_MEAN, &noise_change);
    noise_after(noise, FREEZE_EVERY, &noise_freeze);
}

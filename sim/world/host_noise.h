/* host_noise.h - what the neighbours on the same machine do to a host: CPU time stolen in quiet and
 * noisy times, and short freezes. Published facts about steal are thin: the figures are assumptions
 * and stand in host_noise.c. Left out: that two of our hosts on one machine are disturbed together.
 */
#pragma once

#include "sim/world/host.h"

typedef struct HostNoise {
    Host *host;
    Engine *engine;
    EventOwner owner; /* the neighbours' life: it goes on while the host is down or frozen */
    Rng rng;
    bool is_noisy;
    double steal_ratio;           /* now */
    void (*on_steal)(Host *host); /* hears that steal_ratio changed */
} HostNoise;

/* Opens the stream and draws the state to begin with: a quiet one where it is always quiet, the
 * same one as where it need not be. host_noise_start is then left out. */
void host_noise_init(HostNoise *noise, Host *host, Engine *engine, bool is_always_quiet,
                     void (*on_steal)(Host *host));

/* Mean and standard deviation of 1 / (1 - steal_ratio) in the long run. */
double host_noise_mean_stretch(bool is_always_quiet);
double host_noise_stretch_deviation(bool is_always_quiet);

/* Lets the neighbours live. */
void host_noise_start(HostNoise *noise);

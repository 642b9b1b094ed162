/* erlang.h - the M/M/c queue, which several families rest on. */
#pragma once

#include <glib.h>

/* `servers` of rate `mu` each, arrivals of rate `lam` below servers * mu, one line. */
typedef struct Erlang {
    double lam, mu, servers;
    double p_wait; /* Erlang C */
    double wait;   /* mean, of all */
} Erlang;

Erlang erlang_new(double lam, double mu, double servers);

/* The value below which a wait, or a time in the system, stays with probability `p`. */
double erlang_wait_quantile(const Erlang *queue, double p);
double erlang_sojourn_quantile(const Erlang *queue, double p);

/* P(time in the system > t). */
double erlang_sojourn_tail(const Erlang *queue, double t);

/* Mean time in the system of G/M/1 with gaps of `stages` equal exponential stages (Erlang) and mean
 * `gap`, and service of mean 1: what one of several servers sees that are used by turns. */
double erlang_turns_sojourn(double stages, double gap);

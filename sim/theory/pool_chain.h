/* pool_chain.h - equal servers with a line each, of which every customer joins the shortest of some
 * that it looks at: the exact chain, solved numerically. */
#pragma once

#include <glib.h>

#define POOL_SERVERS_MOST 4

/* Mean time in the system, work of mean 1, of `servers` (2 to POOL_SERVERS_MOST) at load `rho`;
 * each customer looks at `choices` different ones and joins the shortest, of equals any. NAN when
 * the load is too near 1 for the chain to be kept in memory. Relative error below 1e-8. */
double pool_chain_sojourn(guint servers, guint choices, double rho);

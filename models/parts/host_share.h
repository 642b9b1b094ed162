/* host_share.h - how busy the hosts of one role at one site are: foretold together by all kinds
 * that work on them. Source: utilisation law (Denning and Buzen, 1978). */
#pragma once

#include "sim/theory/prediction.h"
#include "sim/world/component.h"

/* Whether two components of one kind do the same work at the same cost, a cost that is known. */
typedef bool HostShareAlike(const Component *one, const Component *other);

/* For on_predict. True for the first of a kind at its site and role, where each host has one of its
 * kind, all alike: host_share_add then adds the work of its kind, to what the other kinds of these
 * hosts add. False for the others; and where hosts differ, or one of their kinds foretells nothing
 * or is not alike everywhere, for then nothing is known of them. `terms`: costs in words. */
bool host_share_begin(const Component *self, HostShareAlike *alike, const char *terms,
                      Predictions *predictions);

/* Work that comes as often as `metric` of the kind at the site counts; `cost_s` NAN: unknown, with
 * any of it nothing is foretold. */
void host_share_add(const Component *self, const char *metric, double cost_s,
                    Predictions *predictions);

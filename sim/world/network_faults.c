/* network_faults.c - what faults on a process make of connections to it, while its host and the
 * links are well: refused, swallowed, reset, half open, cut short. Sources: Toxiproxy
 * (timeout, reset_peer, slow_close, limit_data); reference network 3 (half-open connections: only
 * who sends notices). Left out: a process swallows what comes over a connection, not what it was
 * about to send over it. */
#include "sim/world/inside.h"

/* The same for all that comes over one connection: a connection is well or not. */
static double connection_number(const Component *to, const Message *message)
{
    uint64_t bits =
        (uint64_t)message->connection << 32 ^ message->detail ^ ((uint64_t)component_id(to) << 20);

    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
    bits ^= bits >> 31;
    return (double)(bits >> 11) * 0x1p-53;
}

static bool is_hit(Network *network, double share)
{
    return share > 0 && rng_chance(&network->connection_faults, share);
}

ConnectAnswer network_fault_on_syn(Network *network, const Component *to, ConnectAnswer answer)
{
    const double *shares = to->condition.shares;

    if (is_hit(network, shares[SHARE_TCP_SWALLOW_NEW])) {
        return CONNECT_DROP;
    }
    return is_hit(network, shares[SHARE_TCP_REFUSE]) ? CONNECT_REFUSE : answer;
}

FaultFate network_fault_on_message(Network *network, const Component *to, const Message *message)
{
    const double *shares = to->condition.shares;
    bool is_old = message->peer_incarnation != 0;

    if (shares[SHARE_TCP_HALF_OPEN] > 0 && is_old &&
        message->peer_incarnation != component_life(to)) {
        return FATE_SWALLOWED;
    }
    if (shares[SHARE_TCP_SWALLOW_OLD] > 0 &&
        connection_number(to, message) < shares[SHARE_TCP_SWALLOW_OLD]) {
        return FATE_SWALLOWED;
    }
    if (is_hit(network, shares[SHARE_TCP_RESET]) ||
        (is_old && is_hit(network, shares[SHARE_TCP_RESET_OLD]))) {
        return FATE_RESET;
    }
    return FATE_ARRIVES;
}

bool network_fault_cuts(const Component *from, const Message *message)
{
    int64_t limit = from->condition.answer_limit_bytes;

    return limit > 0 && message->size_bytes > limit;
}

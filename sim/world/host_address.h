/* host_address.h - which host answers for which address: each for its own, and for those that
 * wander. For host.c; what others need is in host.h. */
#pragma once

#include "sim/world/host.h"

/* Enters the host with its own address, which nobody else has. */
void host_address_add(Host *host);

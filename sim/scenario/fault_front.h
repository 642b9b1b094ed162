/* fault_front.h - the families of faults that fill files of their own; fault.h lists them all. Each
 * ends with a row whose func is NULL. */
#pragma once

#include "sim/scenario/fault.h"

/* Which way of a link is hit, seen from the data centre or from "link.from": for a field of
 * choices. */
typedef enum FaultDirection { DIRECTION_BOTH, DIRECTION_TO, DIRECTION_FROM } FaultDirection;
extern const char *const fault_directions[];
bool fault_is_way_hit(int direction, bool forward);

extern const FaultDef fault_link_defs[];  /* links, and network cards */
extern const FaultDef fault_dns_defs[];   /* names, health checks, changes of records */
extern const FaultDef fault_disk_defs[];  /* space and speed of disks */
extern const FaultDef fault_front_defs[]; /* connections, certificates, balancers */
extern const FaultDef fault_app_defs[];   /* applications and their virtual machines */

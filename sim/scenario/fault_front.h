/* fault_front.h - the families of faults that fill files of their own; fault.h lists them all. Each
 * ends with a row whose func is NULL. */
#pragma once

#include "sim/scenario/fault.h"

extern const FaultDef fault_dns_defs[];   /* names, health checks, changes of records */
extern const FaultDef fault_disk_defs[];  /* space and speed of disks */
extern const FaultDef fault_front_defs[]; /* connections, certificates, balancers */
extern const FaultDef fault_app_defs[];   /* applications and their virtual machines */

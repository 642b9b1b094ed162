/* scaled.h - the main scenario with some times the machines and the load: as many more
 * nodes of each kind in each data centre, each application node with an address of its own. */
#pragma once

#include <stdint.h>

/* Writes it into `directory`, zone and all, with a warm-up of so many seconds, and returns the
 * scenario's path. Caller frees; NULL when it cannot be written. */
char *scaled_write(const char *directory, uint32_t factor, uint32_t warmup_s);

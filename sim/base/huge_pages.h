/* huge_pages.h - asks the kernel to keep what a run remembers in pages of 2 MiB. A request touches
 * a hundred places in dozens of MiB, far more small pages than a processor has translations at
 * hand, and in a virtual machine each missing one is looked up twice. It is advice: results do not
 * depend on it, and without such pages (not Linux, not glibc, switched off) nothing is different.
 * Source: Linux admin-guide/mm/transhuge.rst; mallopt(3). */
#pragma once

#include <stddef.h>

/* How far the heap has been advised of. */
typedef struct HugePages {
    char *end;
} HugePages;

/* Has the heap of this process grow in steps of many pages and keep what is given back, and advises
 * of the room that it has from now on. Blocks of HUGE_PAGES_BLOCK and more stay out of the heap. */
void huge_pages_begin(HugePages *pages);
#define HUGE_PAGES_BLOCK ((size_t)4 << 20)

/* Advises of what the heap has grown by since the last call: cheap, to be called now and then. */
void huge_pages_follow(HugePages *pages);

/* Advises of one block that may be large: a table that has just been made or grown. */
void huge_pages_advise(void *block, size_t size_bytes);

/* huge_pages.c - see huge_pages.h. */
#include "sim/base/huge_pages.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_BYTES ((uintptr_t)2 << 20)
#define STEP_BYTES (32 << 20)  /* by which the heap grows */
#define KEPT_BYTES (1 << 30)   /* what is free at the heap's end is given back beyond this */
#define FIRST_BYTES PAGE_BYTES /* the heap has at least this much room at the begin */

/* All pages that lie wholly between the two. */
static void advise(uintptr_t begin, uintptr_t end)
{
    begin = (begin + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    end = end / PAGE_BYTES * PAGE_BYTES;
    if (begin < end) {
        madvise((void *)begin, end - begin, MADV_HUGEPAGE);
    }
}

void huge_pages_begin(HugePages *pages)
{
    void *volatile room; /* or the compiler leaves both calls out */

    pages->end = sbrk(0);
    mallopt(M_MMAP_THRESHOLD, (int)HUGE_PAGES_BLOCK);
    mallopt(M_TOP_PAD, STEP_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    room = malloc(FIRST_BYTES); /* grows it now, unless it has the room */
    free(room);
    huge_pages_follow(pages);
}

void huge_pages_follow(HugePages *pages)
{
    char *end = sbrk(0);

    if (end > pages->end) {
        /* The page that was cut by the old end is whole now. */
        advise((uintptr_t)pages->end / PAGE_BYTES * PAGE_BYTES, (uintptr_t)end);
    }
    pages->end = end;
}

void huge_pages_advise(void *block, size_t size_bytes)
{
    if (size_bytes >= HUGE_PAGES_BLOCK) {
        advise((uintptr_t)block, (uintptr_t)block + size_bytes);
    }
}

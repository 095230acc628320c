#include "CAllocator.h"

#include <stdlib.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

void allocator_keep(int block, int top) {
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, block);
    mallopt(M_TRIM_THRESHOLD, top);
#endif
}

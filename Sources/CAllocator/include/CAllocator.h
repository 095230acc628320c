// The C library's allocator settings, which Swift's Glibc module leaves out.

#ifndef CALLOCATOR_H
#define CALLOCATOR_H

#include <stddef.h>

/// Keeps freed blocks of up to `block` bytes for reuse, and up to `top` bytes at the end of the heap. Does nothing where the C
/// library has no such settings.
void allocator_keep(int block, int top);

/// Bytes of all blocks that are in use; 0 where the C library does not tell.
size_t allocator_in_use(void);

#endif

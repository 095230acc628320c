// Counts what a thread asks of the C library's heap, in the programs this is linked into: tests only.

#ifndef CALLOCATIONCOUNTER_H
#define CALLOCATIONCOUNTER_H

#include <stdbool.h>

/// Whether allocations are counted: with glibc, and under the address sanitizer, which has hooks for it.
bool allocation_counter_works(void);

/// Calls of malloc, calloc, realloc and their aligned kin that the calling thread has made since it began; 0 where none
/// are counted. Freeing does not count.
unsigned long allocations_of_this_thread(void);

/// Bytes asked for in those calls.
unsigned long bytes_allocated_by_this_thread(void);

#endif

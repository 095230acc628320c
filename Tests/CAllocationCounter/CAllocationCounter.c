// Stands in front of glibc's allocator: what a program defines itself, its libraries use too, the Swift runtime among
// them. The memory is glibc's all the same, so that its free() and malloc_usable_size() serve it.

#include "CAllocationCounter.h"

#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ADDRESS_SANITIZER
#endif
#if __has_feature(thread_sanitizer)
#define HAS_THREAD_SANITIZER
#endif
#endif

// Initial-exec, since a thread's first use of any other model may itself allocate.
static _Thread_local unsigned long allocations __attribute__((tls_model("initial-exec")));
static _Thread_local unsigned long allocated_bytes __attribute__((tls_model("initial-exec")));

unsigned long allocations_of_this_thread(void) { return allocations; }

unsigned long bytes_allocated_by_this_thread(void) { return allocated_bytes; }

#if defined(HAS_ADDRESS_SANITIZER)
// A sanitizer's allocator must not be stood in front of, but it calls back; also while a thread starts, when nothing
// that is instrumented works yet. (The thread sanitizer's calls back too, but not for aligned memory.)
extern int __sanitizer_install_malloc_and_free_hooks(
    void (*allocated)(const volatile void *, size_t), void (*freed)(const volatile void *));

__attribute__((no_sanitize("address"))) static void count(const volatile void *block, size_t size) {
    (void)block;
    allocations++;
    allocated_bytes += size;
}

__attribute__((no_sanitize("address"))) static void ignore(const volatile void *block) { (void)block; }

static bool is_counting;

__attribute__((constructor)) static void start_counting(void) {
    is_counting = __sanitizer_install_malloc_and_free_hooks(count, ignore) != 0;
}

bool allocation_counter_works(void) { return is_counting; }
#elif defined(__GLIBC__) && !defined(HAS_THREAD_SANITIZER)
#include <errno.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static void count(size_t size) {
    allocations++;
    allocated_bytes += size;
}

void *malloc(size_t size) {
    count(size);
    return __libc_malloc(size);
}

void *calloc(size_t elements, size_t size) {
    count(elements * size);
    return __libc_calloc(elements, size);
}

void *realloc(void *block, size_t size) {
    count(size);
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
    count(size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    // As POSIX has it: a power of two, and a multiple of a pointer's size.
    if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment % sizeof(void *) != 0) {
        return EINVAL;
    }
    count(size);
    void *result = __libc_memalign(alignment, size);
    if (result == NULL) {
        return ENOMEM;
    }
    *block = result;
    return 0;
}

bool allocation_counter_works(void) { return true; }
#else
bool allocation_counter_works(void) { return false; }
#endif

// Tells the thread sanitizer of what `Synchronization.Mutex` does where it cannot see it.
//
// On Linux a mutex is a word. Taken and given back without contention it is changed by atomics that are compiled into
// the caller, which the sanitizer sees. Under contention the kernel changes it (FUTEX_LOCK_PI), asked by functions in
// the Swift runtime, which is not instrumented: what one thread did before it gave the mutex back then looks unordered
// with what the next one does. The functions of these names stand in front of the runtime's, which they call.

#include "CMutexAnnotations.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#if defined(__linux__)

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

extern void __tsan_acquire(void *address);
extern void __tsan_release(void *address);

// _MutexHandle._lockSlow(UInt32), ._tryLockSlow() -> Bool and ._unlockSlow()
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef SWIFT void Lock(uint32_t thread, SELF);
typedef SWIFT bool TryLock(SELF);
typedef SWIFT void Unlock(SELF);

static Lock *runtime_lock;
static TryLock *runtime_try_lock;
static Unlock *runtime_unlock;

// A runtime that has other names is not called through these functions, so that its mutexes are reported as before.
__attribute__((constructor)) static void find_runtime(void) {
    runtime_lock = (Lock *)dlsym(RTLD_NEXT, LOCK);
    runtime_try_lock = (TryLock *)dlsym(RTLD_NEXT, TRY_LOCK);
    runtime_unlock = (Unlock *)dlsym(RTLD_NEXT, UNLOCK);
}

SWIFT void lock(uint32_t thread, SELF mutex) __asm__(LOCK);
SWIFT void lock(uint32_t thread, SELF mutex) {
    runtime_lock(thread, mutex);
    __tsan_acquire(mutex);
}

SWIFT bool try_lock(SELF mutex) __asm__(TRY_LOCK);
SWIFT bool try_lock(SELF mutex) {
    bool is_taken = runtime_try_lock(mutex);
    if (is_taken) {
        __tsan_acquire(mutex);
    }
    return is_taken;
}

SWIFT void unlock(SELF mutex) __asm__(UNLOCK);
SWIFT void unlock(SELF mutex) {
    __tsan_release(mutex);
    runtime_unlock(mutex);
}

#endif
#endif
#endif

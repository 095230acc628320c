// Asks CPUID. __builtin_cpu_supports looks at XGETBV too for AVX2 and FMA; F16C uses the same registers.

#include "CCPUFeatures.h"

#if defined(__x86_64__)
#include <cpuid.h>

bool cpu_supports_avx2_fma_f16c(void) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
        return false;
    }
    unsigned eax, ebx, ecx, edx;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_F16C) != 0;
}
#else
bool cpu_supports_avx2_fma_f16c(void) {
    return false;
}
#endif

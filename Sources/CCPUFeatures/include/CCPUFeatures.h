// What the CPU and the operating system together allow the kernels to use. Swift has no spelling for CPUID.

#ifndef CCPUFEATURES_H
#define CCPUFEATURES_H

#include <stdbool.h>

/// True if AVX2, FMA and F16C instructions may be executed, which includes that the operating system saves the ymm
/// registers.
bool cpu_supports_avx2_fma_f16c(void);

#endif

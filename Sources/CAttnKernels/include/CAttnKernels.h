// What the kernels and those who call them share: the operands of a head group as a plain struct, and the few things
// Swift has no spelling for. Header only, and without any other header, so that it compiles for every target.
//
// A C struct, since a public Swift one would bring metadata and copy functions that the linker merges with those of
// other modules, and so could hand one variant's instructions to a CPU that lacks them.

#ifndef CATTNKERNELS_H
#define CATTNKERNELS_H

/// How the elements of Q, K and V are stored, little-endian.
enum {
    ElementFormatFloat32 = 0,
    ElementFormatFloat16 = 1,
    ElementFormatBFloat16 = 2,
};

/// One key/value head and the query heads that share it. Nothing is checked: AttnMath checks.
///
/// A row is one query of one query head: row r is query r % queries of head r / queries. Everything is contiguous, the
/// last axis fastest. Inputs may overlap each other, outputs nothing.
typedef struct {
    /// [heads * queries][headSize], at any alignment.
    const void *_Nonnull q;
    /// [keys][headSize], at any alignment.
    const void *_Nonnull k;
    /// [keys][valueHeadSize], at any alignment.
    const void *_Nonnull v;
    /// One of the formats above, of q, k and v.
    int format;
    /// Nonzero: the softmax is computed in float64.
    int softmaxInDouble;
    /// At least 1, as are queries, keys and both sizes.
    long heads;
    long queries;
    /// Keys that may be seen at all; those past a shorter mask are left out by making this smaller.
    long keys;
    long headSize;
    long valueHeadSize;
    /// Query i sees key j iff i + windowFirst <= j <= i + windowLast; both within -queries...keys, where -queries as
    /// the first and keys as the last hide nothing.
    long windowFirst;
    long windowLast;
    /// Factor on every score before it is capped.
    float scale;
    /// 0, or c in score = c tanh(score / c), before the mask.
    float softcap;
    /// Null: the score is scale * q k^T. Else [heads][headSize]: it is scale * sum over d of w_d tanh(q_d + k_d).
    const float *_Nullable scoreWeights;
    /// Null, or nonzero where a key is seen. Head h, query i start at h * maskHeadStride + i * maskRowStride, where a
    /// stride of 0 repeats.
    const unsigned char *_Nullable booleanMask;
    /// Null, or added to the score, laid out likewise; may be -inf.
    const float *_Nullable additiveMask;
    long maskHeadStride;
    long maskRowStride;
    /// [heads * queries][valueHeadSize].
    float *_Nonnull output;
    /// [heads * queries].
    float *_Nonnull lse;
} HeadGroup;

/// How the weights of a linear layer are stored.
enum {
    WeightsFloat32 = 0,
    WeightsFloat16 = 1,
    WeightsInt8 = 2,
};

/// What a linear layer applies to each output.
enum {
    ActivationNone = 0,
    ActivationGELU = 1,
    ActivationGELUTanh = 2,
    ActivationSiLU = 3,
    ActivationReLU = 4,
    ActivationTanh = 5,
};

/// Rows through a linear layer: y = activation(x W^T + bias) + residual. Nothing is checked: AttnMath checks.
///
/// Everything is contiguous, the last axis fastest. The output may be the residual, and overlaps nothing else.
typedef struct {
    /// [rows][inputs].
    const float *_Nonnull x;
    /// All three at least 1.
    long rows;
    long inputs;
    long outputs;
    /// W in panels of 16 outputs, the last padded with zeros, on a cache line: [inputs][16] numbers of float32 or float16,
    /// or [inputs / 2][16][2] of int8.
    const void *_Nonnull panels;
    /// One of the formats above.
    int format;
    /// Null, or with int8 the weight that the integer 1 stands for, one an output, padded to whole panels.
    const float *_Nullable scales;
    /// One of the activations above.
    int activation;
    /// One an output, padded to whole panels.
    const float *_Nonnull bias;
    /// Null, or [rows][outputs].
    const float *_Nullable residual;
    /// [rows][outputs].
    float *_Nonnull y;
} LinearRows;

/// Asks for the cache line at `address`, which need not be mapped.
static inline __attribute__((always_inline)) void prefetch(const void *_Nonnull address) {
    __builtin_prefetch(address, 0, 3);
}

/// The same address, but the compiler no longer knows how it came about, and so keeps it in a register of its own
/// instead of computing it anew from others in every round of a loop.
static inline __attribute__((always_inline)) const float *_Nonnull kept(const float *_Nonnull address) {
    __asm__("" : "+r"(address));
    return address;
}

/// The same for an address of pairs of 16-bit integers.
static inline __attribute__((always_inline)) const int *_Nonnull keptPairs(const int *_Nonnull address) {
    __asm__("" : "+r"(address));
    return address;
}

// Integers to wider lanes. The standard library's conversion of vectors is sometimes left as a call to a function that
// variants would share.
#if defined(__AVX2__) || defined(__aarch64__)
#define LANE_COUNT 8
#else
#define LANE_COUNT 4
#endif
typedef unsigned char LaneBytesC __attribute__((ext_vector_type(LANE_COUNT)));
typedef unsigned short LaneHalvesC __attribute__((ext_vector_type(LANE_COUNT)));
typedef unsigned int LaneBitsC __attribute__((ext_vector_type(LANE_COUNT)));
typedef unsigned short FourHalvesC __attribute__((ext_vector_type(4)));
typedef unsigned int FourBitsC __attribute__((ext_vector_type(4)));

/// As many 16-bit numbers as there are lanes, at any alignment.
static inline __attribute__((always_inline)) LaneBitsC widenedHalves(const void *_Nonnull source) {
    LaneHalvesC halves;
    __builtin_memcpy(&halves, source, sizeof halves);
    return __builtin_convertvector(halves, LaneBitsC);
}

/// Four 16-bit numbers, at any alignment.
static inline __attribute__((always_inline)) FourBitsC fourWidenedHalves(const void *_Nonnull source) {
    FourHalvesC halves;
    __builtin_memcpy(&halves, source, sizeof halves);
    return __builtin_convertvector(halves, FourBitsC);
}

#if defined(__F16C__) || defined(__aarch64__)
typedef float LanesC __attribute__((ext_vector_type(LANE_COUNT)));
typedef float FourC __attribute__((ext_vector_type(4)));
typedef _Float16 LaneFloat16C __attribute__((ext_vector_type(LANE_COUNT)));
typedef _Float16 FourFloat16C __attribute__((ext_vector_type(4)));

/// As many binary16 numbers as there are lanes, as float32: one instruction, vcvtph2ps (F16C) or fcvtl (NEON).
static inline __attribute__((always_inline)) LanesC widenedFloat16(const void *_Nonnull source) {
    LaneFloat16C halves;
    __builtin_memcpy(&halves, source, sizeof halves);
    return __builtin_convertvector(halves, LanesC);
}

/// Four binary16 numbers, as float32.
static inline __attribute__((always_inline)) FourC fourWidenedFloat16(const void *_Nonnull source) {
    FourFloat16C halves;
    __builtin_memcpy(&halves, source, sizeof halves);
    return __builtin_convertvector(halves, FourC);
}
#endif

// Integers of quantised layers: pairs of 16-bit numbers, and sums of 32 bits.
typedef signed char PairBytesC __attribute__((ext_vector_type(2 * LANE_COUNT)));
typedef short PairsC __attribute__((ext_vector_type(2 * LANE_COUNT)));
typedef short LaneShortsC __attribute__((ext_vector_type(LANE_COUNT)));
typedef int LaneIntsC __attribute__((ext_vector_type(LANE_COUNT)));
typedef float LaneFloatsC __attribute__((ext_vector_type(LANE_COUNT)));

/// A pair of signed bytes for each lane, as 16-bit numbers.
static inline __attribute__((always_inline)) PairsC widenedPairs(const void *_Nonnull source) {
    PairBytesC bytes;
    __builtin_memcpy(&bytes, source, sizeof bytes);
    return __builtin_convertvector(bytes, PairsC);
}

/// sums + a0 b0 + a1 b1, where b is the same pair in every lane: one instruction and an addition on x86, pmaddwd.
static inline __attribute__((always_inline)) LaneIntsC addingProductsOfPairs(LaneIntsC sums, PairsC a, int b) {
    LaneIntsC pairs = b;
#if defined(__AVX2__)
    typedef short Shorts __attribute__((vector_size(32)));
    return sums + (LaneIntsC)__builtin_ia32_pmaddwd256((Shorts)a, (Shorts)pairs);
#elif defined(__SSE2__)
    typedef short Shorts __attribute__((vector_size(16)));
    return sums + (LaneIntsC)__builtin_ia32_pmaddwd128((Shorts)a, (Shorts)pairs);
#else
    LaneShortsC first = (short)b;
    LaneShortsC second = (short)(b >> 16);
    return sums + __builtin_convertvector(a.even, LaneIntsC) * __builtin_convertvector(first, LaneIntsC)
        + __builtin_convertvector(a.odd, LaneIntsC) * __builtin_convertvector(second, LaneIntsC);
#endif
}

/// Integers as float32, rounded to nearest.
static inline __attribute__((always_inline)) LaneFloatsC rounded(LaneIntsC integers) {
    return __builtin_convertvector(integers, LaneFloatsC);
}

/// The low 16 bits of each lane.
static inline __attribute__((always_inline)) void storeLowHalves(LaneBitsC bits, void *_Nonnull destination) {
    LaneHalvesC halves = __builtin_convertvector(bits, LaneHalvesC);
    __builtin_memcpy(destination, &halves, sizeof halves);
}

/// As many bytes as there are lanes.
static inline __attribute__((always_inline)) LaneBitsC widenedBytes(const void *_Nonnull source) {
    LaneBytesC bytes;
    __builtin_memcpy(&bytes, source, sizeof bytes);
    return __builtin_convertvector(bytes, LaneBitsC);
}

/// The square root, as an instruction: the library's function would set errno.
static inline __attribute__((always_inline)) float squareRoot(float x) { return __builtin_elementwise_sqrt(x); }

/// Natural logarithm, float64.
static inline __attribute__((always_inline)) double naturalLogarithmInDouble(double x) { return __builtin_log(x); }

/// e^x, float64.
static inline __attribute__((always_inline)) double exponentialInDouble(double x) { return __builtin_exp(x); }

/// log(1 + x), float64.
static inline __attribute__((always_inline)) double logarithmOfOnePlus(double x) { return __builtin_log1p(x); }

#endif

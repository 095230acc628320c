internal import CCPUFeatures

/// The instruction sets the kernels are compiled for, worst first.
///
/// The names are stable: they appear in a worker's birth message and in the `ATTN_ISA` environment variable.
public enum KernelVariant: String, Sendable, CaseIterable {
    /// What every CPU of the architecture has: SSE2 on x86-64, NEON on arm64.
    case baseline
    /// AVX2, FMA and F16C on x86-64.
    case avx2

    /// The variants this CPU and operating system can run, worst first; asks CPUID.
    public static var available: [KernelVariant] {
        allCases.filter(\.isAvailable)
    }

    /// The last of `available`.
    public static var best: KernelVariant {
        available.last ?? .baseline
    }

    public var isAvailable: Bool {
        switch self {
        case .baseline: true
        case .avx2: cpu_supports_avx2_fma_f16c()
        }
    }

    /// The variant a user asked for by name, or the best one if none is named (nil or empty), as for `ATTN_ISA`,
    /// which the caller reads. Throws `KernelVariantError` for a name that is unknown or that this CPU cannot run.
    public static func named(_ name: String?) throws(KernelVariantError) -> KernelVariant {
        guard let name, !name.isEmpty else { return best }
        guard let variant = KernelVariant(rawValue: name) else { throw .unknown(name: name) }
        guard variant.isAvailable else { throw .unavailable(variant) }
        return variant
    }
}

import AttnMath
import Foundation

extension AttentionKernel {
    /// The variant that `ATTN_ISA` names; else the best. Throws `KernelVariantError`.
    static func fromEnvironment() throws -> AttentionKernel {
        try AttentionKernel(.named(ProcessInfo.processInfo.environment["ATTN_ISA"]))
    }
}

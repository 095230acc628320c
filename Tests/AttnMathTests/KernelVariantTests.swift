import AttnMath
import Testing

@Suite("Choosing an instruction set")
struct KernelVariantTests {
    @Test("the baseline is always there, and the best is the last available")
    func available() {
        #expect(KernelVariant.available.first == .baseline)
        #expect(KernelVariant.best == KernelVariant.available.last)
        #expect(AttentionKernel.best.variant == .best)
    }

    @Test("no name means the best, a name means that one")
    func names() throws {
        #expect(try KernelVariant.named(nil) == .best)
        #expect(try KernelVariant.named("") == .best)
        #expect(try KernelVariant.named("baseline") == .baseline)
    }

    @Test("a name that is not one is refused, saying which there are")
    func unknownName() {
        #expect(throws: KernelVariantError.unknown(name: "sse9")) { try KernelVariant.named("sse9") }
        #expect(KernelVariantError.unknown(name: "sse9").description.contains("baseline"))
    }

    @Test("a variant that this CPU lacks is refused")
    func unavailable() {
        for variant in KernelVariant.allCases where !variant.isAvailable {
            #expect(throws: KernelVariantError.unavailable(variant)) { try AttentionKernel(variant) }
            #expect(throws: KernelVariantError.unavailable(variant)) { try KernelVariant.named(variant.rawValue) }
        }
    }
}

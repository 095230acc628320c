public import AttnMath
public import Codecs

/// What a machine can do at most.
public struct MachineMeasurement: Sendable {
    public let variant: KernelVariant
    /// That read memory together.
    public let threads: Int
    /// Thousand million float32 operations a second of one core, in multiply-adds as wide as the variant's vectors.
    public let gigaflops: Double
    /// Thousand million bytes a second that one thread reads.
    public let readBandwidth: Double
    /// The same of all threads together.
    public let readBandwidthOfAll: Double

    init(
        variant: KernelVariant, threads: Int, gigaflops: Double, readBandwidth: Double, readBandwidthOfAll: Double
    ) {
        self.variant = variant
        self.threads = threads
        self.gigaflops = gigaflops
        self.readBandwidth = readBandwidth
        self.readBandwidthOfAll = readBandwidthOfAll
    }

    /// With the names that scripts rely on.
    public var json: JSON.Object {
        JSON.Object([
            ("variant", JSON(variant.rawValue)), ("fma_gflops", JSON(gigaflops)),
            ("read_gbytes_per_s", JSON(readBandwidth)), ("threads", JSON(threads)),
            ("read_all_gbytes_per_s", JSON(readBandwidthOfAll)),
        ])
    }
}

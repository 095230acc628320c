public import AttnMath
public import Codecs

/// How long a problem took, and what that makes of its operations and bytes.
public struct KernelMeasurement: Sendable {
    public let request: KernelRequest
    public let variant: KernelVariant
    public let samples: Samples

    init(_ request: KernelRequest, variant: KernelVariant, samples: Samples) {
        self.request = request
        self.variant = variant
        self.samples = samples
    }

    /// Thousand million operations a second, by the median.
    public var gigaflops: Double { request.problem.operationCount / samples.median / 1e9 }

    /// Thousand million bytes a second, by the median.
    public var gigabytesPerSecond: Double { Double(request.problem.byteCount) / samples.median / 1e9 }

    /// With the names that scripts rely on.
    public var json: JSON.Object {
        let (problem, shape) = (request.problem, request.problem.shape)
        return JSON.Object([
            ("heads", JSON(shape.queryHeads)), ("kv_heads", JSON(shape.kvHeads)), ("queries", JSON(shape.queries)),
            ("keys", JSON(shape.keys)), ("head_size", JSON(shape.headSize)),
            ("value_head_size", JSON(shape.valueHeadSize)), ("dtype", JSON(problem.dtype.rawValue)),
            ("causal", JSON(problem.isCausal)), ("window", problem.window.map { JSON($0) } ?? .null),
            ("threads", JSON(request.threads)), ("runs", JSON(request.runs)), ("variant", JSON(variant.rawValue)),
            ("median_s", JSON(samples.median)), ("min_s", JSON(samples.least)), ("gflops", JSON(gigaflops)),
            ("gbytes_per_s", JSON(gigabytesPerSecond)), ("flop", JSON(problem.operationCount)),
            ("bytes", JSON(problem.byteCount)),
        ])
    }
}

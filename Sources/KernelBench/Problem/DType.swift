import AttnMath

/// How the elements of a problem's Q, K and V are stored, by the names that scripts use.
public enum DType: String, Sendable, CaseIterable {
    case f32, f16, bf16

    /// Throws `ProblemError` for a name that is none.
    public init(named name: String) throws {
        guard let dtype = DType(rawValue: name) else {
            throw ProblemError.value(name: "dtype", value: name, allowed: DType.allCases.map(\.rawValue))
        }
        self = dtype
    }

    var format: FloatFormat {
        switch self {
        case .f32: .float32
        case .f16: .float16
        case .bf16: .bfloat16
        }
    }
}

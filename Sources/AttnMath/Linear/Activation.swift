internal import CAttnKernels

/// What a linear layer applies to each output.
public enum Activation: Sendable, CaseIterable {
    case none
    /// x / 2 (1 + erf(x / sqrt(2))): the exact GELU, as BERT's.
    case gelu
    /// x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))): the GELU by a hyperbolic tangent, as GPT-2's.
    case geluTanh
    /// x / (1 + e^-x).
    case silu
    /// max(x, 0).
    case relu
    case tanh

    /// As the kernels name it.
    var kernelActivation: Int32 {
        switch self {
        case .none: Int32(ActivationNone)
        case .gelu: Int32(ActivationGELU)
        case .geluTanh: Int32(ActivationGELUTanh)
        case .silu: Int32(ActivationSiLU)
        case .relu: Int32(ActivationReLU)
        case .tanh: Int32(ActivationTanh)
        }
    }
}

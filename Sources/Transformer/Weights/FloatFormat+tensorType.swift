package import AttnMath
package import Codecs

extension FloatFormat {
    /// The format of a float tensor's elements; nil for integers and booleans.
    package init?(_ type: TensorType) {
        switch type {
        case .f64: self = .float64
        case .f32: self = .float32
        case .f16: self = .float16
        case .bf16: self = .bfloat16
        default: return nil
        }
    }
}

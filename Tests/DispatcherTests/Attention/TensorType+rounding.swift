import Codecs

extension TensorType {
    /// At most half a unit in the last place of a number of that size: 11 and 8 significant bits.
    func halfUnit(of magnitude: Double) -> Double {
        switch self {
        case .f16: max(magnitude * 0x1p-11, 0x1p-25)
        case .bf16: magnitude * 0x1p-8
        default: 0
        }
    }
}

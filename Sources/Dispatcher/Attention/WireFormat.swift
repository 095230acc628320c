import Codecs

/// How Q, K and V travel in tasks.
public enum WireFormat: String, Sendable, CaseIterable {
    case f32
    case f16
    case bf16
    /// Integers from −127 to 127, with a float32 for each row that they are multiplied with.
    case i8

    /// Of the tensors' elements.
    var type: TensorType {
        switch self {
        case .f32: .f32
        case .f16: .f16
        case .bf16: .bf16
        case .i8: .i8
        }
    }

    /// What elements of that type travel as unless they are rounded: themselves if workers read them, else float32.
    init(unrounded type: TensorType) {
        self =
            switch type {
            case .f16: .f16
            case .bf16: .bf16
            default: .f32
            }
    }

    /// Bytes of a row of so many elements, its scale included.
    func bytes(row size: Int) -> Int { size * type.byteWidth + (self == .i8 ? 4 : 0) }

    /// Whether a number can travel so; a finite one must stay finite.
    func holds(_ number: Float) -> Bool {
        switch self {
        case .f32: true
        case .f16: !number.isFinite || abs(number) <= 65_504
        case .bf16: !number.isFinite || abs(number) <= 0x1.FEp127
        case .i8: number.isFinite
        }
    }
}

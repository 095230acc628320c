import Codecs
import Fleet

/// How a request wants Q, K and V to travel to the workers: its fields `wire` and `tolerance`.
struct WireChoice: Sendable, Equatable {
    enum Wire: String, CaseIterable {
        /// As they are; in fewer bytes if the answer may differ by `tolerance` for it.
        case auto
        case f32
        case f16
        case bf16
        case i8
    }

    let wire: Wire
    /// Largest difference of an element of the output that is allowed for rounded inputs; nil: none.
    let tolerance: Float?

    /// - Throws: `JobError.invalidRequest`, which names the field, or `.unsupported` for another operator than Attention.
    init(_ metadata: [String: String], _ op: AttentionOperator) throws(JobError) {
        let text = metadata["wire"] ?? Wire.auto.rawValue
        guard let wire = Wire(rawValue: text) else {
            throw JobError(
                .invalidRequest,
                "'wire' is '\(text.prefix(64))', not one of \(Wire.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.wire = wire
        tolerance = try metadata["tolerance"].map { (text) throws(JobError) in
            guard let number = Float(text), number.isFinite, number >= 0 else {
                throw JobError(
                    .invalidRequest, "'tolerance' is '\(text.prefix(64))', not a finite number that is not negative")
            }
            return number
        }
        guard op == .attention || (wire == .auto && tolerance == nil) else {
            throw JobError(.unsupported, "\(op.rawValue): 'wire' and 'tolerance' are Attention's alone")
        }
    }

    /// The formats to be tried, the one most wanted first; empty: as they are.
    var formats: [WireFormat] {
        guard wire == .auto else { return [WireFormat(rawValue: wire.rawValue) ?? .f32] }
        return tolerance == nil ? [] : [.i8, .f16, .bf16]
    }
}

/// What rounding Q, K and V for the way does to the output, as found out on some of its rows.
struct WireError: Sendable, Equatable {
    /// Largest difference of an element.
    let largest: Float
    let rows: Int

    var json: JSON { ["largest": JSON(Double(largest)), "rows": JSON(rows)] }
}

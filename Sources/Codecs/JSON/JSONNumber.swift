extension JSON {
    /// A finite number: an exact integer where `Int64` or `UInt64` holds it, else a `Double`.
    ///
    /// `1` and `1.0` are different numbers here (they are written differently), but read the same through
    /// `Int(exactly:)` and `Double(_:)`, because JavaScript clients write 1.0 as `1`.
    public struct Number: Sendable, Equatable {
        enum Storage: Equatable {
            case signed(Int64)
            /// Only above `Int64.max`, so that every integer has one representation.
            case unsigned(UInt64)
            case double(Double)
        }

        let storage: Storage

        public init(_ value: Int) {
            storage = .signed(Int64(value))
        }

        public init(_ value: UInt64) {
            storage = Int64(exactly: value).map(Storage.signed) ?? .unsigned(value)
        }

        /// Nil for NaN and infinities.
        public init?(_ value: Double) {
            guard value.isFinite else { return nil }
            storage = .double(value)
        }

        init(signed value: Int64) {
            storage = .signed(value)
        }
    }
}

extension FixedWidthInteger {
    /// The number if it is an integer within this type's range; nil else, never rounded.
    public init?(exactly number: JSON.Number) {
        switch number.storage {
        case .signed(let value): self.init(exactly: value)
        case .unsigned(let value): self.init(exactly: value)
        case .double(let value): self.init(exactly: value)
        }
    }
}

extension Double {
    /// The number, rounded to nearest where it is an integer above 2⁵³.
    public init(_ number: JSON.Number) {
        switch number.storage {
        case .signed(let value): self.init(value)
        case .unsigned(let value): self.init(value)
        case .double(let value): self = value
        }
    }
}

extension JSON.Number: CustomStringConvertible {
    /// The number as JSON text; a `Double` with the fewest digits that read back to the same bits.
    public var description: String {
        switch storage {
        case .signed(let value): value.description
        case .unsigned(let value): value.description
        case .double(let value): value.description
        }
    }
}

/// A JSON value (RFC 8259): what the wire's small messages, reports and config files are made of.
///
/// Integers within `Int64` or `UInt64` are exact; NaN and infinities cannot be represented. Objects keep the order
/// in which their keys were inserted, so that the same building steps give the same bytes; equality ignores it.
public enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Number)
    case string(String)
    case array([JSON])
    case object(Object)
}

extension JSON {
    public init(_ value: Bool) { self = .bool(value) }
    public init(_ value: Int) { self = .number(Number(value)) }
    public init(_ value: UInt64) { self = .number(Number(value)) }
    public init(_ value: String) { self = .string(value) }
    public init(_ value: [JSON]) { self = .array(value) }
    public init(_ value: [String]) { self = .array(value.map(JSON.string)) }
    public init(_ value: [Int]) { self = .array(value.map { JSON($0) }) }
    public init(_ value: Object) { self = .object(value) }

    /// A number, or `null` for NaN and infinities, which JSON does not have.
    public init(_ value: Double) { self = Number(value).map(JSON.number) ?? .null }
}

extension JSON {
    public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var numberValue: Number? { if case .number(let value) = self { value } else { nil } }
    public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    public var arrayValue: [JSON]? { if case .array(let value) = self { value } else { nil } }
    public var objectValue: Object? { if case .object(let value) = self { value } else { nil } }
    public var isNull: Bool { self == .null }

    /// The number if it is an integer that `Int` holds; `3.0` counts as 3.
    public var intValue: Int? { numberValue.flatMap(Int.init(exactly:)) }
    /// The number if it is an integer that `UInt64` holds.
    public var uint64Value: UInt64? { numberValue.flatMap(UInt64.init(exactly:)) }
    /// The number, rounded to the nearest `Double` where it is an integer above 2⁵³.
    public var doubleValue: Double? { numberValue.map(Double.init) }

    /// What kind of value this is, for error messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "the number \(self)"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

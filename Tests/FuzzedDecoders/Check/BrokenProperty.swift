/// Something that must hold of a decoder, and does not for one input.
public struct BrokenProperty: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// - Throws: `BrokenProperty`, naming `property`, unless `condition` holds.
func require(_ condition: Bool, _ property: @autoclosure () -> String) throws {
    guard condition else { throw BrokenProperty(property()) }
}

/// - Throws: `BrokenProperty` unless both are the same.
func requireEqual<Value: Equatable>(_ left: Value, _ right: Value, _ property: String) throws {
    try require(left == right, "\(property): \(left) is not \(right)")
}

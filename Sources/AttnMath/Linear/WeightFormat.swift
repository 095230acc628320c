/// How the weights of a linear layer are stored. What they are multiplied with and the result are float32.
public enum WeightFormat: String, Sendable, CaseIterable {
    /// IEEE 754 binary32.
    case float32
    /// IEEE 754 binary16, half the memory: rounded to nearest, and widened exactly as they are used. A weight above 65504
    /// becomes infinite.
    case float16
    /// Integers from -127 to 127 with one scale an output, a quarter of the memory. The other operand is rounded to such
    /// integers as well, with one scale a row.
    case int8

    /// For a message that refuses another one.
    package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

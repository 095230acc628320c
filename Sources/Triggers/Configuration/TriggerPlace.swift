/// Where a trigger is written.
public struct TriggerPlace: Sendable, Hashable, CustomStringConvertible {
    public let file: String
    /// From 1.
    public let line: Int
    public let column: Int

    public var description: String { "\(file):\(line)" }
}

public import Fleet

/// Names a window that was ready, in one life of a pipeline.
public struct WindowID: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let number: UInt64

    public var description: String { String(number) }

    public static func < (a: WindowID, b: WindowID) -> Bool { a.number < b.number }
}

/// A window for the fleet to infer from.
public struct WindowJob: Sendable, Equatable {
    public enum Input: Sendable, Equatable {
        /// `[channels][length]`, row-major, all finite.
        case tensor(values: [Float], channels: Int, length: Int)
        case text(String)
    }

    public let id: WindowID
    public let trigger: PeerID
    public let model: String
    public let sensor: String
    public let input: Input
    /// Whether the values are to be normalised as the model's archive says; else they are as the model wants them.
    public let isNormalisedByModel: Bool
    /// When its last reading came.
    public let ready: Instant
    /// When the answer is no longer wanted; nil if it is wanted however late.
    public let deadline: Instant?
    /// When its first and its last reading were taken.
    public let start: SensorTime
    public let end: SensorTime
}

/// Inputs of one computation: several texts, or several windows of readings.
public enum EncoderBatch: Sendable, Equatable {
    case tokens(TokenBatch)
    case series(SeriesBatch)

    public var sequences: Int {
        switch self {
        case .tokens(let batch): batch.lengths.count
        case .series(let batch): batch.windows
        }
    }
}

/// Tokens of several texts, one after the other without padding.
public struct TokenBatch: Sendable, Equatable {
    public let tokens: [Int32]
    /// As many as tokens; empty: all 0.
    public let types: [Int32]
    public let lengths: [Int]
    /// For each token whether others attend to it, and whether it counts in the mean; nil: all.
    public let attended: [Bool]?

    public init(tokens: [Int32], types: [Int32] = [], lengths: [Int], attended: [Bool]? = nil) {
        self.tokens = tokens
        self.types = types
        self.lengths = lengths
        self.attended = attended
    }
}

/// Windows of readings, [windows][channels][length], as they were measured.
public struct SeriesBatch: Sendable, Equatable {
    public let values: [Float]
    public let windows: Int
    public let channels: Int
    public let length: Int

    public init(values: [Float], windows: Int, channels: Int, length: Int) {
        self.values = values
        self.windows = windows
        self.channels = channels
        self.length = length
    }
}

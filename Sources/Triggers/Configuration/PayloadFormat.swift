/// What the messages of a trigger carry.
public struct PayloadFormat: Sendable, Equatable {
    public enum Encoding: Sendable, Equatable {
        /// A JSON document; a channel is the number at its path.
        case json(fields: [JSONPath])
        /// One line; columns from 0, all of them in their order if nil.
        case csv(columns: [Int]?, separator: UInt8)
        /// Numbers one after the other, little-endian.
        case raw(RawNumber)
        /// The tensor of that name; the only one if nil.
        case safetensors(tensor: String?)
        /// UTF-8 text that is the model's input.
        case text
        /// The same, a string in a JSON document.
        case textMember(JSONPath)
    }

    public let encoding: Encoding
    /// Nil: a reading was taken when it came.
    public let timestamp: TimestampSource?
    /// Nil: a message has a value of every channel.
    public let channel: ChannelSource?

    /// Whether each message is an input, without a window.
    public var isText: Bool {
        switch encoding {
        case .text, .textMember: true
        case .json, .csv, .raw, .safetensors: false
        }
    }
}

/// Which channel a message's one value is of.
public struct ChannelSource: Sendable, Equatable {
    public enum Place: Sendable, Equatable {
        /// What this wildcard of the topic filter stands for, from 1.
        case wildcard(Int)
        case member(JSONPath)
    }

    public let place: Place
    /// In the model's order.
    public let names: [String]
}

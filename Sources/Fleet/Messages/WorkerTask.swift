import Codecs

/// A task of any kind.
public enum WorkerTask: Sendable {
    case attention(TaskMessage)
    case model(ModelTask)

    /// - Parameter kept: of an earlier task of the same dispatcher.
    /// - Throws: `MessageError`: as each kind does.
    public init(
        decoding payload: [UInt8], kept: (BlobDigest) -> AttentionContext? = { _ in nil }
    ) throws(MessageError) {
        let op = try TaskMessage.header(of: payload).op
        self =
            ModelOperator(rawValue: op) == nil
            ? .attention(try TaskMessage(decoding: payload, kept: kept)) : .model(try ModelTask(decoding: payload))
    }

    public var header: TaskHeader {
        switch self {
        case .attention(let task): task.header
        case .model(let task): task.header
        }
    }
}

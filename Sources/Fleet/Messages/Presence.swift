/// A worker's or dispatcher's retained status: whether it is connected. `offline` is also its will.
public enum Presence: String, Sendable {
    case online
    case offline

    public init(decoding payload: [UInt8]) throws(MessageError) {
        switch payload {
        case Array("online".utf8): self = .online
        case Array("offline".utf8): self = .offline
        default: throw MessageError(.malformed, "a status is 'online' or 'offline'")
        }
    }

    public func message(topic: String) -> Message {
        Message(
            topic: topic, payload: Array(rawValue.utf8), qos: .atLeastOnce, retain: true, contentType: "text/plain")
    }
}

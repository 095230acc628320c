import Codecs

/// What a dispatcher tells a worker beside tasks.
public enum Control: Sendable, Equatable {
    /// The result under this lease is no longer wanted.
    case cancel(LeaseToken)
    /// Finish what is held, take nothing new, and go.
    case drain

    public init(decoding payload: [UInt8]) throws(MessageError) {
        let (command, lease) = try decodeJSON(payload) { (json) throws(JSONError) in
            (try json.string("command"), try json.optionalString("lease"))
        }
        switch command {
        case "cancel":
            guard let token = lease.flatMap({ LeaseToken($0) }) else {
                throw MessageError(.malformed, "cancel: 'lease' is missing or no lease")
            }
            self = .cancel(token)
        case "drain": self = .drain
        default: throw MessageError(.unsupported, "unknown command '\(command.prefix(32))'")
        }
    }

    public func encoded() -> [UInt8] {
        var json: JSON.Object = ["protocol": .string(ProtocolVersion.current)]
        switch self {
        case .cancel(let lease):
            json["command"] = "cancel"
            json["lease"] = .string(lease.description)
        case .drain: json["command"] = "drain"
        }
        return JSON.object(json).encoded()
    }
}

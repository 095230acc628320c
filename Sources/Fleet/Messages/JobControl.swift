import Codecs

/// What a client tells the dispatchers of a job that it has sent.
///
/// It counts only for the client's own wait: the message's response topic is the request's. A dispatcher that does not
/// have the job ignores it.
public struct JobControl: Sendable, Equatable {
    public enum Command: String, Sendable {
        /// The answer is no longer wanted. A job that nobody waits for any more is cancelled.
        case cancel
        /// The answer has arrived: it need not be kept any longer.
        case release
    }

    public var command: Command
    public var job: JobID

    public init(_ command: Command, _ job: JobID) {
        self.command = command
        self.job = job
    }

    /// - Throws: `MessageError`: `.malformed`, `.version`, `.unsupported` for a command that this version does not know.
    public init(decoding payload: [UInt8]) throws(MessageError) {
        let (command, job) = try decodeJSON(payload) { (json) throws(JSONError) in
            (try json.string("command"), try json.string("job"))
        }
        guard let known = Command(rawValue: command) else {
            throw MessageError(.unsupported, "unknown command '\(command.prefix(32))'")
        }
        guard let id = JobID(job) else {
            throw MessageError(.malformed, "\(command): 'job' is '\(job.prefix(64))', not a job ID (\(JobID.rule))")
        }
        self.init(known, id)
    }

    public func encoded() -> [UInt8] {
        let json: JSON = [
            "protocol": .string(ProtocolVersion.current), "command": .string(command.rawValue),
            "job": .string(job.text),
        ]
        return json.encoded()
    }
}

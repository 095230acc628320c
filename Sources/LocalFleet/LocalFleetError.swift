/// Why a part of a local fleet could not be started, found or kept.
public struct LocalFleetError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// A program that the fleet is made of is not installed or not built.
        case missingExecutable = "missing-executable"
        /// Another process listens at the port that was asked for.
        case portInUse = "port-in-use"
        /// The host is not an address of this machine, or does not resolve.
        case invalidHost = "invalid-host"
        /// The operating system refused something: a process, a pipe, a folder.
        case system
        /// A child ended before it was ready.
        case childExited = "child-exited"
        /// A child did not get ready in time.
        case notReady = "not-ready"
        /// No child of that name runs, or one of that name runs already.
        case childState = "child-state"
        /// The calling task was cancelled, or the fleet is being stopped.
        case cancelled
    }

    public let code: Code
    /// Sentences for a person: which part, why, and what to do next.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}

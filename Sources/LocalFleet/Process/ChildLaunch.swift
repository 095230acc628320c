/// What a child is started with.
public struct ChildLaunch: Sendable {
    /// A line by which a child says that it is ready.
    public enum ReadyLine: Sendable {
        /// The whole line, on the standard output.
        case output(String)
        /// The end of a line, on the standard error.
        case errorSuffix(String)
    }

    /// What the child is called in messages, and its log file after it.
    public var name: String
    /// A path; PATH is not searched.
    public var program: String
    public var arguments: [String]
    public var readyLine: ReadyLine
    /// Variables beside those that it inherits.
    public var environment: [String: String] = [:]
    /// The `attn` executable, which makes the child die with this process. Nil: the child may outlive a `kill -9`.
    public var trampoline: String?
    /// The folder of its log file; nil: no log file.
    public var logFolder: String?
    /// Called with each line the child writes on either stream, in order, from any thread.
    public var echo: (@Sendable (_ line: String) -> Void)?

    public init(
        name: String, program: String, arguments: [String] = [], readyLine: ReadyLine = .output("ready"),
        trampoline: String? = nil, logFolder: String? = nil, echo: (@Sendable (_ line: String) -> Void)? = nil
    ) {
        self.name = name
        self.program = program
        self.arguments = arguments
        self.readyLine = readyLine
        self.trampoline = trampoline
        self.logFolder = logFolder
        self.echo = echo
    }
}

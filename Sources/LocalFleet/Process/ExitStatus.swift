import Glibc

/// How a process ended.
public enum ExitStatus: Sendable, Equatable, CustomStringConvertible {
    /// It returned from `main` or called `exit`.
    case exited(code: CInt)
    /// A signal ended it.
    case signalled(CInt)

    /// - Parameter status: the word that `waitpid` gives (wait(2)).
    init(waitStatus status: CInt) {
        let signal = status & 0x7F
        self = signal == 0 ? .exited(code: (status >> 8) & 0xFF) : .signalled(signal)
    }

    public var isSuccess: Bool { self == .exited(code: 0) }

    public var description: String {
        switch self {
        case .exited(let code): "exit status \(code)"
        case .signalled(let signal): "signal \(signal) (\(Self.name(of: signal)))"
        }
    }

    private static func name(of signal: CInt) -> String {
        guard let text = strsignal(signal) else { return "unknown" }
        return String(cString: text)
    }
}

extension ChildProcess {
    /// Returns once the child is ready; otherwise the child is stopped first.
    ///
    /// - Throws: `LocalFleetError`: `.childExited`, `.notReady` or `.cancelled`; says which child, how it ended and
    ///   the last lines that it wrote.
    func becomeReady(within bound: Duration) async throws(LocalFleetError) {
        switch await waitUntilReady(within: bound) {
        case .ready:
            return
        case .exited(let status):
            throw LocalFleetError(.childExited, "\(name) ended before it was ready, with \(status)\(quotedLastLines)")
        case .timedOut:
            await stop(within: .seconds(1))
            throw LocalFleetError(.notReady, "\(name) was not ready within \(bound)\(quotedLastLines)")
        case .cancelled:
            await stop(within: .seconds(1))
            throw LocalFleetError(.cancelled, "\(name): cancelled before it was ready")
        }
    }

    /// For the end of a message.
    var quotedLastLines: String { Self.quoted(lastLines) }

    static func quoted(_ lastLines: [String]) -> String {
        lastLines.isEmpty
            ? "; it wrote nothing" : "; its last lines:" + lastLines.map { "\n    \($0)" }.joined()
    }
}

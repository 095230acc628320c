import Fleet

/// What a case found that should not be.
struct ConformanceFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

func expect(_ condition: Bool, _ claim: @autoclosure () -> String) throws {
    guard condition else { throw ConformanceFailure("not so: \(claim())") }
}

/// How long a case waits for what must happen: far longer than it takes, since only failures wait that long.
let patience = Duration.seconds(10)

extension Transport {
    /// The next event for which `pick` returns something; others are skipped.
    func next<T: Sendable>(
        _ awaited: String, _ pick: @escaping @Sendable (TransportEvent) -> T?
    ) async throws -> T {
        let events = self.events
        let found = await withTaskGroup(of: T?.self) { group in
            group.addTask {
                while let event = await events.next() {
                    if let picked = pick(event) { return picked }
                }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        guard let found else { throw ConformanceFailure("did not happen within \(patience): \(awaited)") }
        return found
    }

    func nextMessage() async throws -> Message {
        try await next("a message arrives") { event in
            if case .message(let message) = event { message } else { nil }
        }
    }

    func nextConnection() async throws {
        try await next("connected") { $0 == .connected ? () : nil }
    }
}

/// Waits, with a bound, for something that no event announces.
func eventually(_ claim: String, _ condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + patience
    while !condition() {
        guard ContinuousClock.now < deadline else { throw ConformanceFailure("never became so: \(claim)") }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// Runs `body` and returns the code of the transport error that it must end with.
func code(of claim: String, _ body: () async throws -> Void) async throws -> TransportError.Code {
    do {
        try await body()
    } catch let error as TransportError {
        return error.code
    }
    throw ConformanceFailure("did not throw: \(claim)")
}

extension ConformanceBroker {
    /// Two clients at once, both connected.
    func withClients(
        _ first: ClientOptions, _ second: ClientOptions,
        _ body: (any Transport, any Transport) async throws -> Void
    ) async throws {
        try await withClient(first) { one in
            try await one.nextConnection()
            try await withClient(second) { other in
                try await other.nextConnection()
                try await body(one, other)
            }
        }
    }
}

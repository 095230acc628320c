import LocalFleet

/// Runs `body` with a fleet that is all child processes, for commands to use by its URL.
func withCommandFleet(
    workers: Int = 2, hasDispatcher: Bool = true, _ body: (LocalFleet) async throws -> Void
) async throws {
    var options = LocalFleet.Options()
    (options.workers, options.slots, options.hasDispatcher) = (workers, 1, hasDispatcher)
    options.logLevel = "error"
    try await withLocalFleet(options) { try await body($0) }
}

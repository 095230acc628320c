import Synchronization

/// An MQTT broker without a network: topics, wildcards, sharing groups, retained messages and wills, with seeded faults.
///
/// It makes a whole fleet testable in one process. Deliveries happen within the call that causes them; there is no
/// clock, so message expiry is carried but nothing expires. A subscriber with overlapping subscriptions gets one
/// copy. Client IDs should be unique: a newcomer throws the older client out.
public final class InMemoryBroker: Sendable {
    /// How a broker goes down.
    public enum Shutdown: Sendable {
        /// As on SIGTERM: wills are published, retained messages are kept.
        case clean
        /// As on SIGKILL without persistence: no wills, and retained messages are gone.
        case killed
    }

    private let core: Mutex<BrokerCore>

    /// - Parameter maximumPacketSize: the largest PUBLISH packet taken, in bytes; nil for MQTT's own limit.
    public init(faults: Faults = Faults(), maximumPacketSize: Int? = nil) {
        core = Mutex(BrokerCore(faults: faults, maximumPacketSize: maximumPacketSize))
    }

    /// Opens a client for as long as `body` runs, then closes it: its farewell is published.
    ///
    /// - Throws: `TransportError` for an impossible will or farewell; what `body` throws.
    public func withTransport<R>(
        _ options: ClientOptions, isolation: isolated (any Actor)? = #isolation,
        _ body: (InMemoryTransport) async throws -> R
    ) async throws -> R {
        let transport = try connect(options)
        defer { transport.close() }
        return try await body(transport)
    }

    /// Opens a client that lives until its `close()` or `crash()`.
    ///
    /// - Throws: `TransportError` for an impossible will or farewell.
    public func connect(_ options: ClientOptions) throws(TransportError) -> InMemoryTransport {
        try options.will?.validateAsWill()
        try options.farewell?.validate()
        let events = Mailbox(limits: options.mailbox)
        let key = core.withLock { $0.add(options, events: events) }
        return InMemoryTransport(broker: self, key: key, events: events)
    }

    // MARK: - Faults on demand

    /// Stops the broker: every client is disconnected.
    public func stop(_ how: Shutdown) { core.withLock { $0.stop(isClean: how == .clean) } }

    /// Starts a stopped broker: every client connects and subscribes again.
    public func start() { core.withLock { $0.start() } }

    public func restart(_ how: Shutdown) {
        stop(how)
        start()
    }

    /// Cuts a client's connection: its will is published, and it connects again at once.
    public func cut(clientID: String) {
        core.withLock { core in
            for key in core.keys(ofID: clientID) {
                core.disconnect(key, "connection lost")
                core.connect(key)
            }
        }
    }

    /// Cuts a client's connection until `heal`: its will is published.
    public func partition(clientID: String) {
        core.withLock { core in
            for key in core.keys(ofID: clientID) {
                core.setPartitioned(key, true)
                core.disconnect(key, "connection lost")
            }
        }
    }

    /// Ends a partition: the client connects and subscribes again.
    public func heal(clientID: String) {
        core.withLock { core in
            for key in core.keys(ofID: clientID) {
                core.setPartitioned(key, false)
                core.connect(key)
            }
        }
    }

    /// Delivers what delays still hold back, for want of later deliveries.
    public func releaseDelayed() { core.withLock { $0.releaseDelayed() } }

    /// How often each fault has struck so far.
    public var faultCounters: Faults.Counters { core.withLock { $0.faults.counters } }

    func withCore<R>(_ body: (inout BrokerCore) -> sending R) -> R { core.withLock { body(&$0) } }
}

import CommandOptions
import Dispatcher
import Fleet
import Logging
import Mosquitto
import Settings

/// A dispatcher in this process, for its own jobs.
enum DirectDispatch {
    /// Its name is the user's where there is a login, as the ACL ties topics to it; else one of its own.
    static func options(_ connection: ConnectionOptions, _ address: BrokerAddress) throws -> DispatcherOptions {
        let own = "direct-\(ConnectionOptions.clientID())"
        guard let id = address.user.flatMap({ PeerID($0) }) ?? PeerID(own) else {
            throw CommandFailure("'\(own)' is no dispatcher's name")
        }
        var options = DispatcherOptions(
            id: id, fleet: try connection.fleetID(), epoch: microsecondsSince1970(), version: FleetVersion.current)
        options.isEmbedded = true
        return options
    }

    /// Waits for workers to be heard of, two seconds at most: without one what can be done here is done here.
    /// - Parameter slots: of workers that are waited for; 0 where there are to be none.
    static func run<Result: Sendable>(
        _ options: DispatcherOptions, _ address: BrokerAddress, tls: TLSOptions?, slots: Int = 1,
        _ body: (DispatcherService) async throws -> Result
    ) async throws -> Result {
        try await withMosquitto(
            address, options: options.client, tls: tls, connect: .required(within: .seconds(5))
        ) { transport in
            let logger = Logger(label: options.id.text) { _ in SwiftLogNoOpLogHandler() }
            return try await withDispatcher(options, transport: transport, logger: logger) { dispatcher in
                await dispatcher.hasWorkers(slots: slots, within: .seconds(2))
                return try await body(dispatcher)
            }
        }
    }
}

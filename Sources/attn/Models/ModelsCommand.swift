import ArgumentParser
import Codecs
import CommandOptions
import Fleet
import Foundation
import Mosquitto

/// `attn models`: which models a fleet has, and where they are ready.
struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List the models that a fleet's dispatchers know, and the workers that have them ready.",
        discussion: """
            What dispatchers know is told at once; what workers have ready with their next heartbeat, for which it waits, \
            twelve seconds at most.

            EXAMPLES
              attn models --broker mqtt://pi
              attn models --broker mqtt://pi --json

            EXIT STATUS
              0 if a dispatcher has answered; 1 if there is none, or the broker was not reached; 64 for wrong usage.
            """)

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        let address = try connection.address(or: "start one with attn up")
        let topics = FleetTopics(fleet: try connection.fleetID())
        let census = try await withMosquitto(
            address, options: ClientOptions(clientID: "attn-models-\(ConnectionOptions.clientID())"),
            tls: try connection.tls(), connect: .required(within: .seconds(5))
        ) { transport in
            try await transport.subscribe(ModelCensus.subscriptions(topics))
            return await ModelCensus.take(transport.events, topics, within: .seconds(12))
        }
        guard !census.dispatchers.isEmpty else {
            throw CommandFailure(
                "no dispatcher of fleet '\(try connection.fleetID())' at \(address): start attn-dispatcher")
        }
        if json { return Console.print(JSON.object(["models": .array(census.models.map(\.json))]).text()) }
        guard !census.models.isEmpty else {
            return Console.say("the dispatchers know no models: give attn-dispatcher --models")
        }
        for model in census.models { Console.print(model.line) }
    }
}

/// What dispatchers and workers say of models.
struct ModelCensus {
    private(set) var dispatchers: [PeerID: [JSON.Object]] = [:]
    /// Of live workers; nil: not heard of yet.
    private var workers: [PeerID: [BlobDigest]?] = [:]

    struct Entry {
        let name: String
        let digest: String
        let info: JSON.Object
        let dispatchers: [String]
        let workers: [String]
    }

    static func subscriptions(_ topics: FleetTopics) -> [Subscription] {
        ["dispatcher/+/info", "worker/+/status", "worker/+/stats"].map {
            Subscription("\(topics.root)/\($0)", qos: .atLeastOnce)
        }
    }

    /// Listens until every live worker has been heard of, or the time is up.
    static func take(
        _ events: Mailbox, _ topics: FleetTopics, within bound: Duration
    ) async -> ModelCensus {
        await withTaskGroup(of: ModelCensus?.self) { group in
            let listening = Listening()
            group.addTask {
                for await case .message(let message) in events {
                    if await listening.take(message, topics) { break }
                }
                return await listening.census
            }
            group.addTask {
                // Cancelled once all have been heard of.
                try? await Task.sleep(for: bound)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            if let first { return first }
            return await listening.census
        }
    }

    private actor Listening {
        var census = ModelCensus()
        private var deadline = ContinuousClock.now.advanced(by: .milliseconds(300))

        /// - Returns: whether all that is known of has been heard of; what is retained comes within a moment.
        func take(_ message: Message, _ topics: FleetTopics) -> Bool {
            census.take(message, topics)
            return ContinuousClock.now >= deadline && census.isComplete
        }
    }

    private var isComplete: Bool { !dispatchers.isEmpty && !workers.values.contains { $0 == nil } }

    private mutating func take(_ message: Message, _ topics: FleetTopics) {
        switch topics.parse(message.topic) {
        case .dispatcherInfo(let id):
            // Of a version that tells it otherwise nothing is known; so below.
            let object = try? JSON(parsing: message.payload).object()
            dispatchers[id] = (try? object?.objects("models")) ?? []
        case .workerStatus(let id):
            if (try? Presence(decoding: message.payload)) == .online {
                if workers[id] == nil { workers[id] = .some(nil) }
            } else {
                workers[id] = nil
            }
        case .workerStats(let id):
            if let stats = try? WorkerStats(decoding: message.payload) { workers[id] = stats.models }
        default: break
        }
    }

    /// By name.
    var models: [Entry] {
        var entries: [String: Entry] = [:]
        for (id, models) in dispatchers {
            for info in models {
                guard let name = try? info.string("name"), let digest = try? info.string("digest") else { continue }
                let holders = workers.filter { $0.value?.contains { $0.description == digest } ?? false }
                let known = entries[digest]?.dispatchers ?? []
                entries[digest] = Entry(
                    name: name, digest: digest, info: info, dispatchers: (known + [id.text]).sorted(),
                    workers: holders.map(\.key.text).sorted())
            }
        }
        return entries.values.sorted { ($0.name, $0.digest) < ($1.name, $1.digest) }
    }
}

extension ModelCensus.Entry {
    var json: JSON {
        var json = info
        json["dispatchers"] = JSON(dispatchers)
        json["workers"] = JSON(workers)
        return .object(json)
    }

    var line: String {
        let megabytes = Double(info["bytes"]?.intValue ?? 0) / 1e6
        let reads = info["reads"]?.stringValue ?? "", gives = info["gives"]?.stringValue ?? ""
        let place = workers.isEmpty ? "on no worker yet" : "ready on \(workers.joined(separator: ", "))"
        return "\(name)\t\(reads) → \(gives)\t\(String(format: "%.1f", megabytes)) MB\t\(place)"
    }
}

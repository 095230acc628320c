import Codecs
import Fleet
import Foundation
import LocalFleet
import Mosquitto
import Testing

extension Integration {
    @Suite("The shipped configuration", .serialized) struct AccessTests {
        /// The folder `config` of this repository.
        static let configuration = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../config").standardized.path

        private static let topics = TestFleet.topics
        private static let (worker, dispatcher) = (peer("worker-1"), peer("dispatcher-1"))

        @Test("Its files are taken as they are, but for the port")
        func asShipped() async throws {
            let folder = try Folder()
            let shipped = try String(contentsOfFile: "\(Self.configuration)/mosquitto.conf", encoding: .utf8)
            let port = try await withLocalBroker { $0.port }
            let line = "listener 1883 127.0.0.1"
            #expect(shipped.contains(line))
            try folder.write(shipped.replacing(line, with: "listener \(port) 127.0.0.1"), to: "mosquitto.conf")
            let broker = ["ATTN_BROKER": "mqtt://127.0.0.1:\(port)"]
            try await withProgram("/usr/sbin/mosquitto", ["-c", "mosquitto.conf"], in: folder) { _ in
                // They try until it listens.
                for service in ["worker", "dispatcher"] {
                    try await withProgram(
                        "attn-\(service)", ["--config", "\(Self.configuration)/\(service).json"], environment: broker,
                        in: folder
                    ) { _ = try await $0.lineOfOutput(after: "ready") }
                }
            }
        }

        @Test("Under the shipped ACL a job ends right, and nobody reads or writes what is another's")
        func access() async throws {
            let users = ["worker-1", "worker-2", "dispatcher-1", "client-1", "client-2", "monitor"]
            let folder = try Folder()
            try folder.write(try TypedRequest(type: .f32, rank: 4).encoded, to: "q")
            try await withLoginBroker(users: users, accessRules: "\(Self.configuration)/acl", in: folder) { broker in
                try await withService("attn-dispatcher", "dispatcher-1", broker, folder) {
                    try await withService("attn-worker", "worker-1", broker, folder) {
                        try await spies(broker) { spies in
                            let job = try await Program.run(
                                "attn", ["attend", "q", "-o", "y", "--broker", broker.url, "--user", "client-1"],
                                environment: ["ATTN_PASSWORD": "client-1-secret"], in: folder)
                            #expect(job.status == 0, "\(job.error)")
                            try await forge(spies)
                            try await expectOnlySentinels(spies)
                        }
                    }
                }
            }
        }

        /// Who looks on, by its login, and what it would like to see.
        private static let wishes = [
            "worker-2": ["\(topics.root)/task/#", "\(topics.root)/result/#", "\(topics.root)/control/#"],
            "client-2": ["\(topics.root)/answer/#", "\(topics.root)/job", "\(topics.root)/task/#"],
            "worker-1": ["\(topics.root)/task/#", "\(topics.root)/control/#"],
            "monitor": ["\(topics.root)/worker/+/status", "\(topics.root)/result/#"],
            "dispatcher-1": ["\(topics.root)/result/#"],
        ]

        /// What each may see, sent by one who may: when it comes, all that was sent before has come or never will.
        private static let sentinels: [(to: String, from: String, topic: String)] = [
            ("worker-2", "dispatcher-1", topics.control(worker: peer("worker-2"), dispatcher: dispatcher)),
            ("client-2", "dispatcher-1", topics.answer(client: peer("client-2"))),
            ("worker-1", "dispatcher-1", topics.control(worker: worker, dispatcher: dispatcher)),
            ("monitor", "worker-2", topics.workerStatus(peer("worker-2"))),
            ("dispatcher-1", "worker-2", topics.result(worker: peer("worker-2"), dispatcher: dispatcher)),
        ]

        /// What nobody may write under these logins.
        private static let forgeries: [(as: String, topic: String)] = [
            ("worker-2", topics.result(worker: worker, dispatcher: dispatcher)),
            ("worker-2", topics.workerStatus(worker)), ("worker-2", topics.answer(client: peer("client-2"))),
            ("client-1", topics.task(worker: worker, dispatcher: dispatcher)),
            ("client-1", topics.answer(client: peer("client-2"))),
            ("client-1", topics.control(worker: worker, dispatcher: dispatcher)),
            ("client-2", topics.control(worker: peer("worker-2"), dispatcher: dispatcher)),
        ]

        private static let (forged, sentinel) = (Array("forged".utf8), Array("sentinel".utf8))

        private func forge(_ spies: [String: Spy]) async throws {
            for (name, topic) in Self.forgeries {
                // A connection of its own, and closed, so that the broker has seen it before the sentinels.
                let address = try #require(spies[name]).address
                try await withMosquitto(address, options: ClientOptions(clientID: "forger")) { transport in
                    try await transport.publish(Message(topic: topic, payload: Self.forged, qos: .atLeastOnce))
                }
            }
        }

        private func expectOnlySentinels(_ spies: [String: Spy]) async throws {
            for (to, from, topic) in Self.sentinels {
                let message = Message(topic: topic, payload: Self.sentinel, qos: .atLeastOnce)
                try await #require(spies[from]).transport.publish(message)
                let spy = try #require(spies[to])
                var read: Set<String> = []
                while true {
                    let seen = try #require(await spy.next(), "\(to) hears of \(topic)")
                    if seen.payload == Self.sentinel { break }
                    #expect(seen.payload != Self.forged, "\(to) got a forgery on \(seen.topic)")
                    read.insert(seen.topic)
                }
                #expect(read == Self.readable[to, default: []], "\(to)")
            }
        }

        /// What these logins see of the job, since it is addressed to them.
        private static let readable: [String: Set<String>] = [
            "worker-1": [topics.task(worker: worker, dispatcher: dispatcher)],
            "dispatcher-1": [topics.result(worker: worker, dispatcher: dispatcher)],
            "monitor": [topics.workerStatus(worker)],
        ]

        private func withService(
            _ program: String, _ name: String, _ broker: LocalBroker, _ folder: Folder, _ body: () async throws -> Void
        ) async throws {
            try await withProgram(
                program, ["--broker", broker.url, "--user", name, "--id", name],
                // So that the job goes to the worker, not on the dispatcher's own cores.
                environment: ["ATTN_PASSWORD": "\(name)-secret", "ATTN_LOCAL_THREADS": "0"], in: folder
            ) {
                _ = try await $0.lineOfOutput(after: "ready")
                try await body()
            }
        }

        /// Opens all spies, each under its login.
        private func spies(
            _ broker: LocalBroker, _ open: [String: Spy] = [:], _ body: ([String: Spy]) async throws -> Void
        ) async throws {
            let users = ["client-1"] + Self.wishes.keys.sorted()
            guard let user = users.first(where: { open[$0] == nil }) else { return try await body(open) }
            var address = try BrokerAddress(parsing: broker.url)
            (address.user, address.password) = (user, "\(user)-secret")
            try await withSpy("spy-\(user)", at: address, on: Self.wishes[user] ?? []) { spy in
                try await spies(broker, open.merging([user: spy]) { $1 }, body)
            }
        }
    }
}

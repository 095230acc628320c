public import Codecs
import Fleet

/// A fleet's profile as a file, or as dispatchers tell it: `docs/planning.md`.
extension FleetProfile {
    /// Most workers that a file may describe.
    public static let mostWorkers = 100_000

    /// - Throws: `JSONError`, which names the member: missing, of another type, unknown, negative, or too much.
    public init(_ json: JSON.Object) throws(JSONError) {
        try json.allowOnly(["workers", "here", "broker"])
        var workers: [WorkerProfile] = []
        for worker in try json.objects("workers") {
            let count = try worker.optionalInt("count") ?? 1
            guard count >= 1, count <= Self.mostWorkers - workers.count else {
                throw worker.mismatch("count", "1 to \(Self.mostWorkers) workers in all")
            }
            workers += try WorkerProfile.read(worker, count: count)
        }
        guard Set(workers.map(\.id)).count == workers.count else { throw json.mismatch("workers", "IDs that differ") }
        let here = try json.optionalObject("here").map { (here) throws(JSONError) in try WorkerProfile.readHere(here) }
        let broker = try json.optionalObject("broker").map { (broker) throws(JSONError) in
            try broker.allowOnly(["round_trip_ms", "mbytes_per_s", "message_ms"])
            return (
                link: try Link(broker, roundTrip: 2e-4, bytesPerSecond: 4e8),
                messageSeconds: try broker.optionalPositive("message_ms", orZero: true, below: 1e9).map { $0 / 1e3 }
            )
        }
        self.init(
            workers: workers, here: here, broker: broker?.link ?? Link(roundTrip: 2e-4, bytesPerSecond: 4e8),
            messageSeconds: broker?.messageSeconds)
    }

    public var json: JSON {
        var broker = broker.json
        broker["message_ms"] = JSON(messageSeconds * 1e3)
        var json: JSON.Object = ["workers": .array(workers.map(\.json)), "broker": .object(broker)]
        if let here { json["here"] = ["threads": JSON(here.slots), "gflops": JSON(here.speed / 1e9)] }
        return .object(json)
    }
}

extension WorkerProfile {
    fileprivate static func read(_ json: JSON.Object, count: Int) throws(JSONError) -> [WorkerProfile] {
        try json.allowOnly([
            "id", "count", "slots", "gflops", "round_trip_ms", "mbytes_per_s", "backlog_ms", "memory_bytes",
            "context_bytes",
        ])
        let name = try json.string("id")
        let memory = try json.optionalPositive("memory_bytes", below: 1e18)
        let context = try json.optionalPositive("context_bytes", orZero: true, below: 1e18)
        let link = try Link(json, roundTrip: 1e-3, bytesPerSecond: 1e8)
        let (slots, speed, backlog) = (
            try json.count("slots"), try json.positive("gflops", below: 1e9) * 1e9,
            (try json.optionalPositive("backlog_ms", orZero: true, below: 1e9) ?? 0) / 1e3
        )
        var profiles: [WorkerProfile] = []
        for number in 1...count {
            guard let id = PeerID(count == 1 ? name : "\(name)-\(number)"), id != LocalWorker.id else {
                throw json.mismatch("id", "a worker's name of letters, digits, - and _, and not 'here'")
            }
            profiles.append(
                WorkerProfile(
                    id: id, slots: slots, speed: speed, link: link, backlog: backlog,
                    mostBytes: memory.map { max(Int($0 / 8), 1) } ?? .max, contextBytes: context.map { Int($0) } ?? 0))
        }
        return profiles
    }

    fileprivate static func readHere(_ json: JSON.Object) throws(JSONError) -> WorkerProfile {
        try json.allowOnly(["threads", "gflops"])
        return WorkerProfile(
            id: LocalWorker.id, slots: try json.count("threads"), speed: try json.positive("gflops", below: 1e9) * 1e9,
            link: .none)
    }

    fileprivate var json: JSON {
        var json: JSON.Object = ["id": .string(id.text), "slots": JSON(slots), "gflops": JSON(speed / 1e9)]
        for key in link.json.keys { json[key] = link.json[key] }
        json["backlog_ms"] = JSON(backlog * 1e3)
        if mostBytes < 1 << 52 { json["memory_bytes"] = JSON(8 * mostBytes) }
        if contextBytes > 0 { json["context_bytes"] = JSON(contextBytes) }
        return .object(json)
    }
}

extension Link {
    fileprivate init(_ json: JSON.Object, roundTrip: Double, bytesPerSecond: Double) throws(JSONError) {
        self.init(
            roundTrip: try json.optionalPositive("round_trip_ms", orZero: true, below: 1e9).map { $0 / 1e3 }
                ?? roundTrip,
            bytesPerSecond: try json.optionalPositive("mbytes_per_s", below: 1e9).map { $0 * 1e6 } ?? bytesPerSecond)
    }

    fileprivate var json: JSON.Object {
        ["round_trip_ms": JSON(roundTrip * 1e3), "mbytes_per_s": JSON(min(bytesPerSecond / 1e6, 1e8))]
    }
}

extension JSON.Object {
    fileprivate func positive(_ key: String, below limit: Double) throws(JSONError) -> Double {
        guard let value = try optionalPositive(key, below: limit) else { return try double(key) }
        return value
    }

    fileprivate func optionalPositive(
        _ key: String, orZero: Bool = false, below limit: Double
    ) throws(JSONError) -> Double? {
        guard let value = try optionalDouble(key) else { return nil }
        guard value > 0 || orZero && value == 0, value < limit else {
            throw mismatch(key, "a number \(orZero ? "from" : "above") 0, below \(limit)")
        }
        return value
    }

    fileprivate func count(_ key: String) throws(JSONError) -> Int {
        let value = try optionalInt(key) ?? 1
        guard (1...4096).contains(value) else { throw mismatch(key, "1 to 4096") }
        return value
    }
}

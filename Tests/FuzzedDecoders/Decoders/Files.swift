import Codecs
import Dispatcher
import Settings

extension FuzzedDecoder {
    /// A configuration file with one key of each kind; a broker's address is read as well.
    static let settingsFile = FuzzedDecoder("settings-file", .json) { input in
        let file = try SettingsFile.object(in: input, of: "settings.json")
        let sources = try SettingSources(
            environment: [:], file: file, fileName: "settings.json",
            known: ["broker", "fleet", "id", "slots", "labels"])
        _ = try ServiceSettings().peerID(sources)
        _ = try ConnectionSettings().fleetID(sources)
        _ = try sources.labels("labels")
        return try sources.int(nil, "slots", in: 1...4096)
    } verify: { slots in
        try require(slots.map { 1...4096 ~= $0 } ?? true, "\(slots ?? 0) slots")
    }
}

extension FuzzedDecoder {
    /// A fleet's file: numbers that a plan can be made with, and what is written of it is read again.
    ///
    /// A few bytes may stand for a hundred thousand workers.
    static let fleetProfile = FuzzedDecoder(
        "fleet-profile", .json, bound: AllocationBound(fixed: 64 << 20, perByte: 256)
    ) { input in
        try FleetProfile(JSON(parsing: input).object())
    } verify: { fleet in
        try require(fleet.workers.count <= FleetProfile.mostWorkers, "\(fleet.workers.count) workers")
        try requireEqual(Set(fleet.workers.map(\.id)).count, fleet.workers.count, "different IDs")
        for worker in fleet.workers + (fleet.here.map { [$0] } ?? []) {
            let numbers = [worker.speed, worker.link.roundTrip, worker.backlog]
            try require(numbers.allSatisfy { $0.isFinite && $0 >= 0 }, "\(worker)")
            try require(worker.slots > 0 && worker.speed > 0 && worker.link.bytesPerSecond > 0, "\(worker)")
        }
        // Thousands alike tell no more, and take a while.
        guard fleet.workers.count < 1000 else { return }
        let again = try FleetProfile(fleet.json.object())
        try requireEqual(again.workers.map(\.id), fleet.workers.map(\.id), "workers that were read again")
    }

    /// A job's report, as `attn trace` reads it: what is shown of it can be, and is JSON.
    ///
    /// A shard of a hundred bytes becomes two dozen events.
    static let jobReport = FuzzedDecoder(
        "job-report", .json, bound: AllocationBound(fixed: 64 << 10, perByte: 512)
    ) { input in
        try JobTrace(JSON(parsing: input).object())
    } verify: { trace in
        let defects = trace.defects
        try require(defects.isEmpty, defects.first ?? "")
        let json = try JSON(parsing: trace.encoded, limit: .max).object()
        try require(try json.array("traceEvents").count >= 3, "no event of the dispatcher")
    }
}

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

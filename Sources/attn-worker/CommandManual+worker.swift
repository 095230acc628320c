import Fleet
import Settings

extension CommandManual {
    /// What `attn-worker --help` says, and the flags it takes.
    static let worker = CommandManual(
        name: "attn-worker",
        abstract: "Compute attention blocks for a fleet.",
        discussion: """
            Each setting can also come from the environment (--log-level: ATTN_LOG_LEVEL) or from a file given by \
            --config (log_level). A flag wins over the environment, the environment over the file.

            Two settings have no flag: isa (ATTN_ISA), the kernels to use, such as baseline; and labels \
            (ATTN_LABELS=room=attic,…), which are announced.

            SIGTERM or SIGINT: finish what is held, take nothing new, go. A second signal: go at once.

            EXAMPLES
              attn-worker --broker mqtt://192.168.1.10
              attn-worker --config config/worker.json --slots 2
              With a login and TLS:
                export ATTN_PASSWORD=…
                attn-worker --broker mqtts://hub.lan --user attic --ca-file ca.crt

            EXIT STATUS
              0 after a signal; 1 for a setting that cannot be used; 64 for wrong usage; 130 or 143 after a second signal. A \
            broker that is absent, or refuses the login, is tried for ever, and the reason told once.
            """,
        version: FleetVersion.current,
        sections: [
            Section("Connection", ConnectionSettings.flags),
            Section("Service", ServiceSettings.flags),
            Section("Options", [.slots, .prefetch, .cache, .cacheBytes, .modelBytes, .contextBytes]),
        ])
}

extension SettingFlag {
    static let slots = SettingFlag("slots", "n", "Tasks computed at a time; without it, one per core.")
    static let cache = SettingFlag(
        "cache", "folder", "Keep fetched models in this folder; without it, in memory while in use.")
    static let cacheBytes = SettingFlag("cache-bytes", "bytes", "Most bytes in the cache. Default: 4294967296.")
    static let modelBytes = SettingFlag(
        "model-bytes", "bytes", "Most bytes of models ready in memory; one may be larger. Default: 1073741824.")
    static let contextBytes = SettingFlag(
        "context-bytes", "bytes",
        "Most bytes of keys and values kept for later tasks. Default: a sixteenth of the memory, up to 268435456.")
    static let prefetch = SettingFlag("prefetch", "n", "Tasks taken beyond the slots; without it, as many as slots.")
}

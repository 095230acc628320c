public import Fleet
public import Logging
import Glibc

/// What workers and dispatchers are started with alike, beside the connection.
///
/// Each is what a flag gave, nil where it was not given; the functions look at the other sources too.
public struct ServiceSettings: Sendable, Equatable {
    public var config: String?
    public var id: String?
    public var logLevel: String?
    public var logFormat: String?

    public init() {}

    public init(_ flags: FlagValues) {
        config = flags[.config]
        id = flags[.id]
        logLevel = flags[.logLevel]
        logFormat = flags[.logFormat]
    }

    /// These settings' flags, in the order of the help.
    public static let flags: [SettingFlag] = [.config, .id, .logLevel, .logFormat]

    /// Opens all sources: the environment, and the file that `--config` or `ATTN_CONFIG` names.
    public func sources(known: Set<String>) throws(SettingError) -> SettingSources {
        let environment = ProcessEnvironment.all
        let known = known.union((Self.flags + ConnectionSettings.flags).map(\.key))
        guard let path = config ?? environment["ATTN_CONFIG"], !path.isEmpty else {
            return try SettingSources(environment: environment, known: known)
        }
        return try SettingSources(
            environment: environment, file: try SettingsFile.object(at: path), fileName: path, known: known)
    }

    /// The service's name: from a source, or the host's with what a name must not hold replaced by `-`.
    public func peerID(_ sources: SettingSources) throws(SettingError) -> PeerID {
        if let text = try sources.string(id, "id") {
            guard let id = PeerID(text) else {
                throw SettingError("id '\(text)' is no name: it must be \(PeerID.rule)")
            }
            return id
        }
        let clean = Self.hostName.map { PeerID(String($0)) == nil ? "-" : $0 }.prefix(64)
        guard let id = PeerID(String(clean)) else { throw SettingError("the host has no name: give --id") }
        return id
    }

    /// A logger to the standard error, as the sources want it.
    public func logger(_ sources: SettingSources, label: String) throws(SettingError) -> Logger {
        let levelText = try sources.string(logLevel, "log_level") ?? "info"
        guard let level = Logger.Level(rawValue: levelText) else {
            let all = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw SettingError("log_level '\(levelText)' is none of \(all)")
        }
        let formatText = try sources.string(logFormat, "log_format") ?? "text"
        guard let format = LineLogHandler.Format(rawValue: formatText) else {
            throw SettingError("log_format '\(formatText)' is neither text nor json")
        }
        return Logger(label: label) { LineLogHandler(label: $0, level: level, format: format) }
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension SettingFlag {
    public static let config = SettingFlag("config", "file", "Read settings from a JSON file; also ATTN_CONFIG.")
    public static let id = SettingFlag("id", "name", "This service's name in the fleet; without it, the host's name.")
    public static let logLevel = SettingFlag(
        "log-level", "level", "trace, debug, info, notice, warning, error or critical. Default: info.")
    public static let logFormat = SettingFlag("log-format", "format", "text or json. Default: text.")
}

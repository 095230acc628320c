public import ArgumentParser
public import Fleet
public import Logging
import Glibc

/// What workers and dispatchers are started with alike, beside the connection.
public struct ServiceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Read settings from a JSON file; also ATTN_CONFIG.", valueName: "file"), completion: .file())
    public var config: String?

    @Option(help: ArgumentHelp("This service's name in the fleet; without it, the host's name.", valueName: "name"))
    public var id: String?

    @Option(
        help: ArgumentHelp("trace, debug, info, notice, warning, error or critical. Default: info.", valueName: "level")
    )
    public var logLevel: String?

    @Option(help: ArgumentHelp("text or json. Default: text.", valueName: "format"))
    public var logFormat: String?

    public init() {}

    /// The names of these settings in files.
    public static let keys: Set<String> = ["id", "log_level", "log_format"]

    /// Opens all sources: the environment, and the file that `--config` or `ATTN_CONFIG` names.
    public func sources(known: Set<String>) throws(SettingError) -> SettingSources {
        let environment = ProcessEnvironment.all
        let known = known.union(Self.keys).union(ConnectionOptions.keys)
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

public import ArgumentParser
public import Fleet
public import Mosquitto

/// How to reach a broker and which fleet to be of: the same for the tool, workers and dispatchers.
public struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The broker, mqtt://[user:pass@]host[:1883] or mqtts://…[:8883]; also ATTN_BROKER.", valueName: "URL"))
    public var broker: String?

    @Option(help: ArgumentHelp("The fleet; topics start with attn/v1/<name>. Default: home.", valueName: "name"))
    public var fleet: String?

    @Option(
        help: ArgumentHelp(
            "Login at the broker; the password comes from ATTN_PASSWORD or --password-file.", valueName: "name"))
    public var user: String?

    @Option(help: ArgumentHelp("A file that holds the password.", valueName: "file"), completion: .file())
    public var passwordFile: String?

    @Option(
        help: ArgumentHelp("Authorities to trust for mqtts; without it, the system's.", valueName: "file"),
        completion: .file())
    public var caFile: String?

    @Option(help: ArgumentHelp("This client's certificate for mqtts.", valueName: "file"), completion: .file())
    public var certFile: String?

    @Option(help: ArgumentHelp("The certificate's private key.", valueName: "file"), completion: .file())
    public var keyFile: String?

    public init() {}

    /// The names of these settings in files.
    public static let keys: Set<String> = [
        "broker", "fleet", "user", "password_file", "ca_file", "cert_file", "key_file",
    ]

    /// The broker's address with login, from all sources.
    ///
    /// - Parameter otherwise: what else a user can do who has no broker, for the error.
    /// - Throws: `SettingError`, `TransportError` (`.invalidAddress`).
    public func address(_ sources: SettingSources, or otherwise: String) throws -> BrokerAddress {
        guard let text = try sources.string(broker, "broker") else {
            throw SettingError("no broker is named: give --broker URL, set ATTN_BROKER, or \(otherwise)")
        }
        var address = try BrokerAddress(parsing: text)
        if let user = try sources.string(user, "user") { address.user = user }
        if let password = try password(sources) { address.password = password }
        return address
    }

    private func password(_ sources: SettingSources) throws(SettingError) -> String? {
        if passwordFile == nil, let password = ProcessEnvironment.all["ATTN_PASSWORD"] { return password }
        guard let path = try sources.string(passwordFile, "password_file") else { return nil }
        return try SettingsFile.secret(at: path)
    }

    /// The TLS files; nil if none is named.
    public func tls(_ sources: SettingSources) throws(SettingError) -> TLSOptions? {
        let authority = try sources.string(caFile, "ca_file")
        let certificate = try sources.string(certFile, "cert_file")
        let key = try sources.string(keyFile, "key_file")
        guard (certificate == nil) == (key == nil) else {
            throw SettingError("cert_file and key_file belong together: only one of them is given")
        }
        guard authority != nil || certificate != nil else { return nil }
        return TLSOptions(caFile: authority, certificateFile: certificate, keyFile: key)
    }

    /// The fleet's name.
    public func fleetID(_ sources: SettingSources) throws(SettingError) -> PeerID {
        let text = try sources.string(fleet, "fleet") ?? "home"
        guard let id = PeerID(text) else { throw SettingError("fleet '\(text)' is no name: it must be \(PeerID.rule)") }
        return id
    }

    // MARK: For commands without a configuration file

    public func address(or otherwise: String) throws -> BrokerAddress { try address(environment(), or: otherwise) }

    public func tls() throws(SettingError) -> TLSOptions? { try tls(environment()) }

    public func fleetID() throws(SettingError) -> PeerID { try fleetID(environment()) }

    private func environment() throws(SettingError) -> SettingSources {
        try SettingSources(environment: ProcessEnvironment.all, known: [])
    }

    /// A name for a client that lives for one command.
    public static func clientID() -> PeerID { .random() }
}

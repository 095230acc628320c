public import Fleet
public import Mosquitto

/// How to reach a broker and which fleet to be of: the same for the tool, workers and dispatchers.
///
/// Each is what a flag gave, nil where it was not given; the functions look at the other sources too.
public struct ConnectionSettings: Sendable, Equatable {
    public var broker: String?
    public var fleet: String?
    public var user: String?
    public var passwordFile: String?
    public var caFile: String?
    public var certFile: String?
    public var keyFile: String?

    public init() {}

    public init(_ flags: FlagValues) {
        broker = flags[.broker]
        fleet = flags[.fleet]
        user = flags[.user]
        passwordFile = flags[.passwordFile]
        caFile = flags[.caFile]
        certFile = flags[.certFile]
        keyFile = flags[.keyFile]
    }

    /// These settings' flags, in the order of the help.
    public static let flags: [SettingFlag] = [.broker, .fleet, .user, .passwordFile, .caFile, .certFile, .keyFile]

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
}

extension SettingFlag {
    public static let broker = SettingFlag(
        "broker", "URL", "The broker, mqtt://[user:pass@]host[:1883] or mqtts://…[:8883]; also ATTN_BROKER.")
    public static let fleet = SettingFlag(
        "fleet", "name", "The fleet; topics start with attn/v1/<name>. Default: home.")
    public static let user = SettingFlag(
        "user", "name", "Login at the broker; the password comes from ATTN_PASSWORD or --password-file.")
    public static let passwordFile = SettingFlag("password-file", "file", "A file that holds the password.")
    public static let caFile = SettingFlag(
        "ca-file", "file", "Authorities to trust for mqtts; without it, the system's.")
    public static let certFile = SettingFlag("cert-file", "file", "This client's certificate for mqtts.")
    public static let keyFile = SettingFlag("key-file", "file", "The certificate's private key.")
}

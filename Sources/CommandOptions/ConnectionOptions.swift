public import ArgumentParser
public import Fleet
public import Mosquitto
public import Settings

/// The flags of `ConnectionSettings` for commands read by swift-argument-parser.
public struct ConnectionOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp(.broker)) public var broker: String?
    @Option(help: ArgumentHelp(.fleet)) public var fleet: String?
    @Option(help: ArgumentHelp(.user)) public var user: String?
    @Option(help: ArgumentHelp(.passwordFile), completion: .file()) public var passwordFile: String?
    @Option(help: ArgumentHelp(.caFile), completion: .file()) public var caFile: String?
    @Option(help: ArgumentHelp(.certFile), completion: .file()) public var certFile: String?
    @Option(help: ArgumentHelp(.keyFile), completion: .file()) public var keyFile: String?

    public init() {}

    public var settings: ConnectionSettings {
        var settings = ConnectionSettings()
        settings.broker = broker
        settings.fleet = fleet
        settings.user = user
        settings.passwordFile = passwordFile
        settings.caFile = caFile
        settings.certFile = certFile
        settings.keyFile = keyFile
        return settings
    }

    // MARK: For commands without a configuration file

    public func address(or otherwise: String) throws -> BrokerAddress {
        try settings.address(environment(), or: otherwise)
    }

    public func tls() throws(SettingError) -> TLSOptions? { try settings.tls(environment()) }

    public func fleetID() throws(SettingError) -> PeerID { try settings.fleetID(environment()) }

    private func environment() throws(SettingError) -> SettingSources {
        try SettingSources(environment: ProcessEnvironment.all, known: [])
    }

    /// A name for a client that lives for one command.
    public static func clientID() -> PeerID { .random() }
}

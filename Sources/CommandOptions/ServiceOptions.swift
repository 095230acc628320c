public import ArgumentParser
public import Settings

/// The flags of `ServiceSettings` for commands read by swift-argument-parser.
public struct ServiceOptions: ParsableArguments {
    @Option(help: ArgumentHelp(.config), completion: .file()) public var config: String?
    @Option(help: ArgumentHelp(.id)) public var id: String?
    @Option(help: ArgumentHelp(.logLevel)) public var logLevel: String?
    @Option(help: ArgumentHelp(.logFormat)) public var logFormat: String?

    public init() {}

    public var settings: ServiceSettings {
        var settings = ServiceSettings()
        settings.config = config
        settings.id = id
        settings.logLevel = logLevel
        settings.logFormat = logFormat
        return settings
    }
}

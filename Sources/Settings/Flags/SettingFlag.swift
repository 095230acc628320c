/// A flag that takes a value, as every setting's does: `--log-level <level>`.
public struct SettingFlag: Sendable, Equatable {
    /// Without the dashes before it: `log-level`.
    public let name: String
    public let valueName: String
    public let help: String

    public init(_ name: String, _ valueName: String, _ help: String) {
        self.name = name
        self.valueName = valueName
        self.help = help
    }

    /// The same setting's name in files: `log_level`.
    public var key: String { String(name.map { $0 == "-" ? "_" : $0 }) }

    /// As help shows it.
    var label: String { "--\(name) <\(valueName)>" }
}

/// A command line that a command cannot be run with.
public struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
    /// The flag that was used wrongly, whose help is then shown.
    let flag: SettingFlag?

    init(_ description: String, flag: SettingFlag? = nil) {
        self.description = description
        self.flag = flag
    }
}

/// What a command line gave to the flags, by name.
public struct FlagValues: Sendable, Equatable {
    private var texts: [String: String]

    public init(_ texts: [String: String] = [:]) { self.texts = texts }

    /// The text given; nil for a flag that was not.
    public subscript(flag: SettingFlag) -> String? { texts[flag.name] }

    /// The whole number given; nil for a flag that was not.
    ///
    /// - Throws: `UsageError` for a text that is no number.
    public func int(_ flag: SettingFlag) throws(UsageError) -> Int? {
        guard let text = self[flag] else { return nil }
        guard let number = Int(text) else {
            throw UsageError("The value '\(text)' is invalid for '\(flag.label)'", flag: flag)
        }
        return number
    }

    /// - Returns: false, and nothing is changed, if the flag has a value already.
    mutating func give(_ text: String, to flag: SettingFlag) -> Bool {
        guard texts[flag.name] == nil else { return false }
        texts[flag.name] = text
        return true
    }
}

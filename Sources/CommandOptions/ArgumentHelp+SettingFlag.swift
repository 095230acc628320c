import ArgumentParser
import Settings

extension ArgumentHelp {
    /// A setting's help: the same text, whichever parser prints it.
    init(_ flag: SettingFlag) { self.init(flag.help, valueName: flag.valueName) }
}

import ArgumentParser
import CommandOptions
import Settings
import Testing

@Suite("The options of a command")
struct CommandOptionsTests {
    /// Each flag with a value of its own.
    private func arguments(_ flags: [SettingFlag]) -> [String] { flags.flatMap { ["--\($0.name)", "the \($0.name)"] } }

    private func values(_ flags: [SettingFlag]) -> FlagValues {
        FlagValues(Dictionary(uniqueKeysWithValues: flags.map { ($0.name, "the \($0.name)") }))
    }

    @Test("are the flags of the settings, whichever parser reads them")
    func same() throws {
        let connection = try ConnectionOptions.parse(arguments(ConnectionSettings.flags)).settings
        #expect(connection == ConnectionSettings(values(ConnectionSettings.flags)))
        #expect(connection.keyFile == "the key-file")
        let service = try ServiceOptions.parse(arguments(ServiceSettings.flags)).settings
        #expect(service == ServiceSettings(values(ServiceSettings.flags)))
        #expect(service.logFormat == "the log-format")
        #expect(try ConnectionOptions.parse([]).settings == ConnectionSettings())
        #expect(try ServiceOptions.parse([]).settings == ServiceSettings())
    }

    @Test("are explained with the same words, whichever parser prints them")
    func help() {
        let connection = ConnectionOptions.helpMessage(columns: 1000)
        for flag in ConnectionSettings.flags { #expect(connection.contains("--\(flag.name) <\(flag.valueName)>")) }
        for flag in ConnectionSettings.flags { #expect(connection.contains(flag.help)) }
        let service = ServiceOptions.helpMessage(columns: 1000)
        for flag in ServiceSettings.flags { #expect(service.contains("--\(flag.name) <\(flag.valueName)>")) }
        for flag in ServiceSettings.flags { #expect(service.contains(flag.help)) }
    }
}

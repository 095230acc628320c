import Testing

@testable import Settings

@Suite("A command line")
struct CommandManualTests {
    private static let slots = SettingFlag("slots", "n", "Tasks computed at a time.")
    private static let level = SettingFlag("log-level", "level", "How much to log. Default: info.")
    private static let file = SettingFlag("a-flag-with-a-long-name", "file", "Explained below it.")
    private static let manual = CommandManual(
        name: "compute", abstract: "Compute for a fleet.",
        discussion: """
            A flag wins over the environment.

            EXAMPLES
              compute --slots 2 --log-level debug
            """,
        version: "1.2.3", sections: [.init("Logs", [level]), .init("Options", [slots, file])])

    private func read(_ arguments: String...) throws(UsageError) -> CommandManual.Invocation {
        try Self.manual.read(arguments)
    }

    @Test("gives a flag its value after a space or an equals sign")
    func values() throws {
        let expected = CommandManual.Invocation.run(FlagValues(["slots": "2", "log-level": "debug"]))
        #expect(try read("--slots", "2", "--log-level", "debug") == expected)
        #expect(try read("--log-level=debug", "--slots=2") == expected)
        #expect(try read() == .run(FlagValues()))
    }

    @Test("gives after an equals sign any text, empty ones, dashes and equals signs among them")
    func equals() throws {
        for text in ["", "-1", "--slots", "a=b", "=", " "] {
            #expect(try read("--log-level=\(text)") == .run(FlagValues(["log-level": text])))
        }
        #expect(try read("--log-level", "") == .run(FlagValues(["log-level": ""])))
    }

    @Test("that asks for help or the version gets it, whatever else it holds")
    func help() throws {
        for arguments in [["--help"], ["-h"], ["--slots", "--help"], ["--nonsense", "x", "-h"], ["--version", "-h"]] {
            #expect(try Self.manual.read(arguments) == .help)
        }
        #expect(try read("--version") == .version)
        #expect(try read("--nonsense", "--version") == .version)
        #expect(try read("--log-level=--help") == .run(FlagValues(["log-level": "--help"])), "this is a value")
    }

    @Test("with a flag that is unknown is refused, and the nearest one named if it is near")
    func unknown() {
        for (wrong, nearest) in [
            ("--slot", "slots"), ("--slotss=1", "slots"), ("-slots", "slots"), ("--log_level", "log-level"),
            ("--loglevel", "log-level"), ("--hlep", "help"), ("--versoin", "version"),
        ] {
            let name = wrong.split(separator: "=")[0]
            #expect(throws: UsageError("Unknown option '\(name)'. Did you mean '--\(nearest)'?")) { try read(wrong) }
        }
        for wrong in ["--verbose", "-s", "--", "---", "-1"] {
            #expect(throws: UsageError("Unknown option '\(wrong)'")) { try read(wrong) }
        }
    }

    @Test("with a word that belongs to no flag is refused")
    func unexpected() {
        #expect(throws: UsageError("Unexpected argument 'x'")) { try read("x") }
        #expect(throws: UsageError("Unexpected argument '3'")) { try read("--slots", "2", "3") }
        for word in ["", "-", "=", "slots=2"] { #expect(throws: UsageError.self) { try read(word) } }
    }

    @Test("with a flag that lacks its value is refused: the next flag is none")
    func missing() {
        let error = UsageError("Missing value for '--slots <n>'", flag: Self.slots)
        #expect(throws: error) { try read("--slots") }
        #expect(throws: error) { try read("--slots", "--log-level", "debug") }
        #expect(throws: error) { try read("--slots", "-1") }
    }

    @Test("with a flag given twice is refused, though both times it were the same")
    func twice() {
        let error = UsageError("'--slots' is given twice", flag: Self.slots)
        #expect(throws: error) { try read("--slots", "1", "--slots", "2") }
        #expect(throws: error) { try read("--slots=1", "--slots=1") }
    }

    @Test("with a flag for a number that is given no number is refused")
    func number() throws {
        #expect(try FlagValues(["slots": "-3"]).int(Self.slots) == -3)
        #expect(try FlagValues().int(Self.slots) == nil)
        for text in ["", "x", "1.5", "0x10", "99999999999999999999"] {
            #expect(throws: UsageError("The value '\(text)' is invalid for '--slots <n>'", flag: Self.slots)) {
                try FlagValues(["slots": text]).int(Self.slots)
            }
        }
    }

    @Test("that cannot be run is answered with what is wrong, the flag's help and where to read on")
    func complaint() {
        #expect(
            Self.manual.complaint(about: UsageError("Missing value for '--slots <n>'", flag: Self.slots)) == """
                Error: Missing value for '--slots <n>'
                Help:  --slots <n>  Tasks computed at a time.
                Usage: compute <options>
                  See 'compute --help' for more information.
                """)
    }

    @Test("that asks for help gets what the command is for, its usage, and its flags by section")
    func page() {
        #expect(
            Self.manual.page(width: 80) == """
                OVERVIEW: Compute for a fleet.

                A flag wins over the environment.

                EXAMPLES
                  compute --slots 2 --log-level debug

                USAGE: compute <options>

                LOGS:
                  --log-level <level>     How much to log. Default: info.

                OPTIONS:
                  --slots <n>             Tasks computed at a time.
                  --a-flag-with-a-long-name <file>
                                          Explained below it.
                  --version               Show the version.
                  -h, --help              Show help information.

                """)
    }

    @Test("that asks for help on a narrow terminal gets lines broken between words, indented as they began")
    func narrow() {
        let page = Self.manual.page(width: 40)
        #expect(page.contains("  --slots <n>             Tasks computed\n                          at a time.\n"))
        #expect(page.contains("  compute --slots 2 --log-level debug\n"), "just fits")
        // No word is longer than 26 of the 40 characters, and so nothing has to stand out.
        for width in [40, 60, 80] {
            #expect(Self.manual.page(width: width).split(separator: "\n").allSatisfy { $0.count <= width })
        }
    }
}

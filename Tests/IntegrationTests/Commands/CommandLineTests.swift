import LocalFleet
import Testing

extension Integration {
    @Suite("The command line") struct CommandLineTests {
        @Test(
            "A mistyped subcommand is told of, with the one that was meant",
            arguments: [
                (["benhc", "fleet"], "Unknown subcommand 'benhc' of 'attn'. Did you mean 'bench'?"),
                (["bench", "flete"], "Unknown subcommand 'flete' of 'attn bench'. Did you mean 'fleet'?"),
                (["triggers", "chekc", "x"], "Did you mean 'check'?"),
                (["xylophone"], "Unknown subcommand 'xylophone' of 'attn'.\n"),
            ])
        func misspelled(arguments: [String], says: String) async throws {
            let outcome = try await Program.run("attn", arguments, in: try Folder())
            #expect(outcome.status == 64 && outcome.output.isEmpty)
            #expect(outcome.error.contains(says), "\(outcome.error)")
        }

        @Test(
            "What takes arguments of its own, a default subcommand or help is left alone",
            arguments: [
                (["demo", "nope"], 64), (["help", "bench"], 0), (["bench", "--help"], 0), (["plan", "bench"], 1),
            ])
        func spelled(arguments: [String], status: Int) async throws {
            let outcome = try await Program.run("attn", arguments, in: try Folder())
            #expect(outcome.status == Int32(status))
            #expect(!outcome.error.contains("Unknown subcommand"), "\(outcome.error)")
        }

        @Test("A result for which there is no room is an error, whatever prints it")
        func fullDisk() async throws {
            let attn = try #require(Executables.sibling("attn"))
            for command in ["simulate --seeds 1", "simulate --seeds 1 --json"] {
                let outcome = try await Program.run(
                    "/bin/sh", ["-c", "\(attn) \(command) > /dev/full"], in: try Folder())
                #expect(outcome.status == 1)
                #expect(outcome.error.contains("the standard output cannot be written: No space left"))
            }
        }
    }
}

import Testing

extension Integration {
    @Suite("attn demo", .serialized) struct DemoTests {
        static let escape = "\u{1b}["

        @Test("The demo kills a worker and ends right; piped, it is plain text")
        func demo() async throws {
            let program = try Program("attn", ["demo", "--repeats", "24"], in: try Folder())
            let outcome = try await program.outcome()
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(outcome.error.isEmpty)
            for part in ["kill -9 worker-", "died on the way; the job did not", "retr", "All taken down"] {
                #expect(outcome.output.contains(part))
            }
            // Once for each job.
            #expect(outcome.output.split(separator: "largest difference from PyTorch's answer: ").count == 3)
            #expect(!outcome.output.contains("\u{1b}"))
            try await program.expectNothingLeft()
        }

        @Test("On a terminal it has colours, unless NO_COLOR is set", arguments: [[:], ["NO_COLOR": "1"]])
        func colours(environment: [String: String]) async throws {
            let terminal = try Terminal()
            let program = try Program(
                "attn", ["demo", "--repeats", "8"], environment: environment, in: try Folder(), terminal: terminal)
            try await eventually("the demo is over") { terminal.text.contains("All taken down") }
            #expect(try await program.outcome().status == 0)
            #expect(terminal.text.contains(Self.escape) == environment.isEmpty)
        }
    }
}

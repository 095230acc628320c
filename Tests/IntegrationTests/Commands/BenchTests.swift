import Codecs
import Testing

extension Integration {
    @Suite("attn bench", .serialized) struct BenchTests {
        @Test("Jobs and bare round trips, as one JSON object")
        func fleet() async throws {
            let program = try Program("attn", ["bench", "fleet", "--runs", "20", "--json"], in: try Folder())
            let outcome = try await program.outcome()
            #expect(outcome.status == 0, "\(outcome.error)")
            let values = try JSON(parsing: Array(outcome.output.utf8)).object()
            for key in ["median_s", "p99_s", "jobs_per_s", "floor_median_s"] { #expect(try values.double(key) > 0) }
            #expect(try values.double("median_s") <= values.double("p99_s"))
            // Q, K, V and Y in float32, and their headers.
            #expect(try values.int("bytes") > 4 * 12 * 128 * 32 * 4)
            try await program.expectNothingLeft()
        }

        @Test("A worker's size, memory and birth, as one JSON object")
        func worker() async throws {
            let program = try Program("attn", ["bench", "worker", "--runs", "1", "--json"], in: try Folder())
            let outcome = try await program.outcome()
            #expect(outcome.status == 0, "\(outcome.error)")
            let values = try JSON(parsing: Array(outcome.output.utf8)).object()
            for key in ["size_bytes", "resident_bytes", "birth_median_s"] { #expect(try values.double(key) > 0) }
            try await program.expectNothingLeft()
        }
    }
}

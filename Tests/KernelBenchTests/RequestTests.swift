import AttnMath
import Codecs
import Testing

@testable import KernelBench

@Suite("Requests for a measurement, as JSON")
struct RequestTests {
    private func request(_ text: String) throws -> KernelRequest {
        try KernelRequest(try JSON(parsing: Array(text.utf8)).object())
    }

    @Test("what may be left out has the defaults of the command line")
    func defaults() throws {
        let read = try request(#"{"heads": 2, "queries": 3, "keys": 4, "head_size": 5, "window": null}"#)
        #expect(try read == KernelRequest(KernelProblem(heads: 2, queries: 3, keys: 4, headSize: 5)))
        #expect(read.threads == 1 && read.runs == 9 && read.problem.shape.valueHeadSize == 5)
    }

    @Test("a result names what was asked for, so that it may be asked for again")
    func roundTrip() throws {
        let asked = try KernelRequest(
            KernelProblem(
                heads: 4, kvHeads: 2, queries: 3, keys: 4, headSize: 5, valueHeadSize: 6, dtype: .bf16,
                isCausal: true, window: 2), threads: 2, runs: 3)
        var json = KernelMeasurement(asked, variant: .baseline, samples: Samples([1, 3, 2])).json
        for key in ["variant", "median_s", "min_s", "gflops", "gbytes_per_s", "flop", "bytes"] {
            #expect(json[key] != nil, "\(key)")
            json[key] = nil
        }
        #expect(try KernelRequest(json) == asked)
    }

    @Test(
        "what is wrong is named",
        arguments: [
            (#"{"heads": 2, "queries": 3, "keys": 4}"#, "head_size: missing"),
            (#"{"heads": 2, "queries": 0, "keys": 4, "head_size": 5}"#, "queries is 0"),
            (#"{"heads": 3, "kv_heads": 2, "queries": 1, "keys": 4, "head_size": 5}"#, "3 query heads"),
            (#"{"heads": 2, "queries": 3, "keys": 4, "head_size": 5, "window": 0}"#, "window is 0"),
            (#"{"heads": 2, "queries": 3, "keys": 4, "head_size": 5, "dtype": "f8"}"#, "f32, f16, bf16"),
            (#"{"heads": 2, "queries": 3, "keys": 4, "head_size": 5, "threads": 0}"#, "threads is 0"),
            (#"{"heads": 2, "queries": 3, "keys": 4, "head_size": 5, "kind": 1}"#, "kind: unknown"),
            (#"{"heads": 9999, "queries": 99999, "keys": 9, "head_size": 99}"#, "16 GiB"),
            (#"{"heads": 16777216, "queries": 16777216, "keys": 16777216, "head_size": 1}"#, "16 GiB"),
            (#"{"heads": 16777216, "queries": 16777216, "keys": 16777216, "head_size": 65536}"#, "overflows"),
        ])
    func refused(_ text: String, says: String) {
        let error = #expect(throws: (any Error).self) { try request(text) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(says))
    }
}

import Codecs
import Fleet
import Foundation
import Testing

extension Integration {
    @Suite("attn attend, when something is wrong", .serialized) struct AttendErrorTests {
        struct Case: Sendable, CustomTestStringConvertible {
            let what: String
            let arguments: [String]
            var environment: [String: String] = [:]
            let status: Int32
            let says: [String]

            var testDescription: String { what }

            init(
                _ what: String, _ arguments: [String], _ environment: [String: String] = [:], status: Int32 = 1,
                says: [String]
            ) {
                (self.what, self.arguments, self.environment) = (what, arguments, environment)
                (self.status, self.says) = (status, says)
            }
        }

        static let usage: [Case] = [
            Case(
                "neither broker nor --local", ["q", "-o", "y"],
                says: ["no broker is named", "--broker", "ATTN_BROKER", "--local"]),
            Case("an empty ATTN_BROKER", ["q", "-o", "y"], ["ATTN_BROKER": ""], says: ["no broker is named"]),
            Case(
                "a mistyped option", ["q", "-o", "y", "--lokal"], status: 64, says: ["--lokal", "'--local'", "Usage:"]),
            Case("no output", ["q", "--local"], status: 64, says: ["--output", "Usage:"]),
            Case(
                "both ways at once", ["q", "-o", "y", "--local", "--broker", "mqtt://x"], status: 64,
                says: ["--local and --broker exclude each other"]),
            Case("no time at all", ["q", "-o", "y", "--local", "--timeout", "0"], status: 64, says: ["--timeout"]),
            Case("no such kernels", ["q", "-o", "y", "--local"], ["ATTN_ISA": "mmx"], says: ["mmx", "baseline"]),
        ]

        static let files: [Case] = [
            Case("a missing request", ["none", "-o", "y", "--local"], says: ["none cannot be read: No such file"]),
            Case("a folder as request", [".", "-o", "y", "--local"], says: [". cannot be read: it is a folder"]),
            Case("a text as request", ["text", "-o", "y", "--local"], says: ["text is not a safetensors file"]),
            Case("half a request", ["half", "-o", "y", "--local"], says: ["half is not a safetensors file"]),
            Case(
                "a result in a missing folder", ["q", "-o", "no/y", "--local"],
                says: ["no/y cannot be written", "No such file"]),
            Case("a folder as result", ["q", "-o", ".", "--local"], says: [". cannot be written: it is a folder"]),
            Case(
                "a report in a missing folder", ["q", "-o", "y", "--local", "--report", "no/r"],
                says: ["no/r cannot be written"]),
        ]

        static let brokers: [Case] = [
            Case(
                "a broker that is not there", ["q", "-o", "y", "--broker", "mqtt://127.0.0.1:1", "--timeout", "0.3"],
                says: ["nothing listens at mqtt://127.0.0.1:1"]),
            Case(
                "a URL of another kind", ["q", "-o", "y", "--broker", "http://127.0.0.1"],
                says: ["mqtt://", "mqtts://"]),
            Case("a URL without a host", ["q", "-o", "y"], ["ATTN_BROKER": "mqtt://"], says: ["the host is missing"]),
            Case(
                "a fleet that is no name", ["q", "-o", "y", "--broker", "mqtt://x", "--fleet", "a/b"],
                says: ["fleet 'a/b'"]
            ),
        ]

        @Test("The error says what is wrong; nothing is left", arguments: usage + files + brokers)
        func refused(_ wrong: Case) async throws {
            let folder = try Folder()
            let request = try TypedRequest(type: .f32, rank: 4).encoded
            try folder.write(request, to: "q")
            try folder.write(Array(request[..<(request.count / 2)]), to: "half")
            try folder.write("hello, world\n", to: "text")
            let outcome = try await Program.run(
                "attn", ["attend"] + wrong.arguments, environment: wrong.environment, in: folder)
            #expect(outcome.status == wrong.status)
            #expect(outcome.output.isEmpty)
            #expect(outcome.error.hasPrefix("Error: "))
            for part in wrong.says { #expect(outcome.error.contains(part)) }
            #expect(folder.files == ["half", "q", "text"])
        }

        @Test(
            "An attribute, input or output that is not the operator's is named, never ignored",
            arguments: [
                (["softcap": "-2.5"], "invalid-request: attribute 'softcap' is '-2.5'"),
                (["left_window_size": "-3"], "invalid-request: attribute 'left_window_size'"),
                (["softmax_precision": "12"], "invalid-request: attribute 'softmax_precision'"),
                (
                    ["is_casual": "1"],
                    "invalid-request: 'is_casual' in the metadata is not known; is it to be 'is_causal'?"
                ),
                (["op": "AdditiveAttention"], "invalid-request: tensor 'W_query' is missing"),
                (["outputs": "Z"], "invalid-request: outputs: Attention has no output 'Z'"),
                (["is_causal": "perhaps"], "invalid-request: attribute 'is_causal' is 'perhaps'"),
                (["qk_matmul_output_mode": "9"], "invalid-request: attribute 'qk_matmul_output_mode'"),
                (["op": "Convolution"], "unsupported: op 'Convolution'"),
                (["job": "two words"], "metadata 'job' is no job ID"),
            ])
        func attribute(metadata: [String: String], says: String) async throws {
            let folder = try Folder()
            try folder.write(try TypedRequest(type: .f32, rank: 4, metadata: metadata).encoded, to: "q")
            try await expectFailure(in: folder, says)
        }

        @Test("Shapes that do not fit are named")
        func shapes() async throws {
            let folder = try Folder()
            func tensor(_ name: String, _ shape: [Int]) -> TensorSource {
                TensorSource(name, .f32, shape: shape, [Float](repeating: 0, count: shape.reduce(1, *)))
            }
            try folder.write(
                try Safetensors.encode(tensors: [
                    tensor("Q", [1, 2, 3, 8]), tensor("K", [1, 2, 5, 8]), tensor("V", [1, 2, 6, 8]),
                ]), to: "q")
            try await expectFailure(
                in: folder,
                "K and V differ in length: Q [1, 2, 3, 8], K [1, 2, 5, 8], V [1, 2, 6, 8]")
            try folder.write(try Safetensors.encode(tensors: [tensor("Q", [1, 2, 3, 8])]), to: "q")
            try await expectFailure(in: folder, "'K'")
        }

        @Test("The plain kernels can be asked for")
        func plainKernels() async throws {
            let folder = try Folder()
            try folder.write(try TypedRequest(type: .f32, rank: 4).encoded, to: "q")
            let outcome = try await Program.run(
                "attn", ["attend", "q", "-o", "y", "--local"], environment: ["ATTN_ISA": "baseline"], in: folder)
            #expect(outcome.status == 0)
            #expect(try folder.safetensors("y").metadata["status"] == "done")
        }

        private func expectFailure(in folder: Folder, _ says: String) async throws {
            let outcome = try await Program.run("attn", ["attend", "q", "-o", "y", "--local"], in: folder)
            #expect(outcome.status == 1)
            #expect(outcome.error.contains(says))
            #expect(folder.files == ["q"])
        }
    }
}

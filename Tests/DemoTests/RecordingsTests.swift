import Codecs
import Foundation
import Testing

@testable import Demo

@Suite("Recordings")
struct RecordingsTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../models/basic-motions").standardizedFileURL.path

    @Test("of the model's test split have their labels and every number that was measured")
    func readings() throws {
        let recordings = try Recordings(model: Self.folder)
        #expect(recordings.count == 40 && recordings.length == 100)
        #expect(recordings.labels == ["badminton", "running", "standing", "walking"])
        let file = try Safetensors(
            parsing: Array(Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/test.safetensors"))))
        let x = try file.elements(of: file.tensor("x"), as: Float.self)
        for (recording, step) in [(0, 0), (17, 42), (39, 99)] {
            let payload = recordings.reading(of: recording, step: step, start: 1_000_007_000)
            let json = try JSON(parsing: payload).object()
            #expect(try json.double("t") == 1_000_007_000 + Double(step) / 10)
            var values: [Float] = []
            for sensor in ["accelerometer", "gyroscope"] {
                for axis in ["x", "y", "z"] { values.append(Float(try json.object(sensor).double(axis))) }
            }
            #expect(values == (0..<6).map { x[(recording * 6 + $0) * 100 + step] })
        }
    }

    @Test("that are not there or not of this kind are told")
    func flaws() throws {
        #expect(throws: Recordings.Flaw.self) { _ = try Recordings(model: "/nowhere") }
        let config: JSON = ["id2label": ["0": "a", "1": "b"]]
        func file(_ x: [Int], _ y: [Int32]) throws -> Safetensors {
            let values = [Float](repeating: 1, count: x.reduce(1, *))
            return try Safetensors(
                parsing: Safetensors.encode(
                    tensors: [TensorSource("x", .f32, shape: x, values), TensorSource("y", .i32, shape: [y.count], y)]))
        }
        #expect(throws: Never.self) { try Recordings(config: config, file([2, 6, 3], [0, 1])) }
        for (x, y) in [
            ([2, 6, 3], [0, 2]), ([2, 6, 3], [0]), ([2, 5, 3], [0, 1]), ([12, 3], [0]), ([2, 6, 3], [0, -1]),
        ] {
            #expect(throws: (any Error).self, "\(x) \(y)") {
                try Recordings(config: config, file(x, y.map { Int32($0) }))
            }
        }
        #expect(throws: (any Error).self) { try Recordings(config: ["labels": 1], file([1, 6, 3], [0])) }
    }
}

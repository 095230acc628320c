import Codecs
import Testing

@Suite("Writing safetensors") struct SafetensorsWritingTests {
    @Test("golden bytes: the reference library's own test file")
    func golden() throws {
        let values: [Float] = [0, 1, 2, 3, 4, 5]
        let payload = try Safetensors.encode(tensors: [TensorSource("attn0", .f32, shape: [1, 1, 2, 3], values)])
        let header = #"{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}       "#
        let data: [UInt8] = [
            0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64, 0, 0, 160, 64,
        ]
        #expect(payload == [72, 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + data)
    }

    @Test("golden bytes: metadata keys sorted; widest type first, then by name")
    func goldenOrder() throws {
        let payload = try Safetensors.encode(
            metadata: ["op": "Attention", "job": "j\"1"],
            tensors: [
                TensorSource("b", .bool, shape: [1], [UInt8(1)]),
                TensorSource("z", .f16, shape: [], [Float16(1)]),
                TensorSource("a", .f16, shape: [1], [Float16(-2)]),
                TensorSource("n", .i64, shape: [1], [Int64(-1)]),
            ])
        let header =
            #"{"__metadata__":{"job":"j\"1","op":"Attention"},"n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"#
            + #""a":{"dtype":"F16","shape":[1],"data_offsets":[8,10]},"z":{"dtype":"F16","shape":[],"data_offsets":[10,12]},"#
            + #""b":{"dtype":"BOOL","shape":[1],"data_offsets":[12,13]}}"#
        let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        let length = UInt16(padded.utf8.count)
        #expect(
            payload == [UInt8(length & 0xFF), UInt8(length >> 8), 0, 0, 0, 0, 0, 0] + Array(padded.utf8)
                + [255, 255, 255, 255, 255, 255, 255, 255, 0, 0xC0, 0, 0x3C, 1])
    }

    @Test("what the reference library wrote and we read, we write with the same bytes", arguments: Vectors.valid)
    func sameAsReference(name: String) throws {
        let payload = try Vectors.safetensors(name)
        let file = try Safetensors(parsing: payload)
        // Handed over in reverse, to show that the order given does not matter.
        let sources = file.tensors.reversed().map { TensorSource($0, of: file) }
        #expect(try Safetensors.encode(metadata: file.metadata, tensors: sources) == payload)
    }

    @Test("tensors in memory are read as if they had been written and parsed", arguments: Vectors.valid)
    func inMemory(name: String) throws {
        let file = try Safetensors(parsing: try Vectors.safetensors(name))
        let held = try Safetensors(holding: file.tensors.reversed().map { TensorSource($0, of: file) })
        #expect(held.metadata.isEmpty && held.tensors.map(\.name) == file.tensors.map(\.name))
        for tensor in file.tensors {
            let same = try #require(held[tensor.name])
            #expect(same.type == tensor.type && same.shape == tensor.shape)
            let bytes = held.withUnsafeBytes(of: same) { Array($0) }
            #expect(bytes == file.withUnsafeBytes(of: tensor) { Array($0) })
        }
    }

    @Test("tensors in memory are refused as on the wire: one name twice, elements that do not fill the shape")
    func inMemoryRefused() throws {
        let (one, two) = (
            TensorSource("a", .f32, shape: [1], [Float(1)]), TensorSource("a", .f32, shape: [2], [Float(1)])
        )
        #expect { try Safetensors(holding: [one, one]) } throws: { ($0 as? SafetensorsError)?.code == .nameTaken }
        #expect { try Safetensors(holding: [two]) } throws: { ($0 as? SafetensorsError)?.code == .sizeMismatch }
        #expect(try Safetensors(holding: []).bytes.isEmpty)
    }

    @Test("every small shape of every type, at every place, round trips")
    func everySmallShape() throws {
        var shapes: [[Int]] = [[]]
        for rank in 1...3 {
            shapes += shapes.filter { $0.count == rank - 1 }.flatMap { shape in (0...2).map { shape + [$0] } }
        }
        let sources = try TensorType.allCases.flatMap { type in
            try shapes.enumerated().map { position, shape in
                let count = try #require(type.byteCount(shape: shape))
                return TensorSource("\(type.rawValue)-\(position)", type, shape: shape) { destination in
                    #expect(destination.count == count)
                    #expect(UInt(bitPattern: destination.baseAddress).isMultiple(of: UInt(type.byteWidth)))
                    for offset in destination.indices {
                        destination[offset] = UInt8(truncatingIfNeeded: position + offset)
                    }
                }
            }
        }
        let writer = try SafetensorsWriter(metadata: ["k": "v"], tensors: sources)
        let payload = writer.encoded()
        #expect(payload.count == writer.byteCount)
        let file = try Safetensors(parsing: payload)
        #expect(file.metadata == ["k": "v"])
        #expect(file.tensors.count == sources.count)
        for type in TensorType.allCases {
            for (position, shape) in shapes.enumerated() {
                let tensor = try file.tensor("\(type.rawValue)-\(position)")
                #expect(tensor.type == type && tensor.shape == shape && tensor.isAligned)
                let bytes = file.withUnsafeBytes(of: tensor, Array.init)
                #expect(bytes == bytes.indices.map { UInt8(truncatingIfNeeded: position + $0) })
            }
        }
    }

    @Test("what cannot be written is refused with the reason")
    func refusals() {
        expect(.nameTaken, "tensor 'a': the name is taken", [scalar("a"), scalar("a")])
        expect(.nameTaken, "tensor '__metadata__': the name is taken", [scalar("__metadata__")])
        expect(
            .sizeMismatch, "tensor 'a': F32 [2, 2] needs 16 bytes, not 12",
            [TensorSource("a", .f32, shape: [2, 2], [Float](repeating: 0, count: 3))])
        expect(
            .typeMismatch, "tensor 'a': the elements are not I32",
            [TensorSource("a", .i32, shape: [1], [Float(0)])])
        expect(
            .invalidShape, "tensor 'a': no tensor has the shape [-1]", [TensorSource("a", .u8, shape: [-1]) { _ in }])
        expect(
            .invalidShape, "tensor 'a': no tensor has the shape [4611686018427387904, 4]",
            [TensorSource("a", .u8, shape: [1 << 62, 4]) { _ in }])
        // Each fits, both together do not.
        let half = 1 << 62
        expect(
            .invalidShape, "tensor 'b': no tensor has the shape [4611686018427387904]",
            [TensorSource("a", .u8, shape: [half]) { _ in }, TensorSource("b", .u8, shape: [half]) { _ in }])
    }

    private func scalar(_ name: String) -> TensorSource { TensorSource(name, .f32, shape: [], [Float(0)]) }

    private func expect(
        _ code: SafetensorsError.Code, _ message: String, _ tensors: [TensorSource],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: SafetensorsError.self, sourceLocation: sourceLocation) {
            try Safetensors.encode(tensors: tensors)
        }
        #expect(error?.code == code, sourceLocation: sourceLocation)
        #expect(error?.message == message, sourceLocation: sourceLocation)
    }
}

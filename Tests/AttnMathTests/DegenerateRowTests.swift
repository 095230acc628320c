import AttnMath
import Testing

@Suite("Rows that see nothing, and operands that are not finite")
struct DegenerateRowTests {
    @Test(
        "fully masked rows give zeros and -inf, their neighbours what they would give alone",
        arguments: kernels.map(\.variant))
    func fullyMaskedRows(variant: KernelVariant) throws {
        let kernel = try AttentionKernel(variant)
        for queries in [1, 3, 6, 8] {
            let shape = try BlockShape(
                queryHeads: 1, kvHeads: 1, queries: queries, keys: 270, headSize: 8, valueHeadSize: 5)
            let plain = try BlockSample(shape).attended(by: kernel)
            for masked in 0..<queries {
                var bytes = [UInt8](repeating: 1, count: queries * 270)
                var biases = [Float](repeating: 0, count: queries * 270)
                for key in 0..<270 {
                    bytes[masked * 270 + key] = 0
                    biases[masked * 270 + key] = -.infinity
                }
                var expected = plain
                expected.lse[masked] = -.infinity
                for c in 0..<5 { expected.output[masked * 5 + c] = 0 }
                let boolean = BlockSample(
                    shape, mask: .boolean(bytes, heads: 1, queries: queries, keys: 270))
                #expect(try boolean.attended(by: kernel) == expected)
                let additive = BlockSample(
                    shape, mask: .additive(biases, heads: 1, queries: queries, keys: 270))
                #expect(try additive.attended(by: kernel) == expected)
            }
        }
    }

    @Test("a first tile that is masked away leaves no trace", arguments: kernels.map(\.variant))
    func maskedFirstTile(variant: KernelVariant) throws {
        for queries in [1, 7] {
            let shape = try BlockShape(
                queryHeads: 1, kvHeads: 1, queries: queries, keys: 600, headSize: 4, valueHeadSize: 4)
            let mask = (0..<600).map { UInt8($0 < 300 ? 0 : 1) }
            let sample = BlockSample(shape, mask: .boolean(mask, heads: 1, queries: 1, keys: 600))
            try expectAgreement(sample, tiles: 3)
        }
    }

    @Test("no keys at all give zeros and -inf, for the asked heads only", arguments: kernels.map(\.variant))
    func noKeys(variant: KernelVariant) throws {
        let shape = try BlockShape(queryHeads: 3, kvHeads: 1, queries: 2, keys: 0, headSize: 4, valueHeadSize: 2)
        let partial = try BlockSample(shape).attended(by: AttentionKernel(variant), heads: 1..<2)
        #expect(partial.lse[2..<4].allSatisfy { $0 == -.infinity })
        #expect(partial.output[4..<8].allSatisfy { $0 == 0 })
        #expect(partial.lse[0..<2].allSatisfy { $0.isNaN } && partial.lse[4..<6].allSatisfy { $0.isNaN })
        #expect(partial.output[0..<4].allSatisfy { $0.isNaN } && partial.output[8..<12].allSatisfy { $0.isNaN })
    }

    @Test("no keys need no memory", arguments: kernels.map(\.variant))
    func noKeysWithoutMemory(variant: KernelVariant) throws {
        let shape = try BlockShape(queryHeads: 1, kvHeads: 1, queries: 2, keys: 0, headSize: 4, valueHeadSize: 2)
        let sample = BlockSample(shape)
        var partial = FloatPartial(unwritten: shape)
        var workspace = Workspace()
        try sample.withOperands { operands in
            var operands = operands
            operands.k = UnsafeRawBufferPointer(start: nil, count: 0)
            operands.v = UnsafeRawBufferPointer(start: nil, count: 0)
            try partial.withResult {
                try AttentionKernel(variant).attend(
                    shape, sample.attributes, operands, into: $0, workspace: &workspace)
            }
        }
        #expect(partial.lse == [-.infinity, -.infinity] && partial.output == [0, 0, 0, 0])
    }

    @Test("no queries make an empty result", arguments: kernels.map(\.variant))
    func noQueries(variant: KernelVariant) throws {
        let shape = try BlockShape(queryHeads: 2, kvHeads: 1, queries: 0, keys: 3, headSize: 4, valueHeadSize: 2)
        let partial = try BlockSample(shape).attended(by: AttentionKernel(variant))
        #expect(partial.output.isEmpty && partial.lse.isEmpty)
    }

    @Test("a NaN or infinite query spoils its own row only", arguments: [Float.nan, .infinity, -.infinity])
    func queryNotFinite(value: Float) throws {
        for kernel in kernels {
            for queries in [2, 8] {
                let shape = try BlockShape(
                    queryHeads: 1, kvHeads: 1, queries: queries, keys: 20, headSize: 4, valueHeadSize: 4)
                var sample = BlockSample(shape)
                let expected = try sample.attended(by: kernel)
                for d in 0..<4 { sample.q[4 + d] = value }
                let partial = try sample.attended(by: kernel)
                for row in 0..<queries where row != 1 {
                    #expect(partial.lse[row] == expected.lse[row])
                    #expect(partial.output[row * 4..<row * 4 + 4] == expected.output[row * 4..<row * 4 + 4])
                }
                #expect(!partial.lse[1].isFinite)
            }
        }
    }

    @Test("a NaN in a query makes its row NaN, whatever its bits, capped or not", arguments: [0, 2] as [Float])
    func queryNotANumber(softcap: Float) throws {
        // The usual one, payloads in the low bits, negative, all bits, signalling.
        for pattern in [0x7fc0_0000, 0x7fc0_0001, 0x7fc0_01a5, 0xffc0_0080, 0xffff_ffff, 0x7f80_0001] as [UInt32] {
            for queries in [2, 8] {
                let shape = try BlockShape(
                    queryHeads: 1, kvHeads: 1, queries: queries, keys: 20, headSize: 4, valueHeadSize: 4)
                var sample = BlockSample(shape)
                sample.attributes.softcap = softcap
                sample.q[4] = Float(bitPattern: pattern)
                for kernel in kernels {
                    let partial = try sample.attended(by: kernel)
                    for row in 0..<queries { #expect(partial.lse[row].isNaN == (row == 1)) }
                    #expect(partial.output[4..<8].allSatisfy { $0.isNaN })
                }
            }
        }
    }

    @Test("a NaN in the mask makes its row NaN, in the fast kernel as in the oracle")
    func maskNotANumber() throws {
        for queries in [2, 8] {
            let shape = try BlockShape(
                queryHeads: 1, kvHeads: 1, queries: queries, keys: 20, headSize: 4, valueHeadSize: 4)
            var biases = [Float](repeating: 0, count: queries * 20)
            biases[25] = .nan
            let sample = BlockSample(shape, mask: .additive(biases, heads: 1, queries: queries, keys: 20))
            let reference = try sample.reference()
            for kernel in kernels {
                let partial = try sample.attended(by: kernel)
                for row in 0..<queries {
                    #expect(partial.lse[row].isNaN == (row == 1))
                    #expect(reference.lse[row].isNaN == (row == 1))
                }
            }
        }
    }

    @Test("a key that -inf in the mask hides may hold anything, seen by few rows or by many", arguments: [1, 9])
    func hiddenKeyNotANumber(queries: Int) throws {
        let shape = try BlockShape(
            queryHeads: 1, kvHeads: 1, queries: queries, keys: 20, headSize: 4, valueHeadSize: 4)
        let biases = (0..<queries * 20).map { $0 % 20 == 3 || $0 < 20 ? -Float.infinity : 0 }
        var sample = BlockSample(shape, mask: .additive(biases, heads: 1, queries: queries, keys: 20))
        let clean = try sample.reference()
        let bounds = sample.errorBounds(clean)
        sample.k[3 * 4] = .nan
        sample.k[3 * 4 + 1] = .infinity
        #expect(try sample.reference() == clean)
        for kernel in kernels {
            let partial = try sample.attended(by: kernel)
            #expect(partial.lse[0] == -.infinity && partial.output[..<4].allSatisfy { $0 == 0 })
            #expect(firstDeviation(partial, from: clean, within: bounds, shape: shape) == nil)
        }
    }
}

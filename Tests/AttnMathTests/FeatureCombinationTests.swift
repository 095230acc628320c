import AttnMath
import Testing

@Suite("Features do not disturb each other")
struct FeatureCombinationTests {
    /// Query heads of one key head, queries: two rows read as they lie, four together and one, and a block that ends in
    /// the other head's rows.
    static let shapes = [(2, 1), (1, 5), (2, 7)]

    @Test("in any combination of format, scoring, cap, window, mask and softmax", arguments: shapes)
    func everyCombination(queryHeads: Int, queries: Int) throws {
        let keys = 17
        let shape = try BlockShape(
            queryHeads: queryHeads, kvHeads: 1, queries: queries, keys: keys, headSize: 3, valueHeadSize: 2)
        for format in kernelFormats {
            for isAdditive in [false, true] {
                var sample = try BlockSample(shape).rounded(to: format)
                if isAdditive { sample = sample.scoredAdditively() }
                for cap in [0, 0.7] as [Float] {
                    for window in [KeyWindow.all, KeyWindow(first: -2, last: keys - 3)] {
                        for mask in masks(shape) {
                            for precision in [BlockAttributes.SoftmaxPrecision.float32, .float64] {
                                sample.mask = mask
                                sample.attributes = BlockAttributes(
                                    scale: 0.9, softcap: cap, window: window, softmaxPrecision: precision)
                                try expectAgreement(sample)
                            }
                        }
                    }
                }
            }
        }
    }

    @Test(
        "where rows and keys end around the edges of tiles and blocks, of the sizes they have and of others",
        arguments: [5, 6, 12, 13, 24, 25], [255, 256, 257, 383, 384, 385, 511, 513, 769])
    func tileEdges(queries: Int, keys: Int) throws {
        let shape = try BlockShape(
            queryHeads: 1, kvHeads: 1, queries: queries, keys: keys, headSize: 2, valueHeadSize: 1)
        let plain = BlockSample(shape)
        // The features take turns, for time.
        switch (queries + keys) % 6 {
        case 0: try expectAgreement(plain.rounded(to: .float16), tiles: 3)
        case 1: try expectAgreement(plain.rounded(to: .bfloat16), tiles: 3)
        case 2: try expectAgreement(plain.scoredAdditively(), tiles: 3)
        case 3:
            var windowed = plain
            windowed.attributes.window = KeyWindow(first: 3, last: keys - 2)
            try expectAgreement(windowed, tiles: 3)
        case 4:
            var capped = plain
            capped.attributes.softcap = 0.5
            capped.attributes.softmaxPrecision = .float64
            try expectAgreement(capped, tiles: 3)
        default:
            var masked = plain
            let maskKeys = keys - 1
            masked.mask = .boolean(
                (0..<queries * maskKeys).map { UInt8($0 % 5) }, heads: 1, queries: queries, keys: maskKeys)
            try expectAgreement(masked, tiles: 3)
        }
    }

    /// None, one for each row, and one for all rows that ends before the keys.
    private func masks(_ shape: BlockShape) -> [BlockSample.Mask?] {
        let booleans = (0..<shape.rowCount * shape.keys).map { UInt8($0 % 3) }
        let biases = (0..<shape.keys - 2).map { $0 % 4 == 1 ? -Float.infinity : Float($0 % 3) - 1 }
        return [
            nil, .boolean(booleans, heads: shape.queryHeads, queries: shape.queries, keys: shape.keys),
            .additive(biases, heads: 1, queries: 1, keys: shape.keys - 2),
        ]
    }
}

import Testing

@testable import Journal

@Suite struct XXHash64Tests {
    /// From the reference implementation, over the bytes 0, 7, 14, … modulo 256:
    /// `python3 -c 'import xxhash; print(hex(xxhash.xxh64(bytes(i*7%256 for i in range(LENGTH))).intdigest()))'`.
    @Test(
        arguments: [
            (0, 0xef46_db37_51d8_e999), (1, 0xe934_a84a_db05_2768), (3, 0x9ff7_0a63_5a62_09ab),
            (4, 0xae5a_cdc0_0a55_ac41),
            (7, 0xd734_a6b2_6f3d_a63e), (8, 0x8711_6b33_65b9_24eb), (31, 0x0f18_7c62_b1e7_22b7),
            (32, 0x91b0_cb09_31a8_c629), (33, 0x931b_043c_f8d6_5b94), (63, 0x2191_10bf_13e2_fa26),
            (64, 0xbf30_52e3_4457_75d0), (1000, 0x2527_5608_a9cf_c168),
        ] as [(Int, UInt64)])
    func isTheReferences(length: Int, hash: UInt64) {
        #expect(XXHash64.hash((0..<length).map { UInt8(truncatingIfNeeded: $0 * 7) }) == hash)
    }
}

/// The most bytes that may be allocated, all requests of the heap added up, for an input of a size.
///
/// What is freed again counts too: so a decoder that copies its input over and over is found as well as one that
/// believes a length it was told.
public struct AllocationBound: Sendable {
    var fixed: Int
    var perByte: Int

    /// Two bytes of input such as `1,` become a `JSON` of some 50 bytes in an array that doubles as it grows; an
    /// object's member, of at least five bytes, a few hundred in a hash table that does.
    public static let ofDecoders = AllocationBound(fixed: 64 << 10, perByte: 256)

    public init(fixed: Int, perByte: Int) {
        self.fixed = fixed
        self.perByte = perByte
    }

    func bytes(input: Int) -> Int { Self.slack * (fixed + perByte * input) }

    #if DEBUG
        /// Without optimisation values are put into boxes that are otherwise kept on the stack.
        private static let slack = 8
    #else
        private static let slack = 1
    #endif
}

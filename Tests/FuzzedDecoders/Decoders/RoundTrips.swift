extension FuzzedDecoder {
    /// A decoder whose value, encoded, decodes to the same value.
    static func roundTrip<Value: Equatable & SendableMetatype>(
        _ name: String, _ grammar: Grammar, decode: @escaping @Sendable ([UInt8]) throws -> Value,
        encode: @escaping @Sendable (Value) throws -> [UInt8]
    ) -> FuzzedDecoder {
        FuzzedDecoder(name, grammar, decode: decode) { value in
            try requireEqual(try decode(encode(value)), value, "encoded and decoded again")
        }
    }
}

import CAllocationCounter

/// A decoder of bytes that a stranger may have sent or a disk may have spoilt, and what must hold of it.
///
/// Whatever the bytes: it throws or gives a value, without trapping, and allocates no more than `bound` says. What it
/// gives has the properties that `verify` looks for.
public struct FuzzedDecoder: Sendable {
    /// Also the name of its folder in `Tests/FuzzCorpus`.
    public let name: String
    public let grammar: Grammar
    private let decodeAndVerify: @Sendable ([UInt8]) throws -> Void
    private let isTaken: @Sendable ([UInt8]) -> Bool

    /// What the fuzzer knows of the bytes, so that its mutations get past the first check.
    public enum Grammar: Sendable {
        case text
        case json
        case safetensors
    }

    public init<Value>(
        _ name: String, _ grammar: Grammar, bound: AllocationBound = .ofDecoders,
        decode: @escaping @Sendable ([UInt8]) throws -> Value,
        verify: @escaping @Sendable (Value) throws -> Void = { _ in }
    ) {
        self.name = name
        self.grammar = grammar
        isTaken = { (try? decode($0)) != nil }
        decodeAndVerify = { input in
            let before = bytes_allocated_by_this_thread()
            let result = Result { try decode(input) }
            let allocated = Int(bytes_allocated_by_this_thread() - before)
            guard allocated <= bound.bytes(input: input.count) else {
                throw BrokenProperty("\(input.count) bytes made it allocate \(allocated)")
            }
            switch result {
            case .success(let value): try verify(value)
            case .failure(let broken as BrokenProperty): throw broken
            // To refuse is always right.
            case .failure: break
            }
        }
    }

    /// Whether `input` is decoded and not refused.
    public func takes(_ input: [UInt8]) -> Bool { isTaken(input) }

    /// Decodes `input` and looks at what comes of it.
    /// - Throws: `BrokenProperty` if something does not hold that must.
    public func check(_ input: [UInt8]) throws(BrokenProperty) {
        do {
            try decodeAndVerify(input)
        } catch let broken as BrokenProperty {
            throw broken
        } catch {
            throw BrokenProperty("what it took could not be used: \(error)")
        }
    }
}

extension FuzzedDecoder: CustomStringConvertible {
    public var description: String { name }
}

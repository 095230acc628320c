// Access to the elements of a tensor. A `TensorInfo` handed in must come from the same payload: that is checked only
// so far as memory safety needs.

extension Safetensors {
    /// Lends the bytes of a tensor, in place. The pointer is valid during the call only.
    public func withUnsafeBytes<Result, Failure>(
        of tensor: TensorInfo, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(tensor.byteRange.upperBound <= bytes.count, "tensor '\(tensor.name)' is of another payload")
        return try bytes.span.bytes.withUnsafeBytes { payload throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: payload[tensor.byteRange]))
        }
    }

    /// Lends the elements of a tensor, row-major: in place where they are aligned in memory, else as a copy made for
    /// the call. The pointer is valid during the call only.
    ///
    /// - Throws: `SafetensorsError.typeMismatch` if the tensor's type cannot be read as `Element`; what `body` throws.
    public func withElements<Element: TensorElement, Result>(
        of tensor: TensorInfo, as element: Element.Type, _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) throws -> Result {
        try check(tensor, isReadableAs: element)
        return try withUnsafeBytes(of: tensor) { raw in
            let address = UInt(bitPattern: raw.baseAddress)
            guard address.isMultiple(of: UInt(MemoryLayout<Element>.alignment)) else {
                return try Self.copy(raw, of: element).withUnsafeBufferPointer(body)
            }
            return try raw.withMemoryRebound(to: element, body)
        }
    }

    /// A copy of the elements of a tensor, row-major.
    /// - Throws: `SafetensorsError.typeMismatch` if the tensor's type cannot be read as `Element`.
    public func elements<Element: TensorElement>(
        of tensor: TensorInfo, as element: Element.Type
    ) throws(SafetensorsError) -> [Element] {
        try check(tensor, isReadableAs: element)
        return withUnsafeBytes(of: tensor) { Self.copy($0, of: element) }
    }

    /// Checks that every byte of a `BOOL` tensor is 0 or 1: the format says so, but nobody enforces it.
    /// - Throws: `SafetensorsError` with code `.invalidBoolean`, or `.typeMismatch` for another type.
    public func checkBooleans(of tensor: TensorInfo) throws(SafetensorsError) {
        guard tensor.type == .bool else {
            throw SafetensorsError(.typeMismatch, tensor: tensor.name, "is \(tensor.type.rawValue), not BOOL")
        }
        if let position = withUnsafeBytes(of: tensor, { $0.firstIndex { $0 > 1 } }) {
            throw SafetensorsError(
                .invalidBoolean, tensor: tensor.name, "element \(position) is neither 0 nor 1")
        }
    }

    private func check(_ tensor: TensorInfo, isReadableAs element: any TensorElement.Type) throws(SafetensorsError) {
        guard element.tensorTypes.contains(tensor.type) else {
            throw SafetensorsError(
                .typeMismatch, tensor: tensor.name, "is \(tensor.type.rawValue) and cannot be read as \(element)")
        }
    }

    private static func copy<Element: TensorElement>(_ raw: UnsafeRawBufferPointer, of: Element.Type) -> [Element] {
        let count = raw.count / MemoryLayout<Element>.stride
        return [Element](unsafeUninitializedCapacity: count) { elements, initialized in
            UnsafeMutableRawBufferPointer(elements).copyMemory(from: raw)
            initialized = count
        }
    }
}

public import AttnMath

/// Scratch memory of one computing thread for encoders: grown as batches need it, then reused.
public final class EncoderWorkspace {
    /// Of the attention kernel.
    public var attention = Workspace()
    let layers = LayerWorkspace()
    private var buffers: [Role: UnsafeMutableBufferPointer<Float>] = [:]

    /// What a buffer holds.
    enum Role {
        case query, key, value, context
        case queryHeads, keyHeads, valueHeads, outputHeads, logSumExp
        case attended, intermediate
        case hidden, nextHidden
    }

    public init() {}

    deinit {
        for buffer in buffers.values { buffer.deallocate() }
    }

    /// At least `count` floats of any content, the same memory as before for the same role if that is large enough.
    func floats(_ role: Role, _ count: Int) -> UnsafeMutablePointer<Float> {
        if let buffer = buffers[role], buffer.count >= count, let base = buffer.baseAddress { return base }
        buffers[role]?.deallocate()
        let raw = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(count, 16) * MemoryLayout<Float>.stride, alignment: 64)
        let buffer = raw.bindMemory(to: Float.self)
        buffers[role] = buffer
        guard let base = buffer.baseAddress else { preconditionFailure("allocated memory has an address") }
        return base
    }
}

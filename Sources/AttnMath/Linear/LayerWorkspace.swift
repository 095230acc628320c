/// Scratch memory of the layers, one for each computing thread: grown when a layer needs more than any before, so that
/// nothing is allocated once every layer has been computed.
public final class LayerWorkspace {
    private var workspace = Workspace()

    public init() {}

    /// Bytes held.
    public var byteCount: Int { workspace.byteCount }

    /// At least `count` (not 0) floats on a cache line, of any content.
    func reserve(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
        workspace.reserve(count)
    }
}

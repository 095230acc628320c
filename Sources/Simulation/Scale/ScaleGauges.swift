/// What of the real machine a scale simulation reads: nothing of it comes into the simulated fleet.
public struct ScaleGauges {
    /// Seconds of this process' processor time.
    public var processorSeconds: () -> Double
    /// Bytes of all blocks of the heap that are in use.
    public var heapBytes: () -> Int

    public init(processorSeconds: @escaping () -> Double, heapBytes: @escaping () -> Int) {
        self.processorSeconds = processorSeconds
        self.heapBytes = heapBytes
    }

    /// Measures nothing: for tests of what happens on the virtual clock.
    public static var none: ScaleGauges { ScaleGauges(processorSeconds: { 0 }, heapBytes: { 0 }) }
}

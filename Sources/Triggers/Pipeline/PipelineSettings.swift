/// The bounds of a pipeline.
public struct PipelineSettings: Sendable, Equatable {
    /// Windows of all triggers that wait for the fleet at a time: above it the one that waited longest is given up.
    public var maximumWaiting: Int
    /// The wall clock, in nanoseconds since 1970, at `Instant.origin`: for the times of readings that name none.
    public var wallClockAtOrigin: Int64

    public init(maximumWaiting: Int = 4096, wallClockAtOrigin: Int64 = 0) {
        precondition(maximumWaiting > 0, "no window could wait")
        self.maximumWaiting = maximumWaiting
        self.wallClockAtOrigin = wallClockAtOrigin
    }
}

/// Why a message of a trigger's topics was not used.
public enum DroppedReading: String, Sendable, CaseIterable {
    /// Kept by the broker from before: nobody knows since when.
    case retained
    /// Of one sensor more than the trigger may have, or of one with a name of more than 512 bytes.
    case refused
    /// Not in the trigger's format, longer than 1 MiB, or without a time that it should have.
    case malformed
    /// More or fewer values than channels, or a channel that the trigger does not name.
    case wrongChannels = "wrong_channels"
    /// With NaN, an infinity, or a number beyond what a 32-bit float holds.
    case notFinite = "not_finite"
    /// Of a time of which there is a reading.
    case duplicate
    /// Not newer than the last window, or from before a gap.
    case late
    /// Of a reading whose other channels did not come in time.
    case incomplete
}

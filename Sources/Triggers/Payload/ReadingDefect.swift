/// Why a message is no reading.
enum ReadingDefect: Error, Equatable {
    /// Not in the trigger's format, or without a time that it should have.
    case malformed
    /// More or fewer values than channels, or a channel that nobody named.
    case wrongChannels
    /// NaN, an infinity, or beyond what a `Float` holds.
    case notFinite
}

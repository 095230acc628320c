/// How the readings of a sensor become inputs of a model.
public struct WindowSettings: Sendable, Equatable {
    /// Readings in a window.
    public let length: Int
    /// Readings from the start of a window to the start of the next. More than `length` leaves readings out.
    public let stride: Int
    /// Values in a reading.
    public let channels: Int
    public let normalisation: Normalisation
    /// How long a sensor is remembered of which no reading is taken.
    public let maximumAge: Duration
    /// The longest time between neighbours in a window: after a longer one it starts anew. Nil: any.
    public let maximumGap: Duration?

    /// Lengths and strides that are believed.
    static let lengths = 1...65_536
    static let channelCounts = 1...1024
    /// Values in a window: 4 MiB of them, as much as a task carries.
    static let maximumValues = 1 << 20
}

/// What is done to a window's values before the model sees them.
public enum Normalisation: Sendable, Equatable {
    case none
    /// (x − mean) / standard deviation of the window, each channel by itself. A channel that does not vary becomes 0.
    case window
    /// (x − mean) / standard deviation, with one of each for every channel.
    case fixed(mean: [Float], deviation: [Float])
    /// As the model's archive says: left to who runs it.
    case model
}

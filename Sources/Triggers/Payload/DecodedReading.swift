/// What a message says, beside its values.
struct DecodedReading: Equatable {
    /// Nil if it does not say: it was taken when it came.
    var time: SensorTime?
    /// The position of the channel that its one value is of; nil if it has a value of each, or if the topic says.
    var channel: Int?
}

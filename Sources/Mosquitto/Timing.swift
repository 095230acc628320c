/// The durations that a connection is run by.
struct Timing: Sendable {
    /// From the TCP connection to all subscriptions made.
    var handshake = Duration.seconds(10)
    /// For the broker to answer a SUBSCRIBE or UNSUBSCRIBE.
    var request = Duration.seconds(10)
    /// For sending, at closing, what was handed over before, and the farewell.
    var drain = Duration.seconds(5)
    /// From there, for a stuck connection to take the DISCONNECT.
    var disconnect = Duration.seconds(1)
    /// Between attempts.
    var backOff = BackOff(shortest: .milliseconds(100), longest: .seconds(15))
}

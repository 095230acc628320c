/// What `withMosquitto` does until the first connection stands.
public enum ConnectPolicy: Sendable, Equatable {
    /// Waits for it before the body runs, and throws what stood in the way. What may pass by itself (an absent
    /// broker) is retried for this long, zero being a single attempt; what will not (a wrong password, an untrusted
    /// certificate) is thrown at once.
    case required(within: Duration)
    /// Runs the body at once and tries for ever; the reason of a failure is told as a `.disconnected` event, and
    /// again only when it changes.
    case retrying
}

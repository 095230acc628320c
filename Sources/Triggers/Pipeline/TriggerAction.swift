public import Fleet

/// What the pipeline tells the shell to do, in this order.
public enum TriggerAction: Sendable, Equatable {
    /// Let the fleet infer from this window: `answered` or `failed`, once.
    case infer(WindowJob)
    /// Publish a result, or something for Home Assistant.
    case publish(Message)
}

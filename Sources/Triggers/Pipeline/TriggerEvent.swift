public import Fleet

/// What the shell tells the pipeline.
public enum TriggerEvent: Sendable {
    /// A message came, on any topic.
    case received(Message)
    /// The fleet takes so many windows at a time, from now on.
    case capacity(Int)
    /// The answer to `infer`.
    case answered(WindowID, InferenceAnswer)
    /// The other answer to `infer`: there will be none.
    case failed(WindowID)
    /// Time has passed: at or after `TriggerPipeline.nextTimer`.
    case tick
}

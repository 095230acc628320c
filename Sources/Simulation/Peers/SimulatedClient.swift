import Fleet

/// A job as its client sees it.
struct SimulatedClientJob {
    var isSubmitted = false
    var isAccepted = false
    /// Counts sendings: a look at an earlier one is moot.
    var sendings = 0
    var refusals = 0
    var final: SimulatedAnswer.Content?
    /// Its client has given up waiting.
    var gaveUp = false
    /// Asked for with `Fault.repetition`, by another client.
    var joiner: Int?

    var isOver: Bool { final != nil || gaveUp }
}

/// An invariant that did not hold.
public struct Violation: Sendable, Equatable, CustomStringConvertible {
    public enum Invariant: String, Sendable, CaseIterable {
        case acceptedBeforeStored = "a durable job is accepted only once the journal has it"
        case answeredBeforeStored = "a durable job's answer is handed over only once the journal has it"
        case endedTwice = "a job ends once"
        case answersDiffer = "a job has one answer"
        case wrongAnswer = "the answer is the oracle's"
        case mergedTwice = "no key is merged twice"
        case missing = "no key is missing"
        case credits = "a worker never has more leases than credits"
        case stage = "a shard is sent only once the stages before its own are done"
        case unfitWorker = "nothing is sent to a worker that is offline, draining or set aside"
        case leases = "a shard has two leases at most, at two workers"
        case twiceInARow = "a shard does not go to the same worker twice in a row while others live"
        case stale = "a result counts only under a lease still held"
        case deadline = "a job ends by its deadline"
        case lostJob = "an accepted job ends"
        case bounds = "what is admitted stays within its bounds"
        case leak = "at the end nothing is left"
        case tables = "the core's tables agree with each other"
    }

    public let invariant: Invariant
    public let detail: String

    public var description: String { "\(invariant.rawValue): \(detail)" }
}

import DequeModule
import Fleet

/// Workers that may take a task, longest waiting first.
///
/// Whoever can no longer is found out when its turn comes: a worker stands in a line at most once, so that every
/// place is looked at once.
struct WorkerLine {
    private struct Place {
        let slot: Int
        let generation: UInt32
    }

    /// Whom a line is for.
    enum Kind {
        /// Workers with an idle slot.
        case idle
        /// Workers with credit, whether they have an idle slot or not.
        case spare
    }

    private let kind: Kind
    private var places = Deque<Place>()

    init(_ kind: Kind) { self.kind = kind }

    mutating func join(_ slot: Int, _ workers: inout WorkerTable) {
        guard !workers[slot].stands(in: kind) else { return }
        workers[slot].stand(in: kind, true)
        places.append(Place(slot: slot, generation: workers[slot].generation))
    }

    /// Takes the first out that can take a task and is not `avoided`, who keeps its place.
    mutating func takeFirst(avoiding avoided: Int?, _ workers: inout WorkerTable, at now: Instant) -> Int? {
        var kept: Place?
        defer { if let kept { places.prepend(kept) } }
        while let place = places.popFirst() {
            guard workers[place.slot].generation == place.generation else { continue }
            guard workers[place.slot].canTake(from: kind, at: now) else {
                workers[place.slot].stand(in: kind, false)
                continue
            }
            if place.slot == avoided {
                kept = place
                continue
            }
            workers[place.slot].stand(in: kind, false)
            return place.slot
        }
        return nil
    }
}

extension WorkerRecord {
    fileprivate func stands(in line: WorkerLine.Kind) -> Bool { line == .idle ? isInIdleLine : isInSpareLine }

    fileprivate mutating func stand(in line: WorkerLine.Kind, _ stands: Bool) {
        if line == .idle { isInIdleLine = stands } else { isInSpareLine = stands }
    }

    fileprivate func canTake(from line: WorkerLine.Kind, at now: Instant) -> Bool {
        line == .idle ? hasIdleSlot(at: now) : hasCredit(at: now)
    }
}

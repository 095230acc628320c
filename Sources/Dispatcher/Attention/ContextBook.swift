package import Fleet

/// Which keys and values each worker was sent and keeps, as far as is known: it may have let go of them, says so when it is
/// asked for them, and gets them again.
package struct ContextBook {
    private struct Worker {
        let incarnation: Incarnation
        /// Most bytes of messages that it keeps.
        let budget: Int
        var byteCount = 0
        /// With the tasks that brought them and their bytes, those sent first at the front.
        var kept: [(digest: BlobDigest, lease: UInt64, bytes: Int)] = []
    }

    /// Beyond it what was sent first is taken for gone.
    private static let most = 256

    private var workers: [PeerID: Worker] = [:]

    package init() {}

    /// A worker that says how much it keeps; in a new life it has nothing.
    package mutating func born(_ id: PeerID, _ incarnation: Incarnation, budget: Int) {
        guard workers[id]?.incarnation != incarnation || workers[id]?.budget != budget else { return }
        workers[id] = budget > 0 ? Worker(incarnation: incarnation, budget: budget) : nil
    }

    /// Of the worker, or of its life; nothing that it was sent counts on.
    package mutating func forget(_ id: PeerID) { workers[id] = nil }

    /// At a task the worker did not have what it had been sent before.
    /// - Parameter lease: the number of the task's.
    package mutating func emptied(_ id: PeerID, before lease: UInt64) {
        guard var worker = workers[id] else { return }
        worker.kept.removeAll { $0.lease < lease }
        worker.byteCount = worker.kept.reduce(0) { $0 + $1.bytes }
        workers[id] = worker
    }

    package func keepsContexts(_ id: PeerID) -> Bool { workers[id] != nil }

    package func has(_ digest: BlobDigest, _ id: PeerID) -> Bool {
        workers[id]?.kept.contains { $0.digest == digest } ?? false
    }

    /// - Parameters:
    ///   - bytes: of the task that brings it.
    ///   - lease: the number of that task's; later ones are greater.
    package mutating func sent(_ digest: BlobDigest, bytes: Int, lease: UInt64, to id: PeerID) {
        guard var worker = workers[id], bytes <= worker.budget else { return }
        worker.kept.append((digest, lease, bytes))
        worker.byteCount += bytes
        while worker.byteCount > worker.budget || worker.kept.count > Self.most {
            worker.byteCount -= worker.kept.removeFirst().bytes
        }
        workers[id] = worker
    }
}

extension AttentionPlan {
    /// The keys and values of which one worker gets several shards; without owners, of which there are several.
    package func repeatedContexts(_ problem: AttentionProblem) -> Set<ContextPlace> {
        var repeated: Set<ContextPlace> = []
        var first = 0
        // A worker's shards lie together.
        while first < shards.count {
            var end = first + 1
            while end < shards.count, owners.isEmpty || owners[end] == owners[first] { end += 1 }
            if end - first > 1 { shards[first..<end].noteRepeated(problem, in: &repeated) }
            first = end
        }
        return repeated
    }
}

extension ArraySlice<Shard> {
    fileprivate func noteRepeated(_ problem: AttentionProblem, in repeated: inout Set<ContextPlace>) {
        var seen: Set<ContextPlace> = []
        for shard in self {
            let place = shard.context(of: problem)
            if !seen.insert(place).inserted { repeated.insert(place) }
        }
    }
}

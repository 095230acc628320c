/// One worker's latencies, by shape class; the classes used last.
struct LatencyTable: Sendable {
    private static let most = 8

    private var entries: [(shape: ShapeClass, digest: LatencyDigest)] = []

    subscript(shape: ShapeClass) -> LatencyDigest? { entries.first { $0.shape == shape }?.digest }

    mutating func record(_ latency: Duration, _ shape: ShapeClass) {
        if let index = entries.firstIndex(where: { $0.shape == shape }) {
            entries[index].digest.record(latency)
            // What is used stays: it moves towards the front.
            if index > 0 { entries.swapAt(index, index - 1) }
            return
        }
        if entries.count == Self.most { entries.removeLast() }
        var digest = LatencyDigest()
        digest.record(latency)
        entries.append((shape, digest))
    }
}

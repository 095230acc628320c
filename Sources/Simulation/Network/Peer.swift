/// Whoever has a connection to the broker, by a number: the dispatcher, then workers, then clients.
struct Peer: Hashable {
    let number: Int

    static let dispatcher = Peer(number: 0)

    static func worker(_ index: Int) -> Peer { Peer(number: 1 + index) }
    static func client(_ index: Int, workers: Int) -> Peer { Peer(number: 1 + workers + index) }
}

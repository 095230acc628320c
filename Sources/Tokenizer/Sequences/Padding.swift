/// What the shorter rows of a batch are filled up with.
struct Padding: Sendable, Equatable {
    var id: Int32 = 0
    var typeID: Int32 = 0
    var side: SequenceSide = .right
}

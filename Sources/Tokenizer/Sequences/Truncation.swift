/// Which end of a sequence is cut off, or filled up.
public enum SequenceSide: String, Sendable {
    case left
    case right
}

/// How texts that are too long are cut: the longer of two first (`longest_first`), as the reference does unless told
/// otherwise.
enum Truncation {
    /// How many tokens of two texts stay, with room for `room` of them together.
    static func lengths(_ first: Int, _ second: Int, room: Int) -> (first: Int, second: Int) {
        guard first > room - second else { return (first, second) }
        let (shorter, longer) = halves(min(first, second), room: room)
        return first > second ? (longer, shorter) : (shorter, longer)
    }

    /// The shorter text stays whole if it leaves the other at least its own length; else both get half the room.
    private static func halves(_ shorter: Int, room: Int) -> (shorter: Int, longer: Int) {
        if shorter <= room / 2 { return (shorter, room - shorter) }
        return (room / 2, room / 2 + room % 2)
    }

    /// What stays of `ids`.
    static func cut(_ ids: [Int32], to count: Int, from side: SequenceSide) -> ArraySlice<Int32> {
        switch side {
        case .right: ids.prefix(count)
        case .left: ids.suffix(count)
        }
    }
}

/// What a model reads: one text or two, and the special tokens around them.
struct Template: Sendable, Equatable {
    enum Piece: Sendable, Equatable {
        case first(typeID: Int32)
        case second(typeID: Int32)
        case special([Int32], typeID: Int32)
    }

    let single: [Piece]
    let pair: [Piece]

    /// The texts one after the other, without special tokens.
    static let plain = Template(single: [.first(typeID: 0)], pair: [.first(typeID: 0), .second(typeID: 1)])

    /// `[CLS] A [SEP]`, and `[CLS] A [SEP] B [SEP]`.
    static func bert(start: Int32, separator: Int32) -> Template {
        let single: [Piece] = [
            .special([start], typeID: 0), .first(typeID: 0), .special([separator], typeID: 0),
        ]
        return Template(single: single, pair: single + [.second(typeID: 1), .special([separator], typeID: 1)])
    }

    /// The special tokens that come in addition to the texts'.
    static func specialIDs(_ pieces: [Piece]) -> [Int32] {
        pieces.flatMap { piece -> [Int32] in
            if case .special(let ids, _) = piece { ids } else { [] }
        }
    }

    static func fill(
        _ pieces: [Piece], _ first: ArraySlice<Int32>, _ second: ArraySlice<Int32>
    ) -> (ids: [Int32], typeIDs: [Int32]) {
        var ids: [Int32] = []
        var typeIDs: [Int32] = []
        for piece in pieces {
            switch piece {
            case .first(let typeID):
                ids += first
                typeIDs += repeatElement(typeID, count: first.count)
            case .second(let typeID):
                ids += second
                typeIDs += repeatElement(typeID, count: second.count)
            case .special(let special, let typeID):
                ids += special
                typeIDs += repeatElement(typeID, count: special.count)
            }
        }
        return (ids, typeIDs)
    }
}

@testable import Dispatcher
import Fleet
import Testing

@Suite("What workers are known to keep") struct ContextBookTests {
    private let worker = PeerID("w")!

    private func digest(_ number: UInt8) -> BlobDigest { BlobDigest(bytes: Array(repeating: number, count: 32))! }

    private func book(budget: Int) -> ContextBook {
        var book = ContextBook()
        book.born(worker, Incarnation(1), budget: budget)
        return book
    }

    @Test("What was sent is kept, by workers that say that they keep such")
    func sent() {
        var book = book(budget: 100)
        #expect(book.keepsContexts(worker) && !book.has(digest(1), worker))
        book.sent(digest(1), bytes: 60, lease: 1, to: worker)
        #expect(book.has(digest(1), worker))
        let other = PeerID("other")!
        book.sent(digest(1), bytes: 60, lease: 2, to: other)
        #expect(!book.keepsContexts(other) && !book.has(digest(1), other))
        book.born(other, Incarnation(1), budget: 0)
        #expect(!book.keepsContexts(other))
    }

    @Test("What no longer fits beside later ones is gone, and what never fits was never kept")
    func bounded() {
        var book = book(budget: 100)
        book.sent(digest(1), bytes: 60, lease: 3, to: worker)
        book.sent(digest(2), bytes: 101, lease: 4, to: worker)
        #expect(book.has(digest(1), worker) && !book.has(digest(2), worker))
        book.sent(digest(3), bytes: 41, lease: 5, to: worker)
        #expect(!book.has(digest(1), worker) && book.has(digest(3), worker))
    }

    @Test("What was missing at a task says nothing of what was sent after it")
    func sentAgain() {
        var book = book(budget: 100)
        book.sent(digest(1), bytes: 60, lease: 1, to: worker)
        book.emptied(worker, before: 2)
        book.sent(digest(1), bytes: 60, lease: 4, to: worker)
        book.emptied(worker, before: 3)
        #expect(book.has(digest(1), worker))
    }

    @Test("A new life, a loss, or the worker's own word end it; the same birth again does not")
    func ended() {
        for end: (inout ContextBook) -> Void in [
            { $0.born(worker, Incarnation(2), budget: 100) }, { $0.forget(worker) },
            { $0.emptied(worker, before: 100) },
        ] {
            var book = book(budget: 100)
            book.sent(digest(1), bytes: 60, lease: 6, to: worker)
            book.born(worker, Incarnation(1), budget: 100)
            #expect(book.has(digest(1), worker))
            end(&book)
            #expect(!book.has(digest(1), worker))
        }
    }
}

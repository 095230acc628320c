import Testing

@testable import Simulation

@Suite("Leaving out what a failure does not need")
struct DeltaDebuggingTests {
    @Test("what is left fails, and without any one item it does not", arguments: 1...4)
    func isMinimal(needed: Int) {
        for first in 0..<24 {
            // Any items, apart or side by side.
            let culprits = Set((0..<needed).map { (first + $0 * 7) % 24 })
            let left = smallestFailing(Array(0..<24)) { culprits.isSubset(of: $0) }
            #expect(Set(left) == culprits)
            #expect(left == left.sorted())
        }
    }

    @Test("one of several causes is enough")
    func findsOneCause() {
        let left = smallestFailing(Array(0..<100)) {
            Set($0).isSuperset(of: [3, 98]) || Set($0).isSuperset(of: [40, 41, 42])
        }
        #expect(left == [3, 98] || left == [40, 41, 42])
    }

    @Test("what fails with nothing is left with nothing")
    func needsNothing() {
        #expect(smallestFailing([1, 2, 3]) { _ in true }.isEmpty)
        #expect(smallestFailing([Int]()) { _ in true }.isEmpty)
    }

    @Test("it asks no more often than it may, and what it returns fails", arguments: 0...40)
    func isBounded(most: Int) {
        var asked = 0
        let left = smallestFailing(Array(0..<64), asking: most) {
            asked += 1
            return Set($0).isSuperset(of: [1, 22, 63])
        }
        #expect(asked <= most)
        #expect(Set(left).isSuperset(of: [1, 22, 63]))
    }

    @Test("a single cause is found in about as many steps as there are digits")
    func isQuick() {
        var asked = 0
        let left = smallestFailing(Array(0..<1024)) {
            asked += 1
            return $0.contains(700)
        }
        #expect(left == [700])
        #expect(asked <= 40)
    }
}

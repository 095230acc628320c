import Fleet
import Testing

@testable import Mosquitto

/// The bound on what is handed over and not settled.
@Suite struct PublishWindowTests {
    private func caller(_ id: UInt64, _ bytes: Int, _ qos: QoS = .atMostOnce) -> PublishWindow.Caller {
        PublishWindow.Caller(id: id, bytes: bytes, qos: qos)
    }

    @Test func roomIsGivenInTheOrderOfAsking() {
        var window = PublishWindow(maximumBytes: 100)
        #expect(window.enter(60) == true)
        #expect(window.enter(50) == false)
        window.wait(caller(1, 50))
        // It would fit, but may not overtake.
        #expect(window.enter(10) == false)
        window.wait(caller(2, 10))
        #expect(window.leave(60) == [1, 2])
        #expect(window.bytes == 60 && window.messages == 2)
    }

    @Test func aMessageLargerThanTheWindowGoesAlone() {
        var window = PublishWindow(maximumBytes: 100)
        #expect(window.enter(1_000) == true)
        #expect(window.enter(0) == false)
        window.wait(caller(1, 5_000))
        #expect(window.leave(1_000) == [1])
        #expect(window.leave(5_000) == [])
        #expect(window.bytes == 0 && window.messages == 0)
    }

    @Test func messagesAreCountedEvenWithoutBytes() {
        var window = PublishWindow(maximumBytes: 100)
        var taken = 0
        while window.enter(0), taken <= PublishWindow.maximumMessages { taken += 1 }
        #expect(taken == PublishWindow.maximumMessages)
    }

    @Test func whoLeavesTheLineLetsOthersIn() {
        var window = PublishWindow(maximumBytes: 100)
        #expect(window.enter(50) == true)
        window.wait(caller(1, 100))
        window.wait(caller(2, 50, .atLeastOnce))
        let (withdrawn, admitted) = window.withdraw { $0.qos == .atMostOnce }
        #expect(withdrawn == [1])
        #expect(admitted == [2])
    }
}

/// Messages on their way to the broker.
@Suite struct OutboxTests {
    private func message(_ value: UInt8, _ qos: QoS) -> Message { Message(topic: "t", payload: [value], qos: qos) }

    @Test func aLossTakesQoS0AndLeavesQoS1InOrder() {
        var outbox = Outbox()
        for value in UInt8(0)..<50 {
            let isKept = value % 2 == 0
            outbox.add(message(value, isKept ? .atLeastOnce : .atMostOnce), bytes: Int(value), packet: Int32(value))
        }
        #expect(outbox.settle(0) == 0)
        #expect(outbox.settle(0) == nil)
        #expect(outbox.connectionLost().reduce(0, +) == stride(from: 1, to: 50, by: 2).reduce(0, +))
        #expect(outbox.unsent().compactMap { $0.message?.payload[0] } == Array(stride(from: 2, to: 50, by: 2)))
        // Packet identifiers of the old connection mean nothing on the new one.
        #expect(outbox.settle(2) == nil)
    }

    @Test func identifiersThatCameRoundSettleTheOlderFirst() {
        var outbox = Outbox()
        outbox.add(message(1, .atMostOnce), bytes: 1, packet: 7)
        outbox.add(message(2, .atMostOnce), bytes: 2, packet: 7)
        #expect(outbox.settle(7) == 1)
        #expect(outbox.settle(7) == 2)
        #expect(outbox.isEmpty)
    }
}

/// What is subscribed to, and what the broker was asked.
@Suite struct SubscriptionBookTests {
    @Test func aLaterSubscriptionReplacesTheSameFilter() {
        var book = SubscriptionBook()
        book.remember([Subscription("a"), Subscription("b")])
        book.remember([Subscription("a", qos: .atLeastOnce)])
        #expect(book.remembered == [Subscription("b"), Subscription("a", qos: .atLeastOnce)])
        book.forget(["b"])
        #expect(book.remembered.map(\.filter) == ["a"])
    }

    @Test func packetsHaveOneQoSAndABoundedNumberOfFilters() {
        let wanted = (0..<70).map { Subscription("\($0)", qos: $0 < 40 ? .atMostOnce : .atLeastOnce) }
        let packets = SubscriptionBook.packets(wanted)
        #expect(packets.map(\.filters.count) == [32, 8, 30])
        #expect(packets.map(\.qos) == [.atMostOnce, .atMostOnce, .atLeastOnce])
    }

    @Test func aRequestEndsWithItsLastPacketAndGathersRefusals() throws {
        var book = SubscriptionBook()
        book.begin(5, filters: ["a", "b", "c"], deadline: .now)
        book.asked(5, packet: 1, filters: ["a", "b"])
        book.asked(5, packet: 2, filters: ["c"])
        let unknown = book.answered(9, [0])
        #expect(unknown == nil)
        let first = book.answered(1, [0, 135])
        #expect(first == nil)
        let last = book.answered(2, [1])
        let ended = try #require(last)
        #expect(ended.id == 5)
        #expect(ended.refused == [SubscriptionBook.Refusal(filter: "b", reason: 135)])
        #expect(!book.isWaiting(for: 5))
    }

    @Test func overdueRequestsAreFoundButRenewalsHaveAnotherBound() {
        var book = SubscriptionBook()
        let deadline = ContinuousClock.now
        book.begin(SubscriptionBook.renewal, filters: ["a"], deadline: deadline)
        book.begin(8, filters: ["b"], deadline: deadline)
        #expect(book.overdue(at: deadline - .seconds(1)) == [])
        #expect(book.overdue(at: deadline) == [8])
        #expect(book.connectionLost() == [8])
    }
}

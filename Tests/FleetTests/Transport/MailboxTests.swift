import Fleet
import Testing

/// The queue between a transport and its consumer.
@Suite struct MailboxTests {
    private func message(_ bytes: Int) -> TransportEvent {
        .message(Message(topic: "t", payload: Array(repeating: 0, count: bytes)))
    }

    @Test func whatDoesNotFitIsCountedAndEventsAlwaysFit() async {
        let mailbox = Mailbox(limits: .init(messages: 2, bytes: 100))
        #expect(mailbox.send(message(60)))
        #expect(!mailbox.send(message(60)))
        #expect(mailbox.send(message(40)))
        #expect(!mailbox.send(message(0)))
        #expect(mailbox.send(.connected))
        #expect(mailbox.dropped == 2 && mailbox.count == 2)
        #expect(await mailbox.next() == message(60))
        #expect(mailbox.send(message(60)))
        #expect(await mailbox.next() == message(40))
        #expect(await mailbox.next() == .connected)
        #expect(await mailbox.next() == message(60))
    }

    @Test func oneMessageIsTakenHoweverLarge() {
        let mailbox = Mailbox(limits: .init(messages: 2, bytes: 100))
        #expect(mailbox.send(message(1_000)))
        #expect(!mailbox.send(message(1)))
    }

    @Test func aFinishedMailboxGivesWhatItHasAndEnds() async {
        let mailbox = Mailbox()
        mailbox.send(message(1))
        mailbox.finish()
        #expect(!mailbox.send(message(2)))
        #expect(await mailbox.next() == message(1))
        #expect(await mailbox.next() == nil)
    }

    @Test func aCancelledConsumerStopsWaitingAndLosesNothing() async {
        let mailbox = Mailbox()
        let waiting = Task { await mailbox.next() }
        waiting.cancel()
        #expect(await waiting.value == nil)
        mailbox.send(message(1))
        #expect(await mailbox.next() == message(1))
    }
}

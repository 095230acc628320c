import Fleet
import Testing

@testable import Mosquitto

/// The waits between attempts to connect.
@Suite struct BackOffTests {
    private let shortest = Duration.milliseconds(100)
    private let longest = Duration.seconds(15)

    @Test func waitsDoubleUpToTheLongestWithinTheirJitter() {
        var backOff = BackOff(shortest: shortest, longest: longest)
        var random = SeededGenerator(seed: 1)
        for attempt in 0..<100 {
            let full = min(shortest * (1 << min(attempt, 20)), longest)
            let wait = backOff.wait(afterLasting: nil, using: &random)
            #expect(wait >= full / 2 && wait <= full, "attempt \(attempt)")
        }
    }

    @Test func onlyAConnectionThatLastedStartsTheWaitsAnew() {
        var backOff = BackOff(shortest: shortest, longest: longest)
        var random = SeededGenerator(seed: 2)
        for _ in 0..<10 { _ = backOff.wait(afterLasting: .milliseconds(50), using: &random) }
        #expect(backOff.wait(afterLasting: .milliseconds(50), using: &random) >= longest / 2)
        #expect(backOff.wait(afterLasting: .seconds(60), using: &random) <= shortest)
    }

    @Test func aContestedIDWaitsTheLongestAtOnce() {
        var backOff = BackOff(shortest: shortest, longest: longest)
        var random = SeededGenerator(seed: 3)
        #expect(backOff.wait(afterLasting: .seconds(60), isContested: true, using: &random) >= longest / 2)
    }
}

/// Which failures become events.
@Suite struct NarratorTests {
    @Test func aLossIsToldOnceHoweverManyAttemptsFail() {
        var narrator = Narrator(isFirstRequired: true)
        #expect(narrator.tells("lost", wasConnected: true) == "lost")
        for reason in ["refused", "refused", "unknown host"] {
            #expect(narrator.tells(reason, wasConnected: false) == nil)
        }
        #expect(narrator.tells("lost", wasConnected: true) == "lost")
    }

    @Test func beforeTheFirstConnectionEachNewReasonIsToldOnce() {
        var narrator = Narrator(isFirstRequired: false)
        let told = ["refused", "refused", "denied", "denied", "refused"].map {
            narrator.tells($0, wasConnected: false)
        }
        #expect(told == ["refused", nil, "denied", nil, "refused"])
    }

    @Test func beforeARequiredFirstConnectionNothingIsTold() {
        var narrator = Narrator(isFirstRequired: true)
        #expect(narrator.tells("refused", wasConnected: false) == nil)
    }
}

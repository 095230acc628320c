// Instants and durations in nanoseconds, at the ends of their range too: timeouts come from users.

import Fleet
import Testing

@Suite("Instants and durations") struct InstantTests {
    @Test("A duration in nanoseconds is exact, and cut towards zero below one")
    func exact() {
        #expect(Duration.nanoseconds(-3).nanoseconds == -3)
        #expect(Duration.milliseconds(1500).nanoseconds == 1_500_000_000)
        #expect(Duration(secondsComponent: 0, attosecondsComponent: 1_999_999_999).nanoseconds == 1)
        #expect(Duration(secondsComponent: 0, attosecondsComponent: -1_999_999_999).nanoseconds == -1)
    }

    @Test("What no Int64 holds is held at the ends; longer is never shorter")
    func held() {
        // Around where seconds, then nanoseconds, stop fitting.
        let seconds: [Int64] = [
            0, 4_611_686_018, 4_611_686_019, 9_223_372_035, 9_223_372_036, 9_223_372_037, .max / 2, .max,
        ]
        var last = Int64.min
        for second in seconds {
            for attosecond: Int64 in [0, 999_999_999_999_999_999] {
                let duration = Duration(secondsComponent: second, attosecondsComponent: attosecond)
                #expect(duration.nanoseconds >= last)
                #expect(duration.nanoseconds <= .max / 2)
                let negative = Duration(secondsComponent: -second, attosecondsComponent: -attosecond)
                #expect(negative.nanoseconds == -duration.nanoseconds)
                last = duration.nanoseconds
            }
        }
    }

    @Test("An instant can be advanced by the longest duration")
    func longest() {
        let later = Instant(nanoseconds: 1 << 60).advanced(by: .seconds(Int64.max))
        #expect(later > .origin)
        #expect(Instant.origin.advanced(by: .seconds(2)).duration(to: .origin) == .seconds(-2))
    }
}

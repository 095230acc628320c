import Codecs
import Fleet

/// What a run came to. Wrong, lost and doubled must be 0.
struct ChaosReport: Sendable {
    let seed: UInt64
    let elapsed: Duration
    let state: Ledger.State
    let strikes: [Nemesis: Int]
    /// Children that ended though no nemesis had a hand in it.
    let crashes: [String]

    private var finals: [Ledger.Final] { state.entries.values.compactMap(\.final) }

    var submitted: Int { state.entries.count }
    var durable: Int { state.entries.values.count { $0.isDurable } }
    var accepted: Int { state.entries.values.count { $0.isAccepted } }
    var answered: Int { finals.count { $0 == .right } }
    var cancelled: Int { finals.count { $0 == .cancelled } }
    var wrong: Int { finals.count { $0 == .wrong } }
    var lost: Int { finals.count { $0 == .lost } + state.entries.values.count { $0.final == nil } }
    var doubled: Int { state.doubled.count }

    var failed: [String: Int] {
        finals.reduce(into: [:]) { counts, final in
            if case .failed(let code) = final { counts[code, default: 0] += 1 }
        }
    }

    var isClean: Bool { wrong == 0 && lost == 0 && doubled == 0 && crashes.isEmpty }

    var text: String {
        let failures = failed.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let blows = Nemesis.allCases.map { "\($0.rawValue) \(strikes[$0] ?? 0)" }.joined(separator: ", ")
        var lines = [
            "submitted \(submitted) (durable \(durable)), accepted \(accepted)",
            "answered \(answered), cancelled \(cancelled), failed \(failures.isEmpty ? "0" : failures)",
            "answered wrongly \(wrong), lost \(lost), doubled \(doubled)",
            "longest stall \((state.longestStall.inSeconds * 10).rounded() / 10) s, "
                + "\((Double(answered) / elapsed.inSeconds * 10).rounded() / 10) answers/s over "
                + "\(Int(elapsed.inSeconds)) s, seed \(seed)",
            "strikes: \(blows)",
        ]
        lines += crashes.map { "crashed: \($0)" }
        return lines.joined(separator: "\n")
    }

    var json: JSON {
        [
            "seed": JSON(seed), "elapsed_ms": JSON(Int(elapsed.inMilliseconds)), "submitted": JSON(submitted),
            "durable": JSON(durable), "accepted": JSON(accepted), "answered": JSON(answered),
            "cancelled": JSON(cancelled), "failed": .object(JSON.Object(failed.map { ($0, JSON($1)) })),
            "wrong": JSON(wrong), "lost": JSON(lost), "doubled": JSON(doubled),
            "longest_stall_ms": JSON(Int(state.longestStall.inMilliseconds)),
            "strikes": .object(JSON.Object(strikes.map { ($0.rawValue, JSON($1)) })), "crashes": JSON(crashes),
        ]
    }
}

import Dispatcher

@testable import journal_crash

/// What the victims were promised, as far as their output tells.
struct Promises {
    enum Stage: Int, Comparable {
        case none, stored, waiting, ended, forgotten

        static func < (a: Stage, b: Stage) -> Bool { a.rawValue < b.rawValue }
    }

    /// How far a job was asked to go, and how far it was told to have gone.
    struct Stages {
        var begun = Stage.none
        var done = Stage.none

        var allowsAbsence: Bool { done == .none || begun == .forgotten }

        func allowsWaiters(_ waiters: [JournaledWaiter], of job: CrashJob) -> Bool {
            if begun >= .waiting, waiters == job.laterWaiters { return true }
            return done < .waiting && waiters == job.journaled.waiters
        }
    }

    struct UnknownLine: Error { let line: String }

    private(set) var stages: [String: Stages] = [:]
    private(set) var epoch: UInt64 = 0
    private(set) var count = 0

    mutating func hear(_ lines: [String]) throws {
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 2 else { throw UnknownLine(line: line) }
            let name = words[1]
            switch words[0] {
            case "epoch":
                guard let next = UInt64(name), next > epoch else { throw UnknownLine(line: line) }
                epoch = next
            case "begin-store": stages[name, default: Stages()].begun = .stored
            case "begin-wait": stages[name, default: Stages()].begun = .waiting
            case "begin-end": stages[name, default: Stages()].begun = .ended
            case "begin-forget": stages[name, default: Stages()].begun = .forgotten
            case "done-store": promise(name, .stored)
            case "done-wait": promise(name, .waiting)
            case "done-end": promise(name, .ended)
            case "done-forget": promise(name, .forgotten)
            default: throw UnknownLine(line: line)
            }
        }
    }

    private mutating func promise(_ name: String, _ stage: Stage) {
        stages[name, default: Stages()].done = stage
        count += 1
    }
}

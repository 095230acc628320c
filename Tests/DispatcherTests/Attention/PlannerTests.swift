// Plans: every pair of a query and a key that it may see is computed exactly once, in messages of bounded size.

import AttnMath
import Codecs
@testable import Dispatcher
import Fleet
import Testing

@Suite("Planner") struct PlannerTests {
    @Test("Random problems and limits: plans cover exactly, in order, within the limits", arguments: 0..<60)
    func properties(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<10 {
            let problem = AttentionProblem.random(&random)
            let limits = PlanLimits(
                slots: Int.random(in: 1...20, using: &random),
                // From barely more than one query and one key of the largest head sizes to everything in one.
                messageBytes: 400 << Int.random(in: 0...8, using: &random),
                wire: WireFormat.allCases.randomElement(using: &random) ?? .f32,
                smallestFlops: [0, 100, 2e6].randomElement(using: &random) ?? 0)
            let plan = try planAttention(problem, limits: limits)
            if let defect = firstDefect(plan, problem, limits) {
                Issue.record("seed \(seed): \(defect) in the plan for \(problem) within \(limits)")
            }
        }
    }

    @Test("Every small window, padding and kind of scores: every pair once, no key without a query that sees it")
    func exhaustiveWindows() throws {
        let windows: [Int?] = [nil, 0, 1, 3]
        for (queries, keys) in [(1, 1), (1, 6), (4, 4), (5, 3), (3, 7)] {
            for past in 0...min(2, keys - 1) {
                for (left, right) in windows.flatMap({ left in windows.map { (left, $0) } }) {
                    for isCausal in [false, true] {
                        for output in [nil, ScoreOutput.raw, .probabilities] {
                            var problem = plain
                            (problem.queryHeads, problem.kvHeads, problem.batch) = (1, 1, 1)
                            (problem.queryLength, problem.keyLength, problem.pastLength) = (queries, keys, past)
                            (problem.leftWindow, problem.rightWindow) = (left, right)
                            (problem.isCausal, problem.scoreOutput) = (isCausal, output)
                            try expectNoDefect(problem)
                            problem.pastLength = 0
                            (problem.batch, problem.validKeys) = (2, [keys / 2, keys])
                            try expectNoDefect(problem)
                        }
                    }
                }
            }
        }
    }

    private func expectNoDefect(
        _ problem: AttentionProblem, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for messageBytes in [100, 200, 1 << 20] {
            let limits = PlanLimits(slots: 1, messageBytes: messageBytes, smallestFlops: 0)
            let plan = try planAttention(problem, limits: limits)
            if let defect = firstDefect(plan, problem, limits) {
                Issue.record("\(defect) in the plan for \(problem) within \(limits)", sourceLocation: sourceLocation)
            }
        }
    }

    @Test("A window makes messages small: a long sequence is cut into queries with the few keys around them")
    func longWindow() throws {
        var problem = plain
        (problem.queryHeads, problem.kvHeads, problem.headSize, problem.valueHeadSize) = (1, 1, 64, 64)
        (problem.queryLength, problem.keyLength, problem.leftWindow, problem.isCausal) = (8192, 8192, 255, true)
        let plan = try planAttention(problem, limits: PlanLimits(slots: 8))
        #expect(plan.shards.count == 8)
        for shard in plan.shards.dropFirst() { #expect(shard.keys.count == 1024 + 255) }
    }

    @Test("The work of a problem is that of its visible pairs, and of the projections and tanh of additive scores")
    func flops() {
        var problem = plain
        // 2 heads; 35 pairs, of which causality leaves 15, and a window of one key and its neighbour 9; 2 · (4 + 4) each.
        #expect(problem.flops == 2 * 35 * 16)
        problem.isCausal = true
        #expect(problem.flops == 2 * 15 * 16)
        problem.leftWindow = 1
        #expect(problem.flops == 2 * 9 * 16)
        problem.scoreOutput = .biased
        #expect(problem.flops == 2 * 9 * 24)
        problem.scoreOutput = .raw
        let (visible, all) = (2 * 9 * 16, 2 * 35 * 8)
        #expect(problem.flops == Double(visible + all))
        problem.scoreOutput = nil
        problem.scoring = .additive(
            AdditiveScoring(hiddenSize: 3, keySize: 6, queryWeightHeads: 1, keyWeightHeads: 1, scoreWeightHeads: 1))
        let (scores, projections) = (2 * 9 * (60 + 8), 2 * 3 * (2 * 5 * 4 + 2 * 7 * 6))
        #expect(problem.flops == Double(scores + projections))
    }

    @Test("Weights may make a task larger than a message is to be, not larger than a packet")
    func weights() throws {
        var problem = plain
        problem.scoring = .additive(
            AdditiveScoring(hiddenSize: 1000, keySize: 4, queryWeightHeads: 1, keyWeightHeads: 1, scoreWeightHeads: 1))
        // Two heads of 5 × 4 and 7 × 8 numbers.
        #expect(try planAttention(problem, limits: PlanLimits(slots: 1, messageBytes: 700)).shards.count == 1)
        expectTooLarge(problem, PlanLimits(slots: 1, messageBytes: 700, packetBytes: 36_000))
        // A shard's projections stay within a packet, however small what is projected.
        (problem.queryLength, problem.keyLength) = (1 << 16, 1 << 16)
        #expect(try planAttention(problem, limits: PlanLimits(slots: 1, messageBytes: 1 << 28)).shards.count >= 4)
    }

    @Test("Every number of groups, group size and slots: the largest head range still fits its message")
    func unevenHeads() throws {
        for kvHeads in 1...7 {
            for group in 1...4 {
                for heads in 1...12 {
                    var problem = plain
                    (problem.queryHeads, problem.kvHeads) = (kvHeads * group, kvHeads)
                    // Room for about `heads` heads.
                    let limits = PlanLimits(slots: 1, messageBytes: heads * 4 * 5 * 4 + 300, smallestFlops: .infinity)
                    let plan = try planAttention(problem, limits: limits)
                    #expect(firstDefect(plan, problem, limits) == nil, "\(kvHeads) groups of \(group), \(heads)")
                }
            }
        }
    }

    @Test("Heads are cut first, then queries, then keys; not beyond the slots")
    func order() throws {
        var problem = plain
        (problem.queryHeads, problem.kvHeads, problem.queryLength, problem.keyLength) = (4, 2, 256, 2048)
        func cuts(_ slots: Int) throws -> [Int] {
            let plan = try planAttention(
                problem, limits: PlanLimits(slots: slots, messageBytes: 1 << 30, smallestFlops: 0))
            return [plan.headRanges, plan.queryRanges, plan.keyRanges]
        }
        #expect(try cuts(1) == [1, 1, 1])
        #expect(try cuts(2) == [2, 1, 1])
        #expect(try cuts(4) == [4, 1, 1])
        #expect(try cuts(8) == [4, 2, 1])
        #expect(try cuts(16) == [4, 4, 1])
        #expect(try cuts(32) == [4, 4, 2])
    }

    @Test("A job too small to be worth a message more is one shard, however many slots there are")
    func small() throws {
        #expect(try planAttention(plain, limits: PlanLimits(slots: 100)).shards.count == 1)
    }

    @Test("Keys that nobody sees are in no shard: padding, causality, a short mask")
    func invisible() throws {
        var problem = plain
        problem.validKeys = [0]
        #expect(try planAttention(problem, limits: PlanLimits(slots: 3)).shards.isEmpty)
        problem.validKeys = [3]
        #expect(try planAttention(problem, limits: PlanLimits(slots: 1)).shards.map(\.keys) == [0..<3])
        problem.validKeys = nil
        problem.mask = MaskLayout(kind: .boolean, sizes: [1, 1, 1, 4])
        #expect(try planAttention(problem, limits: PlanLimits(slots: 1)).shards.map(\.keys) == [0..<4])
        problem.mask = nil
        problem.isCausal = true
        #expect(try planAttention(problem, limits: PlanLimits(slots: 1)).shards.map(\.keys) == [0..<5])
    }

    @Test("What no message can carry, or too many would have to, is refused before it is planned out")
    func tooLarge() {
        var wide = plain
        wide.headSize = 1000
        expectTooLarge(wide, PlanLimits(slots: 1, messageBytes: 4000))
        var long = plain
        (long.queryLength, long.keyLength) = (1 << 20, 1 << 20)
        expectTooLarge(long, PlanLimits(slots: 1, messageBytes: 1000))
        var many = plain
        many.batch = maxShards + 1
        expectTooLarge(many, PlanLimits(slots: 1))
        many.batch = maxShards
        #expect((try? planAttention(many, limits: PlanLimits(slots: 1)))?.shards.count == maxShards)
    }

    @Test("No message is planned that MQTT could not carry")
    func packetLimit() {
        #expect(PlanLimits(slots: 1, messageBytes: .max).messageBytes == Message.maximumPacketSize)
    }

    private func expectTooLarge(
        _ problem: AttentionProblem, _ limits: PlanLimits, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        do throws(JobError) {
            let plan = try planAttention(problem, limits: limits)
            Issue.record("planned as \(plan.shards.count) shards", sourceLocation: sourceLocation)
        } catch { #expect(error.code == .tooLarge, sourceLocation: sourceLocation) }
    }

    private var plain: AttentionProblem {
        AttentionProblem(
            batch: 1, queryHeads: 2, kvHeads: 2, queryLength: 5, keyLength: 7, headSize: 4, valueHeadSize: 4, scale: 1,
            isCausal: false)
    }
}

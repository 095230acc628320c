import Codecs
import Fleet

/// What a progress message says about a shard.
enum DemoProgress {
    struct Shard {
        let index: Int
        let heads: String
        let worker: String
        let attempt: Int
        let done: Double
        let compute: Double
    }

    case done(Shard, done: Int, total: Int)
    case retried(shard: Int, reason: String, at: Double)

    init?(_ answer: JobAnswer) {
        guard answer.status == .progress, let report = answer.report?.objectValue else { return nil }
        do throws(JSONError) {
            let shard = try report.object("shard")
            switch try report.string("event") {
            case "shard-done":
                let heads = try shard.ints("heads")
                self = .done(
                    Shard(
                        index: try shard.int("shard"),
                        heads: Self.text(ofHeads: heads),
                        worker: try shard.string("worker"), attempt: try shard.int("attempt"),
                        done: try shard.double("done_ms"), compute: try shard.double("compute_ms")),
                    done: try report.int("done"), total: try report.int("total"))
            case "shard-retried":
                self = .retried(
                    shard: try shard.int("shard"), reason: try shard.string("reason"), at: try shard.double("at_ms"))
            default: return nil
            }
        } catch {
            return nil
        }
    }

    private static func text(ofHeads range: [Int]) -> String {
        guard range.count == 2 else { return "" }
        return range[1] - range[0] == 1 ? "head \(range[0])" : "heads \(range[0])–\(range[1] - 1)"
    }
}

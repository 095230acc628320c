import Codecs
import Demo
import Fleet
import Foundation
import Mosquitto

/// Sentences published in plain text, which come back as embeddings; each is shown with the label that it is nearest to.
struct SentenceDemo {
    let transport: MosquittoTransport
    let page: DemoPage
    let models: DemoModels

    /// What sentences may be about, as sentences themselves.
    private static let labels = [
        "Something is burning.", "Water is leaking.", "It is too cold in here.", "Somebody is at the door.",
        "A machine makes a strange noise.", "The battery is empty.",
    ]

    /// Sentences that we wrote, with the label that we meant: its place above.
    private static let sentences: [(text: String, label: Int)] = [
        ("I smell smoke in the hallway.", 0), ("There are flames behind the oven!", 0),
        ("The floor under the sink is wet.", 1), ("The pipe in the cellar drips again.", 1),
        ("Could you turn the heating up? I am freezing.", 2),
        ("The temperature in the bedroom is down to 14 degrees.", 2),
        ("The postman just rang the bell.", 3), ("A visitor is waiting outside.", 3),
        ("The pump has been rattling since this morning.", 4), ("The fan squeals when it starts.", 4),
        ("My phone is dead, it needs charging.", 5), ("The sensor in the attic has no power left.", 5),
    ]

    func run() async throws {
        page.title("Sentences")
        guard models.hasSentenceModel else {
            page.line("\(models.folder)/\(DemoModels.sentenceName) is not there, so this part is left out;")
            page.line("tools/install_minilm fetches it (90 MB)")
            return
        }
        page.line("\(DemoModels.sentenceName): published in plain text, back as 384 numbers; with the nearest label")
        try await transport.subscribe([Subscription("\(DemoTriggers.sentenceResults)/+", qos: .atLeastOnce)])
        let texts = Self.labels + Self.sentences.map(\.text)
        for (number, text) in texts.enumerated() {
            try await transport.publish(
                Message(topic: "demo/sentence/\(number)", payload: Array(text.utf8), qos: .atLeastOnce))
        }
        let embeddings = try await embeddings(texts.count)
        var right = 0
        for (number, sentence) in Self.sentences.enumerated() {
            guard let embedding = embeddings[Self.labels.count + number] else { continue }
            let nearest = nearest(to: embedding, embeddings)
            right += nearest.label == sentence.label ? 1 : 0
            show(sentence.text, nearest, isRight: nearest.label == sentence.label)
        }
        page.line("\(right) of \(Self.sentences.count) nearest to the label that was meant")
    }

    private func show(_ text: String, _ nearest: (label: Int, cosine: Double), isRight: Bool) {
        let mark = isRight ? page.palette.styled("✓", .green) : page.palette.styled("✗", .red)
        page.line("\(mark) \(text.padded(54)) \(fixed(nearest.cosine, 2))  \(Self.labels[nearest.label])")
    }

    /// Waits for all, within a bound: the first sentence waits for the workers to fetch the model.
    private func embeddings(_ count: Int) async throws -> [Int: [Double]] {
        let found = try await withThrowingTaskGroup(of: [Int: [Double]]?.self) { group in
            group.addTask {
                var found: [Int: [Double]] = [:]
                for await case .message(let message) in transport.events {
                    // What cannot be read has not come back, which is told below.
                    guard let number = message.topic.split(separator: "/").last.flatMap({ Int($0) }),
                        let json = try? JSON(parsing: message.payload).object(),
                        let embedding = try? json.doubles("embedding")
                    else { continue }
                    found[number] = embedding
                    if found.count == count { return found }
                }
                return nil
            }
            group.addTask {
                try await ContinuousClock().sleep(for: .seconds(120))
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let found else { throw CommandFailure("not every sentence came back within two minutes") }
        return found
    }

    private func nearest(to embedding: [Double], _ embeddings: [Int: [Double]]) -> (label: Int, cosine: Double) {
        let cosines = Self.labels.indices.map { label in
            zip(embedding, embeddings[label] ?? []).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let best = cosines.indices.max { cosines[$0] < cosines[$1] } ?? 0
        return (best, cosines[best])
    }
}

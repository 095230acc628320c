// A plan's timeline as a picture.

@testable import Dispatcher
import Fleet
import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite("A plan's picture") struct TimelineDrawingTests {
    private static func fleet(workers: Int, slots: Int = 1) -> FleetProfile {
        FleetProfile(
            workers: (0..<workers).map {
                WorkerProfile(
                    id: peer("w\($0)"), slots: slots, speed: 1e8, link: Link(roundTrip: 1e-3, bytesPerSecond: 1e9))
            }, broker: Link(roundTrip: 1e-5, bytesPerSecond: 1e11))
    }

    private static let problem = AttentionProblem(
        batch: 1, queryHeads: 16, kvHeads: 16, queryLength: 1024, keyLength: 1024, headSize: 64, valueHeadSize: 64,
        scale: 1, isCausal: false)

    private func drawing(
        _ fleet: FleetProfile, _ problem: AttentionProblem = problem
    ) throws -> (FleetPlan, Picture) {
        let plan = try #require(try planAttention(problem, fleet: fleet, limits: PlanLimits(slots: 1)))
        return (plan, try Picture(TimelineDrawing(plan, problem, wire: .f32).svg))
    }

    @Test("has each worker's name once, in the middle of its slots, and three bars for each shard")
    func rows() throws {
        let (plan, picture) = try drawing(Self.fleet(workers: 3, slots: 2))
        for style in ["way", "compute", "result"] {
            // And one in the legend.
            #expect(picture.count("rect", style) == plan.plan.shards.count + 1)
        }
        for worker in 0..<3 { #expect(picture.text.components(separatedBy: ">w\(worker)<").count == 2) }
        #expect(picture.count("rect", "band") == 2)
        #expect(picture.text.contains("prefers-color-scheme: dark"))
    }

    @Test("tells of each bar which shard it is, its bytes and its times")
    func tooltips() throws {
        let (plan, picture) = try drawing(Self.fleet(workers: 3))
        for shard in plan.plan.shards.indices {
            let titles = picture.titles.filter { $0.hasPrefix("shard \(shard), ") }
            #expect(titles.count == 3)
            let heads = plan.plan.shards[shard].heads
            #expect(titles.allSatisfy { $0.contains("heads \(heads.lowerBound)–\(heads.upperBound - 1), queries ") })
        }
        #expect(picture.titles.contains { $0.contains(": task of ") && $0.contains(" MB on its way, 0 ms to ") })
        #expect(picture.titles.contains { $0.contains(": computed, ") })
    }

    @Test("shows no ways of what stays at the dispatcher")
    func here() throws {
        let here = WorkerProfile(id: LocalWorker.id, slots: 2, speed: 1e12, link: .none)
        let (plan, picture) = try drawing(FleetProfile(workers: [], here: here, broker: .none))
        #expect(picture.count("rect", "way") == 1 && picture.count("rect", "result") == 1)
        #expect(picture.count("rect", "compute") == plan.plan.shards.count + 1)
        #expect(picture.text.contains("here, 1 worker, "))
    }

    @Test("has all bars within it, whatever the job and the fleet", arguments: 0..<40)
    func bounds(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let problem = AttentionProblem.random(&random)
        var fleet = FleetProfile.random(&random)
        if fleet.workers.isEmpty { fleet.workers = Self.fleet(workers: 1).workers }
        for index in fleet.workers.indices { fleet.workers[index].mostBytes = .max }
        let (_, picture) = try drawing(fleet, problem)
        #expect(!picture.bars.isEmpty)
        for bar in picture.bars {
            #expect(bar.x >= 0 && bar.width > 0 && bar.x + bar.width <= picture.width, "\(bar)")
            #expect(bar.y >= 0 && bar.height > 0 && bar.y + bar.height <= picture.height, "\(bar)")
        }
    }

    @Test("stays a picture with many workers: the rest is told in words")
    func many() throws {
        let (_, picture) = try drawing(Self.fleet(workers: 200))
        #expect(picture.text.contains("and ") && picture.text.contains(" more slots</text>"))
        #expect(picture.count("rect", "band") == 32)
    }

    @Test("shortens a long name, and tells all of it to whoever points at it")
    func longName() throws {
        var fleet = Self.fleet(workers: 1)
        fleet.workers[0].id = peer("the-desktop-of-the-second-floor")
        let (_, picture) = try drawing(fleet)
        #expect(picture.titles.contains("the-desktop-of-the-second-floor"))
        #expect(picture.text.contains(">the-de…d-floor<"))
    }
}

/// A picture that was read as XML.
private struct Picture {
    struct Bar {
        var x, y, width, height: Double
    }

    let text: String
    private let reader = Reader()

    init(_ text: String) throws {
        self.text = text
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = reader
        try #require(parser.parse(), "\(String(describing: parser.parserError)) in \(text.prefix(2000))")
    }

    func count(_ name: String, _ style: String) -> Int {
        reader.elements.count { $0.name == name && $0.attributes["class"] == style }
    }

    var titles: [String] { reader.titles }

    var bars: [Bar] {
        reader.elements.filter { $0.name == "rect" }.map { element in
            let numbers = ["x", "y", "width", "height"].map { element.attributes[$0].flatMap(Double.init) ?? .nan }
            return Bar(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
        }
    }

    var width: Double { size[2] }
    var height: Double { size[3] }

    private var size: [Double] {
        (reader.elements.first?.attributes["viewBox"] ?? "").split(separator: " ").compactMap { Double($0) }
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var elements: [(name: String, attributes: [String: String])] = []
        var titles: [String] = []
        private var isTitle = false

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            elements.append((name, attributes))
            isTitle = name == "title"
            if isTitle { titles.append("") }
        }

        func parser(_ parser: XMLParser, foundCharacters text: String) {
            if isTitle { titles[titles.count - 1] += text }
        }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            isTitle = false
        }
    }
}

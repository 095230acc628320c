import Codecs
import Foundation

/// Days of power demand, the test split of `models/italy-power-demand`, as sensors publish them.
struct PowerDemands: Sendable {
    static let name = "italy-power-demand"
    static let length = 24

    /// By day and hour: a reading as text.
    private let readings: [[UInt8]]

    init(_ models: String) throws {
        let path = "\(models)/\(Self.name)/test.safetensors"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure("\(path) is not there: run this in the repository, or say --models FOLDER")
        }
        let file = try Safetensors(parsing: Array(data))
        let x = try file.tensor("x")
        guard x.shape.count == 3, x.shape[1] == 1, x.shape[2] == Self.length else {
            throw CommandFailure("\(path): x is \(x.shape), not [days, 1, \(Self.length)]")
        }
        readings = try file.elements(of: x, as: Float.self).map { Array("\($0)".utf8) }
    }

    /// What a sensor publishes at its n-th reading: day after day, each sensor from another one.
    func reading(sensor: Int, number: Int) -> [UInt8] {
        readings[(sensor * Self.length + number) % readings.count]
    }

    static func trigger(sensors: Int) -> String {
        """
        name: bench-power
        topic: bench/power/+
        payload: { format: csv }
        window: { length: \(length), channels: 1, maximum_age: 1h }
        model: \(name)
        deadline: 30s
        on_deadline: publish_late
        maximum_sensors: \(sensors)
        result:
          topic: bench/season/{1}
          template: { season: "{label}", latency_ms: "{latency_ms}" }

        """
    }
}

import Codecs
import Foundation
import Testing

@testable import Transformer

/// A file of reference vectors, and what a tolerance is derived from: `NAME` in float32 and `exact.NAME` in float64.
struct Reference {
    let file: Safetensors

    init(_ name: String) throws {
        let url = try #require(
            Bundle.module.url(forResource: name, withExtension: "safetensors", subdirectory: "Vectors"))
        file = try Safetensors(parsing: Array(Data(contentsOf: url)))
    }

    func integers(_ name: String) throws -> [Int] {
        try file.elements(of: file.tensor(name), as: Int64.self).map { Int($0) }
    }

    func shape(_ name: String) throws -> [Int] { try file.tensor(name).shape }

    /// Expects `values` to be as near to the exact ones as twice the reference's own float32 error allows, element by
    /// element against the largest error of the tensor, and a few roundings of the largest value.
    ///
    /// - Parameter places: of the reference's elements, those that `values` are; nil: all.
    func expect(
        _ values: [Float], _ name: String, exact exactName: String? = nil, at places: [Int]? = nil,
        _ comment: Comment? = nil
    ) throws {
        let single = try file.elements(of: file.tensor(name), as: Float.self)
        let exact = try file.elements(of: file.tensor(exactName ?? "exact." + name), as: Double.self)
        let places = places ?? Array(exact.indices)
        try #require(values.count == places.count)
        let error = places.reduce(0) { max($0, abs(Double(single[$1]) - exact[$1])) }
        let scale = places.reduce(0) { max($0, abs(exact[$1])) }
        let tolerance = 2 * error + 8 * scale * 0x1p-24
        let found = zip(values, places).reduce(0) { max($0, abs(Double($1.0) - exact[$1.1])) }
        #expect(found <= tolerance, "\(name): off by \(found), and float32 by \(error) \(comment ?? "")")
    }
}

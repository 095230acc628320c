import Codecs
import Fleet
import Foundation
import Testing

/// A request, and the answers of ONNX's reference evaluator, from a file of `Vectors`. Their layout is described in
/// `tools/make_onnx_vectors.py`, which wrote them.
struct ONNXVector: CustomTestStringConvertible, Sendable {
    private static let features = [
        "layouts", "masks", "causality", "caches", "scores", "types", "not-finite", "additive",
    ]

    let name: String
    private let file: Safetensors

    var testDescription: String { name }

    /// Every case of every file.
    static func all() throws -> [ONNXVector] { try features.flatMap(all(of:)) }

    private static func all(of feature: String) throws -> [ONNXVector] {
        let url = try #require(Bundle.module.url(forResource: "Vectors/\(feature)", withExtension: "safetensors"))
        let file = try Safetensors(parsing: [UInt8](Data(contentsOf: url)))
        let names = Set(file.tensors.compactMap { $0.name.split(separator: "/").first.map(String.init) })
        return names.sorted().map { ONNXVector(name: $0, file: file) }
    }

    /// The request, as a client would write it.
    func request() throws -> [UInt8] {
        let fields = file.metadata.filter { !$0.key.hasPrefix("\(name)/allowed/") }
        let sources = tensors().filter { !$0.name.hasPrefix("expected/") }.map { name, tensor in
            TensorSource(name, tensor.type, shape: tensor.shape) { destination in
                file.withUnsafeBytes(of: tensor) { destination.copyMemory(from: $0) }
            }
        }
        return try Safetensors.encode(metadata: own(fields).merging(["job": name]) { $1 }, tensors: sources)
    }

    /// What is wrong with an answer; nil if nothing is.
    func firstDeviation(of answer: Safetensors) throws -> String? {
        for (name, expected) in tensors() where name.hasPrefix("expected/") {
            let output = String(name.dropFirst("expected/".count))
            guard let got = answer[output] else { return "\(output) is missing" }
            guard got.shape == expected.shape else { return "\(output) is \(got.shape), not \(expected.shape)" }
            let deviation =
                output.hasPrefix("present_")
                ? copyDeviation(answer, got, expected) : try deviation(answer, got, expected, allowed(output))
            if let deviation { return "\(output): \(deviation)" }
        }
        return nil
    }

    // MARK: Parts of the file

    private func tensors() -> [(name: String, tensor: TensorInfo)] {
        file.tensors.filter { $0.name.hasPrefix("\(name)/") }.map { (String($0.name.dropFirst(name.count + 1)), $0) }
    }

    private func own(_ metadata: [String: String]) -> [String: String] {
        let mine = metadata.filter { $0.key.hasPrefix("\(name)/") }
        return Dictionary(uniqueKeysWithValues: mine.map { (String($0.key.dropFirst(name.count + 1)), $0.value) })
    }

    private func allowed(_ output: String) throws -> Double {
        try #require(file.metadata["\(name)/allowed/\(output)"].flatMap { Double($0) })
    }

    // MARK: The comparison

    /// Present keys and values are past and new ones, bit for bit.
    private func copyDeviation(_ answer: Safetensors, _ got: TensorInfo, _ expected: TensorInfo) -> String? {
        guard got.type == expected.type else { return "is \(got.type.rawValue), not \(expected.type.rawValue)" }
        return answer.bytes[got.byteRange].elementsEqual(file.bytes[expected.byteRange]) ? nil : "other bytes"
    }

    private func deviation(
        _ answer: Safetensors, _ got: TensorInfo, _ expected: TensorInfo, _ allowed: Double
    ) throws -> String? {
        let type = try file.tensor("\(name)/Q").type
        guard got.type == type else { return "is \(got.type.rawValue), not Q's \(type.rawValue)" }
        let numbers = try decode(answer.bytes[got.byteRange], type)
        for (index, (value, exact)) in zip(numbers, try file.elements(of: expected, as: Float.self)).enumerated() {
            if value == exact || value.isNaN && exact.isNaN { continue }
            let bound = allowed + type.halfUnit(of: Double(exact.magnitude) + allowed)
            // Also false if one of them is NaN.
            guard (Double(value) - Double(exact)).magnitude <= bound, value.isFinite else {
                return "element \(index) is \(value), exactly \(exact), bound \(bound)"
            }
        }
        return nil
    }
}

import Codecs
import Foundation

/// What `attn infer` is given: lines, one input each, or the cases of a safetensors file.
enum InferInput {
    /// One text or one JSON array [channels][length] a line.
    case lines([String])
    /// `x` [cases, channels, length], and the true classes `y`, if there are any.
    case series(x: [Float], shape: [Int], y: [Int]?)

    /// - Parameter path: `-`: the standard input.
    /// - Throws: `CommandFailure`, which names the file.
    static func read(_ path: String) throws(CommandFailure) -> InferInput {
        let data: Data
        do {
            data =
                try path == "-"
                ? FileHandle.standardInput.readToEnd() ?? Data() : Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw CommandFailure("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        let bytes = [UInt8](data)
        if bytes.count > 8, bytes[8] == UInt8(ascii: "{"), bytes[7] == 0 { return try series(bytes, path) }
        guard let text = String(bytes: bytes, encoding: .utf8) else {
            throw CommandFailure("\(path) is neither UTF-8 text nor safetensors")
        }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return .lines(lines.map { $0.hasSuffix("\r") ? String($0.dropLast()) : $0 })
    }

    private static func series(_ bytes: [UInt8], _ path: String) throws(CommandFailure) -> InferInput {
        do {
            let file = try Safetensors(parsing: bytes)
            let x = try file.tensor("x")
            guard x.shape.count == 3 else {
                throw CommandFailure("\(path): x is \(x.shape), not [cases, channels, length]")
            }
            let y = try file["y"].map { try file.elements(of: $0, as: Int32.self).map { Int($0) } }
            return .series(x: try file.elements(of: x, as: Float.self), shape: x.shape, y: y)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("\(path): \(error)")
        }
    }

    var count: Int {
        switch self {
        case .lines(let lines): lines.count
        case .series(_, let shape, _): shape[0]
        }
    }

    /// What stands for an input in the output for people.
    func title(_ index: Int) -> String {
        switch self {
        case .lines(let lines): String(lines[index].prefix(72))
        case .series: "case \(index)"
        }
    }
}

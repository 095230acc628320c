import Foundation
import FuzzedDecoders

/// The inputs of the committed corpus that are taken.
///
/// libFuzzer goes on from whatever reaches new code, most of which is refused in a new way: a quarter of the mutations
/// begin here instead, one step from what is valid.
struct ValidInputs {
    private let inputs: [[UInt8]]

    /// Of the folder named last on the command line.
    static let ofNamedDecoder = ValidInputs(folder: CommandLine.arguments.last ?? "")

    private init(folder: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        inputs = names.sorted().compactMap { name in
            guard let data = try? Data(contentsOf: URL(filePath: folder).appending(path: name)) else { return nil }
            let input = Array(data)
            return FuzzedDecoder.named.takes(input) ? input : nil
        }
    }

    /// Nil if there is none.
    func randomElement(_ seed: UInt32) -> [UInt8]? {
        inputs.isEmpty ? nil : inputs[Int(seed / 4) % inputs.count]
    }
}

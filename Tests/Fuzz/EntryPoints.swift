// What libFuzzer calls: its documentation is at llvm.org/docs/LibFuzzer.html. The decoder is named by
// `--decoder=NAME`, an argument that libFuzzer itself leaves alone.

import FuzzedDecoders

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    do {
        try FuzzedDecoder.named.check(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        fatalError("\(FuzzedDecoder.named.name): \(error)")
    }
    return 0
}

@_cdecl("LLVMFuzzerCustomMutator")
func customMutator(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int, _ seed: UInt32) -> Int {
    let found = Array(UnsafeBufferPointer(start: bytes, count: count))
    let input = seed % 4 == 0 ? ValidInputs.ofNamedDecoder.randomElement(seed) ?? found : found
    var mutator = Mutator(seed: UInt64(seed), capacity: capacity)
    guard let mutated = mutator.mutated(input, FuzzedDecoder.named.grammar), mutated.count <= capacity else {
        return mutateBytes(bytes, count, capacity)
    }
    bytes.update(from: mutated, count: mutated.count)
    return mutated.count
}

/// libFuzzer's own mutations, which know only bytes, and what the decoder compared them with.
@_silgen_name("LLVMFuzzerMutate")
func mutateBytes(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int) -> Int

extension FuzzedDecoder {
    /// The one that this process is to fuzz.
    static let named: FuzzedDecoder = {
        let flag = "--decoder="
        let name = CommandLine.arguments.first { $0.hasPrefix(flag) }?.dropFirst(flag.count) ?? ""
        if let decoder = all.first(where: { $0.name == name }) { return decoder }
        fatalError("--decoder=NAME must name one of \(all.map(\.name).joined(separator: ", "))")
    }()
}

import Codecs
import Compute
import Fleet
import Foundation
import Transformer

extension FuzzedDecoder {
    static let blobRequest = roundTrip("blob-request", .json) {
        try BlobRequest(decoding: $0)
    } encode: {
        $0.encoded()
    }

    static let blobPart = FuzzedDecoder("blob-part", .safetensors) {
        try BlobPart(decoding: $0)
    } verify: { part in
        guard let size = part.size else { return try requireEqual(part.count, 0, "bytes of what is missing") }
        try require(part.count > 0 && part.offset + part.count <= size, "a part within its blob")
        let again = try part.withUnsafeBytes { try BlobPart.encode(part.digest, offset: part.offset, of: size, $0) }
        try requireEqual(try BlobPart(decoding: again ?? []).count, part.count, "bytes")
    }

    /// A task of a model that is taken is computed or refused, whatever its numbers.
    static let modelTask = FuzzedDecoder("model-task", .safetensors, bound: .ofModels) {
        try ModelTask(decoding: $0)
    } verify: { task in
        for model in try tinyModels.get() {
            let computation = ModelComputation(task, model, cancel: CancelFlag())
            guard case .done(let result) = computation.run(EncoderWorkspace()) else { continue }
            try requireEqual(result.values.count, result.shape.reduce(1, *), "numbers of the result")
        }
    }

    /// A request in JSON is one in safetensors with the same fields.
    static let jsonRequest = FuzzedDecoder("json-request", .json) {
        try JobRequest.safetensors(fromJSON: $0)
    } verify: { payload in
        try require(try Safetensors(parsing: payload).tensors.isEmpty, "no tensors")
        try require(!JobRequest.isJSON(payload), "safetensors")
    }

    private static let tinyModels = Result {
        let vectors = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../TransformerTests/Vectors/bert_model.safetensors").standardizedFileURL
        let archive = try Safetensors(parsing: Array(Data(contentsOf: vectors)))
        let slice = try ModelArchive.encode(ModelSlice(heads: 0..<1, columns: 3..<9), of: archive)
        let layer = try Safetensors.encode(
            metadata: ["config": #"{"model_type": "multihead_attention", "embed_dim": 4, "num_heads": 2}"#],
            tensors: [
                ("in_proj_weight", [12, 4]), ("in_proj_bias", [12]), ("out_proj.weight", [4, 4]),
                ("out_proj.bias", [4]),
            ].map {
                TensorSource($0, .f32, shape: $1, [Float](repeating: 0.5, count: $1.reduce(1, *)))
            })
        return [
            try LoadedModel(archive), try LoadedModel(Safetensors(parsing: slice)),
            try LoadedModel(Safetensors(parsing: layer)),
        ]
    }
}

extension AllocationBound {
    /// The rows between the layers, of 96 numbers at most, several times over.
    fileprivate static let ofModels = AllocationBound(fixed: 16 << 20, perByte: 4096)
}

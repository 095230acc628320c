public import Codecs
public import Fleet
public import Transformer

extension JobAnswer {
    /// What a model made of each input, and its classes; nil if the answer is not one of `Infer`.
    public var inference: (results: [EncoderResult], labels: [String])? {
        guard let file = tensors, let tensor = file["logits"] ?? file["embedding"], tensor.shape.count == 2,
            let values = try? file.elements(of: tensor, as: Float.self)
        else { return nil }
        let labels = report?.objectValue?["plan"]?.objectValue?["labels"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let columns = tensor.shape[1]
        let results = (0..<tensor.shape[0]).map { row in
            let row = Array(values[row * columns..<(row + 1) * columns])
            return tensor.name == "logits" ? EncoderResult.logits(row) : .embedding(row)
        }
        return (results, labels.count == columns ? labels : (0..<columns).map { "label \($0)" })
    }

    /// The answer as JSON, for clients that asked in JSON: `protocol`, `job`, `status`, and of what there is `error`,
    /// `message`, `retry_after_ms`, `dispatcher`, `results` (one object an input) and `report`.
    public var json: JSON {
        var json: JSON.Object = [
            "protocol": .string(ProtocolVersion.current), "job": .string(job), "status": .string(status.rawValue),
        ]
        if let errorCode { json["error"] = .string(errorCode) }
        if let errorMessage { json["message"] = .string(errorMessage) }
        if let dispatcher { json["dispatcher"] = .string(dispatcher.text) }
        if let retryAfter { json["retry_after_ms"] = JSON(Int(retryAfter.inMilliseconds)) }
        if let (results, labels) = inference { json["results"] = .array(results.map { $0.json(labels: labels) }) }
        if let report { json["report"] = report }
        return .object(json)
    }
}

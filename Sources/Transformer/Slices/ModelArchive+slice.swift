import AttnMath
public import Codecs

/// Slices of a model as they travel: an archive with the tensors of that slice alone.
///
/// Metadata beside the model's own: `heads` and `columns`, `FIRST-END` each. Tensors by the names of the whole model, without
/// `bert.`, of the layers' linear layers alone, and without the bias of those whose outputs are summed.
extension ModelArchive {
    /// Cuts a slice out of a model's archive; numbers are copied as they lie there.
    /// - Throws: `ModelError.malformed` if a tensor is missing or not of the shape that the configuration calls for.
    public static func encode(_ slice: ModelSlice, of archive: any TensorArchive) throws(ModelError) -> [UInt8] {
        let configuration = try configuration(of: archive)
        let reader = WeightReader(
            archive: archive, format: .float32, prefix: WeightReader.prefix(of: archive))
        let (width, size, inner) = (configuration.hiddenSize, configuration.headSize, configuration.intermediateSize)
        let rows = slice.heads.lowerBound * size..<slice.heads.upperBound * size
        var tensors: [TensorSource] = []
        for index in 0..<configuration.layers {
            let name = LayerWeights.name(index)
            for projection in ["query", "key", "value"] {
                let name = name + "attention.self." + projection
                tensors.append(try reader.rows(rows, of: name + ".weight", [width, width]))
                tensors.append(try reader.rows(rows, of: name + ".bias", [width]))
            }
            tensors.append(try reader.columns(rows, of: name + "attention.output.dense.weight", [width, width]))
            tensors.append(try reader.rows(slice.columns, of: name + "intermediate.dense.weight", [inner, width]))
            tensors.append(try reader.rows(slice.columns, of: name + "intermediate.dense.bias", [inner]))
            tensors.append(try reader.columns(slice.columns, of: name + "output.dense.weight", [width, inner]))
        }
        var metadata = archive.metadata
        metadata["heads"] = slice.heads.text
        metadata["columns"] = slice.columns.text
        do { return try Safetensors.encode(metadata: metadata, tensors: tensors) } catch {
            throw ModelError(.malformed, "the slice cannot be laid out: \(error)")
        }
    }

    static func isSlice(_ archive: any TensorArchive) -> Bool { archive.metadata["heads"] != nil }

    /// Which slice an archive is; nil if it is a whole model.
    static func slice(
        of archive: any TensorArchive, _ configuration: EncoderConfiguration
    ) throws(ModelError) -> ModelSlice? {
        guard isSlice(archive) else { return nil }
        return ModelSlice(
            heads: try range("heads", in: archive, upTo: configuration.heads),
            columns: try range("columns", in: archive, upTo: configuration.intermediateSize))
    }

    private static func range(
        _ key: String, in archive: any TensorArchive, upTo count: Int
    ) throws(ModelError) -> Range<Int> {
        let text = archive.metadata[key] ?? ""
        guard let range = Range(text: text), range.upperBound <= count else {
            throw ModelError(.malformed, "the slice's '\(key)' is '\(text.prefix(32))', not a range of 0-\(count)")
        }
        return range
    }
}

extension WeightReader {
    /// Some rows of a matrix, or elements of a vector.
    fileprivate func rows(_ rows: Range<Int>, of name: String, _ shape: [Int]) throws(ModelError) -> TensorSource {
        let tensor = try tensor(name, shape)
        let rowBytes = shape.dropFirst().reduce(tensor.type.byteWidth, *)
        return TensorSource(name, tensor.type, shape: [rows.count] + shape.dropFirst()) { [archive] destination in
            archive.withUnsafeBytes(of: tensor) { source in
                destination.copyMemory(
                    from: UnsafeRawBufferPointer(
                        rebasing: source[rows.lowerBound * rowBytes..<rows.upperBound * rowBytes]))
            }
        }
    }

    /// Some columns of a matrix.
    fileprivate func columns(
        _ columns: Range<Int>, of name: String, _ shape: [Int]
    ) throws(ModelError) -> TensorSource {
        let tensor = try tensor(name, shape)
        let (all, width) = (shape[1] * tensor.type.byteWidth, columns.count * tensor.type.byteWidth)
        let first = columns.lowerBound * tensor.type.byteWidth
        return TensorSource(name, tensor.type, shape: [shape[0], columns.count]) { [archive] destination in
            archive.withUnsafeBytes(of: tensor) { source in
                for row in 0..<shape[0] {
                    let place = row * all + first
                    UnsafeMutableRawBufferPointer(rebasing: destination[row * width..<(row + 1) * width])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[place..<place + width]))
                }
            }
        }
    }
}

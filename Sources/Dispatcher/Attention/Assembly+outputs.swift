import AttnMath
import Codecs
import Compute
import Transformer

/// A complete job's outputs, as its request wants them.
extension Assembly {
    /// Those that the request names, which write themselves straight into the answer.
    func sources(for request: AttentionRequest) -> [TensorSource] {
        request.outputs.map { output in
            switch output {
            case .y: ySource(request)
            case .presentKey: request.k.present(output.rawValue, of: request.file)
            case .presentValue: request.v.present(output.rawValue, of: request.file)
            case .scores: scoresSource(request)
            }
        }
    }

    /// `qk_matmul_output` in Q's type, [batch, query heads, queries, keys].
    private func scoresSource(_ request: AttentionRequest) -> TensorSource {
        let type = request.outputType
        let shape = [problem.batch, problem.queryHeads, problem.queryLength, problem.keyLength]
        return TensorSource("qk_matmul_output", type, shape: shape) { [scores] destination in
            scores.withUnsafeBufferPointer { encode($0, type, into: destination) }
        }
    }

    /// `Y` in Q's type and with Q's number of axes.
    private func ySource(_ request: AttentionRequest) -> TensorSource {
        let (type, problem) = (request.outputType, problem)
        guard request.q.isPacked else {
            let shape = [problem.batch, problem.queryHeads, problem.queryLength, problem.valueHeadSize]
            return TensorSource("Y", type, shape: shape) { [output] destination in
                output.withUnsafeBufferPointer { encode($0, type, into: destination) }
            }
        }
        let shape = [problem.batch, problem.queryLength, problem.queryHeads * problem.valueHeadSize]
        return TensorSource("Y", type, shape: shape) { [output] destination in
            let (size, width) = (problem.valueHeadSize, problem.valueHeadSize * type.byteWidth)
            output.withUnsafeBufferPointer { output in
                for row in 0..<problem.rows {
                    let (head, query) = (row / problem.queryLength % problem.queryHeads, row % problem.queryLength)
                    let batch = row / problem.queryLength / problem.queryHeads
                    let place = (batch * problem.queryLength + query) * problem.queryHeads + head
                    encode(
                        UnsafeBufferPointer(rebasing: output[row * size..<(row + 1) * size]), type,
                        into: UnsafeMutableRawBufferPointer(
                            rebasing: destination[place * width..<(place + 1) * width]))
                }
            }
        }
    }
}

/// Writes float32 numbers as a float type. The sizes agree by construction.
private func encode(
    _ numbers: UnsafeBufferPointer<Float>, _ type: TensorType, into destination: UnsafeMutableRawBufferPointer
) {
    do { try FloatFormat(type)?.encode(numbers, into: destination) } catch {
        preconditionFailure("the outputs have the sizes they were made with: \(error)")
    }
}

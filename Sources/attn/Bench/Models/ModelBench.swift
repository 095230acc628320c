import Compute
import Models
import Transformer

/// Runs a model on inputs of random numbers, on threads that share each layer's rows.
struct ModelBench: Sendable {
    let model: Model
    private let threads: Int
    private let pool: ComputePool<EncoderWorkspace>

    init(_ model: Model, threads: Int) {
        (self.model, self.threads) = (model, threads)
        pool = ComputePool(threads: threads) { EncoderWorkspace() }
    }

    /// One run; how long it took.
    func run(tokens: Int) async throws(ModelError) -> Duration {
        let batch = batch(tokens: tokens)
        let layout = try model.encoder.layout(of: batch)
        let clock = ContinuousClock()
        let start = clock.now
        if threads == 1 {
            await pool.run { [model] workspace in
                // The batch fits: its layout was made.
                _ = try? model.encoder.infer(batch, workspace: workspace)
            }
        } else {
            await runShared(batch, layout)
        }
        return start.duration(to: clock.now)
    }

    private func runShared(_ batch: EncoderBatch, _ layout: SequenceLayout) async {
        let encoder = model.encoder
        let width = encoder.configuration.hiddenSize
        var hidden = await pool.run { workspace in
            [Float](unsafeUninitializedCapacity: layout.rows * width) { buffer, count in
                if let base = buffer.baseAddress { encoder.embed(batch, layout, into: base, workspace: workspace) }
                count = layout.rows * width
            }
        }
        for layer in 0..<encoder.configuration.layers {
            let rows = hidden
            hidden = await withTaskGroup(of: (Int, [Float]).self) { group in
                for thread in 0..<threads {
                    let range = layout.rows * thread / threads..<layout.rows * (thread + 1) / threads
                    group.addTask { [pool] in
                        await pool.run { workspace in
                            let output = [Float](unsafeUninitializedCapacity: range.count * width) { buffer, count in
                                rows.withUnsafeBufferPointer { rows in
                                    guard let from = rows.baseAddress, let to = buffer.baseAddress else { return }
                                    encoder.computeLayer(
                                        layer, of: from, layout, rows: range, into: to, workspace: workspace)
                                }
                                count = range.count * width
                            }
                            return (thread, output)
                        }
                    }
                }
                var parts = [[Float]](repeating: [], count: threads)
                for await (thread, part) in group { parts[thread] = part }
                return parts.flatMap { $0 }
            }
        }
        let last = hidden
        await pool.run { workspace in
            last.withUnsafeBufferPointer { rows in
                guard let base = rows.baseAddress else { return }
                _ = encoder.pool(base, layout, workspace: workspace)
            }
        }
    }

    private func batch(tokens: Int) -> EncoderBatch { model.randomBatch(tokens: tokens) }
}

/// Half of a layer: what can be summed over slices of the model before a norm needs the sum.
public enum LayerStep: Sendable, CaseIterable {
    /// Softmax attention and its output layer.
    case attention
    /// The two linear layers behind it, with the activation between them.
    case feedForward
}

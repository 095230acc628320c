public import Fleet

/// Where results go, and what they look like.
public struct ResultSettings: Sendable, Equatable {
    let topic: TemplateText
    let template: ResultTemplate
    public let retain: Bool
    public let qos: QoS
}

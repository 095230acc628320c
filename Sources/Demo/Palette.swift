/// How parts of a text look: colours on a terminal, nothing elsewhere.
public struct Palette: Sendable {
    public enum Style: String, Sendable {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case cyan = "36"
    }

    private let isColoured: Bool

    public init(isColoured: Bool) { self.isColoured = isColoured }

    public func styled(_ text: String, _ style: Style) -> String {
        isColoured ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
    }
}

/// Why a kernel variant cannot be had.
public enum KernelVariantError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknown(name: String)
    case unavailable(KernelVariant)

    public var description: String {
        let available = KernelVariant.available.map(\.rawValue).joined(separator: ", ")
        return switch self {
        case .unknown(let name): "no kernel variant is named \"\(name)\"; this machine has \(available)"
        case .unavailable(let variant): "this CPU cannot run kernel variant \(variant.rawValue); it has \(available)"
        }
    }
}

import Fleet

/// The part of a discovery topic that names a device or an entity: letters, digits, `_` and `-`.
///
/// A sensor's has two hashes of fixed length in front, of the fleet and of the trigger, so that a dispatcher knows its own
/// retained messages again, also those of a trigger that has since been removed.
enum HomeAssistantObjectID {
    private static let start = "attn_trigger_"

    static func prefix(fleet: PeerID) -> String { "\(start)\(hash(fleet.text))_" }

    static func prefix(fleet: PeerID, trigger: PeerID) -> String { "\(prefix(fleet: fleet))\(hash(trigger.text))_" }

    /// Two sensors may read the same without what is not allowed there: their hashes differ.
    static func sensor(_ sensor: String, fleet: PeerID, trigger: PeerID) -> String {
        "\(prefix(fleet: fleet, trigger: trigger))\(readable(sensor))_\(hash(sensor))"
    }

    /// At most 64 characters of a text, those not allowed as `_`.
    private static func readable(_ text: String) -> String {
        String(
            decoding: text.utf8.prefix(64).map { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"): byte
                default: UInt8(ascii: "_")
                }
            }, as: UTF8.self)
    }

    /// FNV-1a in 64 bits: 16 hexadecimal digits.
    private static func hash(_ text: String) -> String {
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

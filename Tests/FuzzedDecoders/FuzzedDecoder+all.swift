// The table of everything that reads bytes from the wire or the disk. A decoder that is added to the package gets a
// line here and a folder with a valid input or two in Tests/FuzzCorpus; the rest follows.

extension FuzzedDecoder {
    public static let all: [FuzzedDecoder] = [
        // Formats.
        .json, .safetensors,
        // Messages to and from workers.
        .task, .taskComputation, .modelTask, .blobRequest, .blobPart, .result, .partial, .control, .presence,
        .workerInfo, .workerStats,
        // Messages to and from clients.
        .jobRequest, .jsonRequest, .attentionRequest, .attentionAttributes, .jobAnswer, .jobControl,
        // Names.
        .topic, .topicFilter, .brokerAddress, .identifiers,
        // Messages of sensors.
        .triggerPayload,
        // Files.
        .settingsFile, .tokenizerFile, .fleetProfile, .jobReport,
        // What a client sends to a model that reads text.
        .tokenizedText,
    ]
}

import Codecs
import Fleet
import Logging
import Models

/// Models going out in parts, to workers that lack them.
extension DispatcherService {
    /// Sends the part that a worker asks for; while too much waits to be published, nothing: it asks again.
    func send(_ request: BlobRequest, to worker: PeerID) {
        guard outgoingBytes <= options.outgoingBytes / 2 else { return }
        let payload: [UInt8]
        do {
            payload = try part(request)
        } catch {
            return logger.error("a part of a model could not be laid out", metadata: ["reason": "\(error)"])
        }
        enqueue(
            .message(
                Message(
                    topic: topics.part(worker: worker, dispatcher: options.id), payload: payload,
                    contentType: JobAnswer.contentType)))
    }

    private func part(_ request: BlobRequest) throws -> [UInt8] {
        let archive = options.models.archive(request.digest) ?? slices[request.digest]?.archive
        guard let bytes = archive?.bytes, request.offset < bytes.count else {
            return try BlobPart.encodeMissing(request.digest, offset: request.offset)
        }
        let room = (transport.maximumPacketSize ?? .max) - 1024
        let end = request.offset + min(request.length, bytes.count - request.offset, max(room, 1))
        return try BlobPart.encode(
            request.digest, offset: request.offset, of: bytes.count,
            UnsafeRawBufferPointer(rebasing: bytes[request.offset..<end]))
    }
}

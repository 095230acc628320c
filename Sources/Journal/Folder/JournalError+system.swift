import Dispatcher
import Glibc

extension JournalError {
    /// What the operating system answered to `operation` on `path`.
    init(errno code: CInt, _ operation: String, _ path: String) {
        let reason = "\(path) cannot be \(operation): \(String(cString: strerror(code)))"
        switch code {
        case ENOSPC, EDQUOT, EFBIG:
            self.init(.full, "\(reason); make room on its disk, or raise the quota, and try again")
        case EACCES, EPERM:
            self.init(.io, "\(reason); give this user the right to write there, or choose another folder")
        case EROFS:
            self.init(.io, "\(reason); mount it for writing, or choose another folder")
        case EIO:
            self.init(.io, "\(reason); the disk is failing: look at the kernel's log, and replace the disk")
        default:
            self.init(.io, "\(reason); mend that, or choose another folder")
        }
    }

    /// Calls until no signal interrupts.
    ///
    /// - Throws: what the system answered, when the result is negative.
    @discardableResult
    static func check<Value: SignedInteger>(
        _ operation: String, _ path: String, _ call: () -> Value
    ) throws(JournalError) -> Value {
        while true {
            let result = call()
            if result >= 0 { return result }
            guard errno == EINTR else { throw JournalError(errno: errno, operation, path) }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import CPosix
import Glibc
public import Lifecycle

/// Another program, started without a shell, and the pipes to it.
///
/// The child leads its own process group, has every signal at its default, and inherits no descriptor but its three
/// standard ones. It does not outlive this object: the last reference ends it. Reading and writing are for one
/// thread at a time; `signal`, `wait` and `terminate` are safe from any.
public final class ChildProcess: Sendable {
    /// Where one of the child's standard streams leads.
    public enum Stream: Sendable, Hashable {
        case null
        case pipe
        /// The same as this process's own.
        case inherit
        /// Added to the end of a file, which is made if need be. Not for the standard input.
        case file(String)
    }

    public enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
        case exited(Int32)
        case killed(signal: Int32)

        public var isSuccess: Bool { self == .exited(0) }
        public var description: String {
            switch self {
            case .exited(let code): "exit status \(code)"
            case .killed(let signal): "signal \(signal)"
            }
        }
    }

    private struct State {
        var status: ExitStatus?
        /// The parent's ends of the pipes, by the child's descriptor; -1 when closed or never there.
        var ends: [Int32] = [-1, -1, -1]
        var errorBytes: [UInt8] = []
    }

    /// The command as given, for messages.
    public let command: [String]
    public let id: Int32
    private let pidfd: Int32
    private let state: Lock<State>

    /// - Parameters:
    ///   - command: The program, looked up in `PATH` when it has no slash, and its arguments. Not empty.
    ///   - environment: The child's whole environment; nil for a copy of this process's own.
    ///   - folder: Where the child starts; nil for where this process is.
    public init(
        _ command: [String], environment: [String: String]? = nil, folder: String? = nil,
        input: Stream = .null, output: Stream = .pipe, errors: Stream = .pipe
    ) throws(ChildProcessError) {
        precondition(!command.isEmpty, "ChildProcess needs a program")
        Self.ignoreBrokenPipes
        var spawn = SpawnPlan(command)
        defer { spawn.closeAll() }
        var ends = State()
        for (number, stream) in [input, output, errors].enumerated() {
            ends.ends[number] = try spawn.connect(Int32(number), to: stream)
        }
        id = try spawn.start(environment: environment, folder: folder)
        pidfd = kn_pidfd_open(id)
        self.command = command
        spawn.keepParentEnds()
        state = Lock(ends)
    }

    deinit {
        terminate(grace: .zero)
        state.withLock { state in
            for descriptor in state.ends where descriptor >= 0 { close(descriptor) }
        }
        if pidfd >= 0 { close(pidfd) }
    }

    var name: String { command[0] }

    /// A child that ends early must give an error to the writer, not a signal to the whole process.
    private static let ignoreBrokenPipes: Void = Lifecycle.ignoreBrokenPipes()

    // MARK: Ending

    /// Sends a signal to the child's process group; false when the child is gone.
    @discardableResult
    public func signal(_ number: Int32) -> Bool {
        // Under the lock, and only while nobody has reaped the child: its number cannot belong to another by then.
        state.withLock { $0.status == nil && kill(-id, number) == 0 }
    }

    /// Waits for the child to end. Blocks.
    ///
    /// - Parameter timeout: Nil for as long as it takes.
    /// - Returns: Nil when it still runs.
    public func wait(timeout: Duration? = nil) -> ExitStatus? {
        let deadline = timeout.map { ContinuousClock.now.advanced(by: $0) }
        while true {
            if let status = reap() { return status }
            var slice = Duration.seconds(1)
            if let deadline {
                let rest = deadline - .now
                if rest <= .zero { return nil }
                slice = min(slice, rest)
            }
            // Without a pidfd (a kernel before 5.3) the wait becomes a poll every few milliseconds.
            if pidfd < 0 { slice = min(slice, .milliseconds(5)) }
            var entry = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
            _ = poll(&entry, 1, slice.pollMilliseconds)
        }
    }

    /// Asks the child to end (SIGTERM), and kills it when it has not after `grace`. Blocks until it is gone.
    @discardableResult
    public func terminate(grace: Duration) -> ExitStatus {
        if grace > .zero {
            signal(SIGTERM)
            if let status = wait(timeout: grace) {
                return status
            }
        }
        signal(SIGKILL)
        // SIGKILL cannot be refused: only a child in uninterruptible sleep takes longer.
        return wait() ?? .killed(signal: SIGKILL)
    }

    private func reap() -> ExitStatus? {
        state.withLock { state in
            if let status = state.status { return status }
            var raw: Int32 = 0
            let result = waitpid(id, &raw, WNOHANG)
            if result == 0 || (result < 0 && errno == EINTR) { return nil }
            // ECHILD: someone ignores SIGCHLD and the kernel has reaped for us; the status is lost, the end is sure.
            let status: ExitStatus =
                result < 0 ? .exited(-1) : raw & 0x7f == 0 ? .exited(raw >> 8 & 0xff) : .killed(signal: raw & 0x7f)
            state.status = status
            return status
        }
    }

    // MARK: Talking

    /// What the child has written to its standard error so far, at most 16 KiB.
    public var errorText: String {
        String(decoding: state.withLock { $0.errorBytes }, as: UTF8.self)
    }

    /// Ends the child's standard input.
    public func closeInput() { closeEnd(0) }

    /// Reads what the child writes to its standard output, and gathers its standard error meanwhile. Blocks.
    ///
    /// - Returns: The number of bytes, more than 0; 0 at the end of the output.
    public func read(into buffer: UnsafeMutableRawBufferPointer, watch: TransferWatch) throws(ChildProcessError) -> Int
    {
        let start = ContinuousClock.now
        while true {
            let descriptor = end(1)
            guard descriptor >= 0 else { return 0 }
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count > 0 { return count }
            if count == 0 {
                closeEnd(1)
                gatherAllErrors(watch: watch)
                return 0
            }
            try settle(errno, waitingFor: descriptor, events: POLLIN, since: start, watch: watch)
        }
    }

    /// Writes all bytes to the child's standard input, and gathers its standard error meanwhile. Blocks.
    ///
    /// - Throws: `.closed` when the child no longer reads.
    public func write(_ bytes: UnsafeRawBufferPointer, watch: TransferWatch) throws(ChildProcessError) {
        var rest = bytes[...]
        var start = ContinuousClock.now
        while !rest.isEmpty {
            let descriptor = end(0)
            guard descriptor >= 0 else {
                throw ChildProcessError(code: .closed, command: name, detail: "input is closed")
            }
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = Glibc.write(descriptor, part.baseAddress, part.count)
            if count > 0 {
                rest = rest.dropFirst(count)
                start = .now
            } else {
                try settle(errno, waitingFor: descriptor, events: POLLOUT, since: start, watch: watch)
            }
        }
    }

    /// After a read or write that did not succeed: waits a slice, or says why there is nothing to wait for.
    private func settle(
        _ number: Int32, waitingFor descriptor: Int32, events: Int32, since start: ContinuousClock.Instant,
        watch: TransferWatch
    ) throws(ChildProcessError) {
        switch number {
        case EINTR: return
        case EAGAIN: break
        case EPIPE: throw ChildProcessError(code: .closed, command: name, detail: "it no longer reads its input")
        default:
            throw ChildProcessError(code: .system, command: name, detail: String(cString: strerror(number)))
        }
        if let stop = watch.stop(waitingSince: start) {
            throw ChildProcessError(code: .stopped(stop), command: name, detail: "")
        }
        let errors = end(2)
        var entries = [
            pollfd(fd: descriptor, events: Int16(events), revents: 0),
            pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&entries, 2, TransferWatch.slice.pollMilliseconds)
        if entries[1].revents != 0 { gatherErrors() }
    }

    /// Reads standard error to its end, which comes when the child and its own children are gone; half a second at most.
    public func gatherAllErrors(watch: TransferWatch) {
        let start = ContinuousClock.now
        while case let descriptor = end(2), descriptor >= 0 {
            // A grandchild may keep the pipe open for ever; half a second is enough for what was written already.
            if watch.flag.isSet || .now - start > .milliseconds(500) { return }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&entry, 1, TransferWatch.slice.pollMilliseconds) > 0 { gatherErrors() }
        }
    }

    private func gatherErrors() {
        let descriptor = end(2)
        guard descriptor >= 0 else { return }
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &chunk, chunk.count)
        if count > 0 {
            let part = Array(chunk[..<count])
            state.withLock { state in
                // What does not fit is dropped: the first words of an error name its cause.
                state.errorBytes += part.prefix(max(0, 16_384 - state.errorBytes.count))
            }
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            closeEnd(2)
        }
    }

    private func end(_ number: Int) -> Int32 { state.withLock { $0.ends[number] } }

    private func closeEnd(_ number: Int) {
        state.withLock { state in
            if state.ends[number] >= 0 { close(state.ends[number]) }
            state.ends[number] = -1
        }
    }
}

/// Why another program could not be run or talked to.
public struct ChildProcessError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        case notFound  // no such program: install it
        case stopped(TransferWatch.Stop)  // cancelled, or out of time
        case closed  // the child closed its end
        case system  // anything else
    }

    public let code: Code
    /// The program.
    public let command: String
    public let detail: String

    public init(code: Code, command: String, detail: String) {
        self.code = code
        self.command = command
        self.detail = detail
    }

    public var description: String {
        switch code {
        case .notFound: "running \(command) failed: no such program; install it or correct PATH"
        case .stopped(.cancelled): "running \(command) was cancelled"
        case .stopped(.idle(let time)): "running \(command) failed: it was silent for \(time)"
        case .stopped(.total(let time)): "running \(command) failed: it took longer than \(time)"
        case .closed, .system: "running \(command) failed: \(detail)"
        }
    }
}

extension Duration {
    /// For poll(2): rounded up, so that a wait never becomes a busy loop.
    var pollMilliseconds: Int32 {
        let parts = components
        return Int32(clamping: parts.seconds * 1000 + (parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc
import Lifecycle
import Platform
import TestKit
import Testing

@Suite("Child processes", .serialized, .timeLimit(.minutes(1)))
struct ChildProcessTests {
    private func watch(idle: Duration = .seconds(20), total: Duration = .seconds(40), flag: CancellationFlag = .init())
        -> TransferWatch
    {
        TransferWatch(TransferLimits(idle: idle, total: total), flag: flag)
    }

    private func failure(_ body: () throws -> Void) -> ChildProcessError? {
        do {
            try body()
            return nil
        } catch {
            return error as? ChildProcessError
        }
    }

    @Test("input, output, errors, environment, folder and exit status all arrive")
    func runs() throws {
        let folder = try TemporaryFolder()
        let script = "cat; echo \"$GREETING\"; pwd -P; echo oops >&2; exit 7"
        let outcome = try ChildProcess.run(
            ["sh", "-c", script], environment: ["GREETING": "hello", "PATH": "/usr/bin:/bin"], folder: folder.path,
            input: Array("in\n".utf8), watch: watch())
        #expect(outcome.status == .exited(7))
        #expect(outcome.outputText.hasPrefix("in\nhello\n"))
        #expect(outcome.outputText.hasSuffix("\(folder.path.split(separator: "/").last ?? "")\n"))
        #expect(outcome.errorText == "oops\n")
    }

    @Test("more than a pipe holds goes through in both directions")
    func large() throws {
        let bytes = [UInt8](repeating: 7, count: 1 << 20)
        let counted = try ChildProcess.run(["wc", "-c"], input: bytes, watch: watch())
        #expect(counted.outputText == "1048576\n")
        let zeros = try ChildProcess.run(["head", "-c", "3000000", "/dev/zero"], watch: watch())
        #expect(zeros.output.count == 3_000_000)
    }

    @Test("output beyond the limit is an error, not a cut")
    func limit() throws {
        let error = failure {
            _ = try ChildProcess.run(["head", "-c", "5000", "/dev/zero"], outputLimit: 4096, watch: watch())
        }
        #expect(error?.description == "running head failed: its output is longer than 4096 bytes")
    }

    @Test("a program that does not exist is not found; a folder that does not exist is another matter")
    func missing() throws {
        #expect(failure { _ = try ChildProcess(["kubernaut-no-such-program"]) }?.code == .notFound)
        #expect(failure { _ = try ChildProcess(["/nonexistent/program"]) }?.code == .notFound)
        #expect(failure { _ = try ChildProcess(["true"], folder: "/nonexistent") }?.code == .system)
    }

    @Test("a child has default signals, an empty mask, and no descriptor but the first three")
    func clean() throws {
        // The same state that a daemon has: a blocked signal, an ignored one, an open descriptor without close-on-exec.
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let outcome = try ChildProcess.run(
            ["sh", "-c", "grep -E 'SigBlk|SigIgn' /proc/self/status; ls /proc/self/fd | wc -l"], watch: watch())
        let none = String(repeating: "0", count: 16)
        // glibc keeps the signals 32 and 33 for itself; `ls` itself opens the folder it lists.
        let text = outcome.outputText.replacing("0000000180000000", with: none)
        #expect(text == "SigBlk:\t\(none)\nSigIgn:\t\(none)\n4\n")
    }

    @Test("cancelling, idle limit and total limit end a child that says nothing")
    func stops() throws {
        let flag = CancellationFlag()
        flag.set()
        let sleeper = ["sh", "-c", "sleep 60 & wait"]
        func code(_ watch: TransferWatch) -> ChildProcessError.Code? {
            failure { _ = try ChildProcess.run(sleeper, watch: watch) }?.code
        }
        #expect(code(watch(flag: flag)) == .stopped(.cancelled))
        #expect(code(watch(idle: .milliseconds(100))) == .stopped(.idle(.milliseconds(100))))
        #expect(code(watch(total: .milliseconds(100))) == .stopped(.total(.milliseconds(100))))
    }

    @Test("a child that closes its output and goes on is bound by the total limit")
    func lingers() throws {
        let error = failure {
            _ = try ChildProcess.run(
                ["sh", "-c", "exec >&- 2>&-; sleep 60"], watch: watch(total: .milliseconds(200)))
        }
        #expect(error?.code == .stopped(.total(.milliseconds(200))))
    }

    @Test("the end of the last reference ends the child and its own children")
    func dies() throws {
        let folder = try TemporaryFolder()
        var child: ChildProcess? = try ChildProcess(["sh", "-c", "sleep 60 & echo $!; wait"])
        let id = try #require(child?.id)
        var line: [UInt8] = []
        let byte = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
        defer { byte.deallocate() }
        while line.last != 10, let running = child, try running.read(into: byte, watch: watch()) == 1 {
            line.append(byte[0])
        }
        let grandchild = try #require(Int32(String(decoding: line.dropLast(), as: UTF8.self)))
        #expect(kill(grandchild, 0) == 0)
        child = nil
        #expect(kill(id, 0) == -1)
        // A killed orphan takes a moment, and is a zombie until whoever adopted it reaps it.
        func isAlive() -> Bool {
            guard let bytes = try? Files.read("/proc/\(grandchild)/stat") else { return false }
            let text = String(decoding: bytes, as: UTF8.self)
            return !text.contains(") Z ") && !text.contains(") X ")
        }
        while isAlive() { usleep(1_000) }
        withExtendedLifetime(folder) {}
    }

    @Test("a child that ignores the request to end is killed after the grace period, once")
    func escalates() throws {
        let child = try ChildProcess(["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"])
        let ready = UnsafeMutableRawBufferPointer.allocate(byteCount: 16, alignment: 1)
        defer { ready.deallocate() }
        #expect(try child.read(into: ready, watch: watch()) == 6)
        #expect(child.terminate(grace: .milliseconds(100)) == .killed(signal: SIGKILL))
        #expect(child.terminate(grace: .milliseconds(100)) == .killed(signal: SIGKILL))
        #expect(!child.signal(SIGTERM))
        let polite = try ChildProcess(["sleep", "60"])
        #expect(polite.terminate(grace: .seconds(20)) == .killed(signal: SIGTERM))
    }

    @Test("writing to a child that has gone is an error, and no signal ends this process")
    func brokenPipe() throws {
        let child = try ChildProcess(["true"], input: .pipe)
        #expect(child.wait()?.isSuccess == true)
        let error = failure {
            try [UInt8](repeating: 0, count: 100_000).withUnsafeBytes { try child.write($0, watch: watch()) }
        }
        #expect(error?.code == .closed)
        // A program that needs no input may end without reading it.
        #expect(
            try ChildProcess.run(["true"], input: [UInt8](repeating: 0, count: 1 << 20), watch: watch()).status
                .isSuccess)
    }

    @Test("many children leave no descriptor and no zombie behind")
    func leavesNothing() throws {
        func descriptors() throws -> Int { try Files.list("/proc/self/fd").count }
        let ids = try (0..<20).map { _ in try ChildProcess(["true"], input: .pipe).id }
        let before = try descriptors()
        for _ in 0..<100 { _ = try ChildProcess.run(["true"], watch: watch()) }
        // Other tests open some meanwhile; a leak would show as hundreds.
        #expect(try descriptors() - before < 60)
        for id in ids { #expect(waitpid(id, nil, WNOHANG) == -1) }
    }
}

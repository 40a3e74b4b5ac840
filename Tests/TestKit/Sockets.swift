// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform

/// TCP on the loopback address, for tests.
enum Loopback {
    /// A listening socket on a free port.
    static func listen() throws(FileError) -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw FileError(operation: "making a socket", number: errno) }
        var address = Self.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { socketAddress in
                bind(descriptor, socketAddress, length) == 0 && Glibc.listen(descriptor, 64) == 0
                    && getsockname(descriptor, socketAddress, &length) == 0
            }
        }
        guard status else {
            let number = errno
            close(descriptor)
            throw FileError(operation: "listening on 127.0.0.1", number: number)
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// A connected socket; -1 when nobody listens.
    static func connect(to port: Int) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = Self.address(port: port)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { socketAddress in
                Glibc.connect(descriptor, socketAddress, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if status == 0 { return descriptor }
        close(descriptor)
        return -1
    }

    private static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}

/// Waits until someone listens on the port. Blocks, ten seconds at most.
public func waitForListener(on port: Int, log: String) throws {
    for _ in 0..<1000 {
        let descriptor = Loopback.connect(to: port)
        if descriptor >= 0 {
            close(descriptor)
            return
        }
        usleep(10_000)
    }
    // The log says more than we can; without one the sentence must do.
    let text = (try? Files.read(log)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    throw CommandFailure(description: "nobody listens on port \(port) after 10 s\n\(text)")
}

/// Accepts connections and never says a word.
public final class SilentServer: Sendable {
    public let port: Int
    private let descriptor: Int32

    // The kernel completes connections for a socket that only listens; nobody need accept them.
    public init() throws { (descriptor, port) = try Loopback.listen() }

    deinit { close(descriptor) }
}

/// Stands in front of a server, lets a number of its bytes through on each connection, then holds everything back.
public final class StallingProxy: Sendable {
    public let port: Int
    private let descriptor: Int32

    /// - Parameter limit: Bytes of the server's answers on one connection.
    public init(to target: Int, after limit: Int) throws {
        (descriptor, port) = try Loopback.listen()
        let listener = descriptor
        startThread {
            // Ends when the owner shuts the listening socket.
            while case let client = accept(listener, nil, nil), client >= 0 {
                let server = Loopback.connect(to: target)
                startThread { Self.forward(client, server, limit) }
            }
            close(listener)
        }
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private static func forward(_ client: Int32, _ server: Int32, _ limit: Int) {
        defer {
            close(client)
            close(server)
        }
        var buffer = [UInt8](repeating: 0, count: 16_384)
        var rest = limit
        while server >= 0 {
            var entries = [pollfd(fd: client, events: Int16(POLLIN), revents: 0)]
            if rest > 0 { entries.append(pollfd(fd: server, events: Int16(POLLIN), revents: 0)) }
            _ = poll(&entries, nfds_t(entries.count), -1)
            if entries[0].revents != 0 {
                let count = read(client, &buffer, buffer.count)
                if count <= 0 { return }
                send(server, buffer, count, Int32(MSG_NOSIGNAL))
            }
            if entries.count > 1, entries[1].revents != 0 {
                let count = read(server, &buffer, min(buffer.count, rest))
                if count <= 0 { return }
                rest -= count
                send(client, buffer, count, Int32(MSG_NOSIGNAL))
            }
        }
    }
}

/// Runs `body` on a thread of its own.
private func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    // Safe: the thread takes over this one reference and releases it.
    let box = Unmanaged.passRetained(Box(body)).toOpaque()
    pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
            return nil
        }, box)
    pthread_detach(thread)
}

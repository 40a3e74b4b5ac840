// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform
import TestKit

/// A real TLS server on loopback: nginx, with HTTP/2 unless told otherwise.
///
/// `/` tells what the client showed of itself, `/large` has 64 MiB, `/echo` gives the Host header.
final class Nginx: Sendable {
    let port: Int
    private let folder: TemporaryFolder
    private let process: GuardedProcess

    var url: String { "https://127.0.0.1:\(port)" }

    /// - Parameters:
    ///   - name: What the server's certificate is for.
    ///   - clients: Signs the certificates of clients, which are then required.
    init(_ authority: TestAuthority, name: String = "127.0.0.1", http2: Bool = true, clients: TestAuthority? = nil)
        throws
    {
        folder = try TemporaryFolder("nginx")
        port = try FreePort.take(1)[0]
        let path = folder.path
        let certificate = try authority.issue(name, in: path)
        try Files.write([UInt8](repeating: 0x78, count: 64 << 20), to: "\(path)/large")
        let verify = clients.map { "ssl_client_certificate \($0.certificateFile); ssl_verify_client on;" } ?? ""
        let configuration = """
            daemon off; worker_processes 1; pid \(path)/nginx.pid; \(getuid() == 0 ? "user root;" : "")
            events {}
            http {
                access_log off; client_body_temp_path \(path)/body; fastcgi_temp_path \(path)/cgi;
                proxy_temp_path \(path)/proxy; uwsgi_temp_path \(path)/uwsgi; scgi_temp_path \(path)/scgi;
                server {
                    listen 127.0.0.1:\(port) ssl\(http2 ? " http2" : "");
                    ssl_certificate \(certificate.certificate); ssl_certificate_key \(certificate.key); \(verify)
                    default_type text/plain;
                    location / { return 200 "client=$ssl_client_s_dn sni=$ssl_server_name"; }
                    location /host { return 200 $http_host; }
                    location /large { alias \(path)/large; }
                }
            }
            """
        try Files.write(Array(configuration.utf8), to: "\(path)/nginx.conf")
        let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent"]
        let log = "\(path)/log"
        process = try GuardedProcess(
            ["nginx", "-e", log, "-p", path, "-c", "\(path)/nginx.conf"], log: log, environment: environment)
        try waitForListener(on: port, log: log)
    }
}

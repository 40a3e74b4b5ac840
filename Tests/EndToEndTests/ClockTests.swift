// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import JSON
import TestKit
import Testing

/// A daemon whose wall clock is set while it runs, as by a machine that wakes up or a time server that was wrong.
@Suite("A clock that jumps", .timeLimit(.minutes(2)))
struct ClockTests {
    /// Preloaded, it moves the wall clock by the seconds in a file, and no other clock: timers go on as they would.
    private static let library = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>
        static long moved(void) {
            char text[32] = {0};
            int file = open(getenv("MOVED_CLOCK"), O_RDONLY);
            if (file < 0) return 0;
            long count = read(file, text, sizeof text - 1);
            close(file);
            return count > 0 ? atol(text) : 0;
        }
        int clock_gettime(clockid_t clock, struct timespec *now) {
            int result = syscall(SYS_clock_gettime, clock, now);
            if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += moved();
            return result;
        }
        int gettimeofday(struct timeval *now, void *zone) {
            int result = syscall(SYS_gettimeofday, now, zone);
            now->tv_sec += moved();
            return result;
        }
        time_t time(time_t *out) {
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            if (out) *out = now.tv_sec;
            return now.tv_sec;
        }
        """

    @Test("changes nothing: forward or back an hour, releases arrive, drift heals, and the newest pass is shown first")
    func jumps() async throws {
        let shop = try ShopRepository()
        let cluster = try await RunningCluster()
        let folder = try TemporaryFolder("clock")
        let clock = "\(folder.path)/clock"
        let config = "\(folder.path)/daemon.yaml"
        try "leases: {mode: \"on\", duration: 6s}\n".write(toFile: config, atomically: true, encoding: .utf8)
        let library = "\(folder.path)/clock.so"
        try runCommand(["cc", "-shared", "-fPIC", "-x", "c", "-o", library, "-"], input: Self.library)
        func set(_ offset: String) throws { try offset.write(toFile: clock, atomically: true, encoding: .utf8) }
        try set("+0")
        let daemon = try await RunningDaemon(
            repository: shop.remote.path, kubeconfig: cluster.kubeconfig, state: "\(folder.path)/state",
            environment: ["LD_PRELOAD": library, "MOVED_CLOCK": clock],
            ["--config", config])
        try await daemon.becomesHealthy()
        for (number, offset) in ["+3600", "-3600"].enumerated() {
            try set(offset)
            let before = daemon.messages.count
            try shop.release("cart", "9.9.\(number)")
            try await eventually("cart 9.9.\(number) at \(offset)", orShow: daemon.log) {
                try cluster.image(of: "cart", in: "shop-dev")?.hasSuffix(":9.9.\(number)") ?? false
            }
            try cluster.kubectl("delete", "service", "cart", "-n", "shop-dev")
            try await eventually("the service to be back at \(offset)", orShow: daemon.log) {
                try cluster.field(".metadata.name", of: "service/cart", in: "shop-dev") != nil
            }
            try await daemon.becomesHealthy()
            #expect(try await daemon.leads("dev"))
            // The clock was really another one, and nothing was tried twice because of it.
            let times = daemon.messages[before...].compactMap { $0["time"]?.string }.compactMap { Instant($0) }
            let offsets = times.map {
                abs(Date(timeIntervalSince1970: Double($0.milliseconds) / 1000).timeIntervalSinceNow)
            }
            #expect(offsets.contains { $0 > 3000 })
            let problems = daemon.messages[before...].filter { ["warning", "error"].contains($0["level"]?.string) }
            #expect(problems.isEmpty, "\(problems)")
        }
        let passes = try parse(try await daemon.get("/api/v1/passes?environment=dev").text)
        let triggers = passes.compactMap { $0["trigger"]?.string }
        #expect(triggers.prefix(2).allSatisfy { $0 == "drift" || $0 == "poll" || $0 == "commit" }, "\(triggers)")
        #expect(triggers.last == "start", "\(triggers)")
    }

    private func parse(_ text: String) throws -> [Value] {
        let value = try parseJSON(Array(text.utf8))
        return value.list ?? value["items"]?.list ?? value["passes"]?.list ?? []
    }
}

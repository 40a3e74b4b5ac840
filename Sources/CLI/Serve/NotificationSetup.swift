// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Logging
import Metrics
import Notifications
import Platform
import Reconciler

/// The receivers of the configuration, connected with what they are told of.
struct NotificationSetup {
    /// Nil when nobody is to be told.
    let notifier: Notifier?

    /// - Throws: An error that names the file when a secret cannot be read: better at start than at the first failure.
    init(_ configuration: ServeConfiguration, board: StatusBoard, registry: Registry, logger: Logger) throws {
        guard !configuration.notifications.isEmpty else {
            notifier = nil
            return
        }
        var settings = Notifier.Settings()
        settings.site = configuration.login?.publicURL
        var house = Notifier.Surroundings(status: { board.current }, changes: { board.changes() })
        let file = "\(configuration.state)/notifications.json"
        house.load = {
            guard Files.exists(file) else { return nil }
            do {
                return try parseJSON(try Files.read(file, limit: 16 << 20))
            } catch {
                logger.warning("What was told before cannot be read; it may be told again", ["error": "\(error)"])
                return nil
            }
        }
        house.save = { value in
            do {
                try Files.write(value.json(), to: file, mode: 0o600)
            } catch {
                logger.warning("What was told cannot be kept", ["error": "\(error)"])
            }
        }
        house.count = { sink, result in registry.increment(.notifications, [sink.text, result]) }
        house.logger = logger
        notifier = Notifier(try configuration.notifications.map(Sink.init), settings: settings, surroundings: house)
    }
}

extension Sink {
    /// - Throws: `FileError` or `ConfigurationError` when a file cannot be used now.
    fileprivate init(_ settings: ServeConfiguration.NotificationSink) throws {
        func source(_ text: String?, _ file: String?, shortest: Int) throws -> Sink.SecretSource {
            guard let file else { return { Secret(text ?? "") } }
            let secret = SecretFile(file, shortest: shortest)
            _ = try secret.secret()
            return { try secret.secret() }
        }
        let kind: Sink.Kind =
            switch settings.kind {
            case .webhook:
                .webhook(
                    url: try source(settings.url, settings.urlFile, shortest: 8),
                    secret: try source(nil, settings.secretFile, shortest: 16))
            case .slack: .slack(url: try source(settings.url, settings.urlFile, shortest: 8))
            case .hipchat:
                .hipchat(
                    server: settings.server ?? "", room: settings.room ?? "",
                    token: try source(nil, settings.tokenFile, shortest: 8))
            case .githubStatus:
                .githubStatus(
                    apiURL: settings.apiURL, repository: settings.repository ?? "",
                    token: try source(nil, settings.tokenFile, shortest: 8))
            }
        self.init(name: settings.name, kind: kind)
        filter = settings.filter
        allowsPrivate = settings.allowPrivate
        allowsPlain = settings.allowPlain
        authorities = try settings.authorityFile.map { try Files.read($0, limit: 1 << 20) }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain
import HTTPServer

/// A release that came to an environment by a commit. The id says all three: nothing has to be remembered for it.
struct DeploymentID: Sendable, Hashable, CustomStringConvertible {
    let environment: Name
    let service: Name
    let commit: CommitID

    init(_ environment: Name, _ service: Name, _ commit: CommitID) {
        self.environment = environment
        self.service = service
        self.commit = commit
    }

    /// Nil when `text` is no `<environment>~<service>~<commit>`.
    init?(_ text: String) {
        let parts = text.split(separator: "~", omittingEmptySubsequences: false)
        guard parts.count == 3, let environment = Name(parts[0]), let service = Name(parts[1]),
            let commit = CommitID(parts[2])
        else { return nil }
        self.init(environment, service, commit)
    }

    var description: String { "\(environment)~\(service)~\(commit)" }
    var path: String { "/api/deployments/\(self)" }
}

/// What a deployment says of itself.
private struct Deployment {
    let id: DeploymentID
    let version: String
    let commit: Commit?
    /// Whether it is what the environment records now.
    let isNewest: Bool

    var json: Value {
        [
            "id": .string("\(id)"), "environment": Value(id.environment), "context": Value(id.environment),
            "service": Value(id.service), "version": .string(version), "createdOn": Value(commit?.date),
            "createdBy": Value(commit?.author), "commit": Value(id.commit),
            "state": .string(isNewest ? "current" : "replaced"),
        ]
    }
}

extension WebPages {
    // MARK: Reading

    func deployments(_ request: HTTPRequest, _ context: PageContext) throws -> HTTPResponse {
        let page = try ListPage(context.query)
        let filter = ListFilter(
            rawQuery: request.rawQuery, fields: ["service", "version", "environment", "createdBy"])
        let found = Self.deployments(context.status).filter { deployment in
            filter.holds("service", deployment.id.service.text) && filter.holds("version", deployment.version)
                && filter.holds("environment", deployment.id.environment.text)
                && filter.holds("createdBy", deployment.commit?.author ?? "")
        }
        return Reply.json(page.envelope(found, \.json))
    }

    private static func deployments(_ status: DaemonStatus) -> [Deployment] {
        let all = status.environments.flatMap { environment in
            environment.releases.flatMap { service, events in
                events.enumerated().compactMap { index, event -> Deployment? in
                    guard let record = event.release else { return nil }
                    return Deployment(
                        id: DeploymentID(environment.environment.name, service, event.commit.id),
                        version: record.version, commit: event.commit, isNewest: index == 0)
                }
            }
        }
        func moment(_ deployment: Deployment) -> Int64 { deployment.commit?.date.milliseconds ?? 0 }
        return all.sorted { (moment($1), "\($1.id)") < (moment($0), "\($0.id)") }
    }

    /// One that the daemon has not fetched yet is there already: it was committed a moment ago.
    private func deployment(_ id: DeploymentID, _ context: PageContext) async throws -> Deployment {
        if let known = Self.deployments(context.status).first(where: { $0.id == id }) { return known }
        guard context.visit.allows(.view, at: .service(id.service, in: id.environment)),
            context.status.environments.contains(where: { $0.environment.name == id.environment }),
            let desk = sources.actions.tools.desk,
            let found = try? await desk.record(of: id.service, at: id.commit)
        else { throw NotFound() }
        return Deployment(id: id, version: found.record.version, commit: nil, isNewest: true)
    }

    func deploymentPage(_ id: DeploymentID, _ context: PageContext) async throws -> HTTPResponse {
        let deployment = try await deployment(id, context)
        var value = deployment.json
        let progress = try await progress(of: deployment)
        value["status"] = .string(Self.word(progress, deployment))
        value["steps"] = .list(progress.steps.map(\.json))
        return Reply.json(value)
    }

    /// Waits, when asked to, until it can be told.
    func deploymentStatus(_ id: DeploymentID, _ context: PageContext) async throws -> HTTPResponse {
        var deployment = try await deployment(id, context)
        let patience = min(60, max(0, context.query["wait"].flatMap { Int($0) } ?? 0))
        let end = ContinuousClock.now + .seconds(patience)
        var word = Self.word(try await progress(of: deployment), deployment)
        while word == "pending", ContinuousClock.now < end {
            // Who asked may have left; then nobody waits for the answer.
            do { try await ContinuousClock().sleep(for: .milliseconds(250)) } catch { break }
            deployment = Self.deployments(sources.status()).first { $0.id == id } ?? deployment
            word = Self.word(try await progress(of: deployment), deployment)
        }
        let status = word == "success" ? 200 : word == "failed" ? 502 : 202
        var response = Reply.json(["id": .string("\(id)"), "status": .string(word)], status: status)
        response.headers["Cache-Control"] = "no-store"
        if status == 202 { response.headers["Retry-After"] = "5" }
        return response
    }

    private func progress(of deployment: Deployment) async throws -> ActionProgress {
        let record = ActionRecord(
            .promotion, deployment.id.commit, source: nil, environment: deployment.id.environment,
            moves: [.init(service: deployment.id.service, from: nil, to: deployment.version)], isWhole: false,
            actor: "",
            reason: nil, at: deployment.commit?.date ?? now())
        return try await sources.actions.log.progress(of: record, sources.status())
    }

    /// A release that another one has replaced is done with.
    private static func word(_ progress: ActionProgress, _ deployment: Deployment) -> String {
        guard deployment.isNewest else { return "success" }
        return progress.isFailed ? "failed" : progress.isFinished ? "success" : "pending"
    }

    // MARK: Deploying

    func deploy(_ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        let id = try await deployed(request, context)
        guard context.query["wait"] == "true" else {
            return Reply.json(["id": .string("\(id)"), "status": "pending"], status: 202)
        }
        return Reply.redirect(to: "\(id.path)/status?wait=30")
    }

    private func deployed(
        _ request: HTTPRequest, _ context: PageContext
    ) async throws(ActionFailure) -> DeploymentID {
        let body = try JSONBody(
            request, known: ["context", "environment", "namespace", "service", "version", "reason"])
        var place: String?
        for key in ["context", "environment", "namespace"] {
            let text = try body.text(key)
            place = place ?? text
        }
        guard let place, !place.isEmpty else { throw ActionFailure(.badRequest, "context is required") }
        let (serviceText, version) = (try body.required("service"), try body.required("version"))
        let visible = context.status.environments.map(\.environment)
        let environment =
            visible.first { $0.name.text == place }
            ?? visible.first { $0.namespace == place }.flatMap { found in
                visible.count { $0.namespace == place } == 1 ? found : nil
            }
        guard let name = environment?.name ?? Name(place) else { throw Self.noContext(place) }
        let service = Name(serviceText)
        let target = service.map { Place.service($0, in: name) }
        // A key that may bring it there need not be one that may look.
        let mayBring = target.map { context.visit.allows(.promote, at: $0) } ?? false
        let book = ReleaseBook(mayBring ? sources.status() : context.status)
        guard let service, let known = book.release(service, version)
        else {
            throw ActionFailure(
                .badRequest, "Release \(serviceText.prefix(80))/\(version.prefix(80)) was not found")
        }
        do throws(ActionFailure) {
            let commit = try await sources.actions.deploy(
                known.record, from: known.commit.id, to: name, reason: try body.text("reason"), context.visit)
            return DeploymentID(name, service, commit)
        } catch {
            // Who may, and named an environment that is none.
            if error.code == .notFound { throw Self.noContext(place) }
            throw error
        }
    }

    private static func noContext(_ text: String) -> ActionFailure {
        ActionFailure(.badRequest, "Context \(text.prefix(80)) was not found")
    }
}

// SPDX-License-Identifier: Apache-2.0

/// What an operator may tune about reconciling; the defaults are for production.
public struct ReconcilerSettings: Sendable {
    /// How often the repository is asked for news, lengthened by up to a tenth of jitter.
    public var pollInterval: Duration = .seconds(30)
    /// Requests for a fetch that come within this time become one.
    public var debounce: Duration = .milliseconds(200)
    /// Requests in flight per environment.
    public var parallelRequests = 16
    /// How long a wave may take to become healthy before what follows it is given up for this pass.
    public var healthTimeout: Duration = .seconds(600)
    /// How long an object that is being deleted, or a new kind, is waited for.
    public var readinessTimeout: Duration = .seconds(60)
    /// After this time without becoming healthy a rollout is shown as stuck.
    public var stuckAfter: Duration = .seconds(600)
    /// How many times one object's write is tried in one pass when the server stumbles.
    public var attempts = 5
    /// An object that had to be healed this often within a minute is in a fight.
    public var fightThreshold = 5
    /// How long an object in a fight is left alone.
    public var fightPause: Duration = .seconds(300)
    /// More suspected objects than this are healed by a whole pass, in order.
    public var healLimit = 50
    /// How often the whole cluster is looked through for objects that are ours and in no revision; the first time
    /// after a third of it.
    public var sweepInterval: Duration = .seconds(3600)
    /// A watch that ended sooner broke: servers are asked to end them after five minutes at the earliest.
    public var orderlyWatch: Duration = .seconds(240)
    /// The branch whose `kubernaut.yaml` counts; nil for the branch of the last environment.
    public var policyBranch: String?
    /// Releases of one service that are kept for pages.
    public var releaseLimit = 50

    public init() {}
}

namespace Isolation.Sdk;

/// <summary>
/// Machine-checkable promises: a provider says which it seals and which it detects, a host may <c>Require</c> them, and
/// the conformance suites test each.
/// </summary>
[Flags]
public enum IsolationGuarantees
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A worker's files are its own: no honest worker's write lands in another's work tree.</summary>
    Files = 1 << 0,

    /// <summary>Branches, tags and other refs of others.</summary>
    Refs = 1 << 1,

    /// <summary>The repository's git config.</summary>
    GitConfig = 1 << 2,

    /// <summary>The repository's hooks.</summary>
    Hooks = 1 << 3,

    /// <summary>The stash.</summary>
    Stash = 1 << 4,

    /// <summary>Environment variables.</summary>
    Environment = 1 << 5,

    /// <summary>Temporary files.</summary>
    Temp = 1 << 6,

    /// <summary>HOME and the XDG folders.</summary>
    Home = 1 << 7,

    /// <summary>Caches of tools (NuGet, npm, build servers).</summary>
    Caches = 1 << 8,

    /// <summary>TCP ports.</summary>
    Ports = 1 << 9,

    /// <summary>Processes: own session, and the whole tree ends with the worker.</summary>
    Processes = 1 << 10,

    /// <summary>The kernel confines what a worker can read and write.</summary>
    Confinement = 1 << 11,

    /// <summary>The network.</summary>
    Network = 1 << 12,

    /// <summary>Memory, processor and disk limits.</summary>
    Resources = 1 << 13,

    /// <summary>What a worker starts from: nothing inherited, a conversation of its own.</summary>
    Context = 1 << 14,

    /// <summary>What lands was tested exactly as it lands.</summary>
    TestedLanding = 1 << 15,
}

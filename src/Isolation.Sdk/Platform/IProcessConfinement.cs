namespace Isolation.Sdk.Platform;

/// <summary>How the kernel holds what runs in a sandbox.</summary>
internal interface IProcessConfinement
{
    /// <summary>Whether the kernel ends all that a command started when the command ends.</summary>
    bool EndsWholeTree { get; }

    /// <summary>Whether what runs in it cannot change the limit that it is known by.</summary>
    bool KeepsMarks { get; }

    /// <summary>Variables that tools need to work in it.</summary>
    IEnumerable<(string Name, string Value)> Variables => [];

    /// <summary>What it promises beside what ordinary processes do.</summary>
    IsolationGuarantees Adds(NetworkAccess network);

    /// <summary>Why this machine cannot provide it; empty if it can. Tries once.</summary>
    Task<IReadOnlyList<IsolationFault>> FindProblemsAsync(NetworkAccess network, CancellationToken cancellationToken);

    /// <summary>Prepares it for one scope, before anything runs there.</summary>
    IScopeConfinement ForScope(AccessScope scope);

    static IProcessConfinement? Create(SandboxLevel level, ConfinementParts parts, TimeProvider time) =>
        level switch
        {
            SandboxLevel.Restricted => new RestrictedConfinement(parts),
            SandboxLevel.Sealed => new BubblewrapConfinement(time, parts),
            _ => null,
        };
}

/// <summary>The confinement of one scope.</summary>
internal interface IScopeConfinement : IDisposable
{
    /// <summary>The same command, confined.</summary>
    ProcessSpec Apply(ProcessSpec spec);
}

/// <summary>The parts of a confinement. All of them, always: only the tests that show what each is for leave one out.</summary>
[Flags]
internal enum ConfinementParts
{
    None = 0,
    Landlock = 1,
    Seccomp = 2,
    Capabilities = 4,
    Namespaces = 8,
    All = Landlock | Seccomp | Capabilities | Namespaces,
}

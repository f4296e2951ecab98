namespace Isolation.Sdk.Platform;

internal interface IProcessConfinement
{
    // By the kernel, when the command ends.
    bool EndsWholeTree { get; }

    // What runs in it cannot change the limit that it is known by.
    bool KeepsMarks { get; }

    IEnumerable<(string Name, string Value)> Variables => [];

    IsolationGuarantees Adds(NetworkAccess network);

    Task<IReadOnlyList<IsolationFault>> FindProblemsAsync(NetworkAccess network, CancellationToken cancellationToken);

    IScopeConfinement ForScope(AccessScope scope);

    static IProcessConfinement? Create(SandboxLevel level, ConfinementParts parts, TimeProvider time) =>
        level switch
        {
            SandboxLevel.Restricted => new RestrictedConfinement(parts),
            SandboxLevel.Sealed => new BubblewrapConfinement(time, parts),
            _ => null,
        };
}

internal interface IScopeConfinement : IDisposable
{
    ProcessSpec Apply(ProcessSpec spec);
}

// Only tests that show what each is for leave one out.
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

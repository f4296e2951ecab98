namespace Isolation.Sdk.Platform;

/// <summary>How a sandbox confines what runs in its scopes, beyond keeping honest processes apart.</summary>
internal interface IProcessConfinement
{
    /// <summary>Whether the kernel ends all that a command started when the command ends.</summary>
    bool EndsWholeTree { get; }

    /// <summary>Whether what runs in it cannot change the limit that it is known by.</summary>
    bool KeepsMarks { get; }

    /// <summary>What it promises beside what ordinary processes do.</summary>
    IsolationGuarantees Adds(NetworkAccess network);

    /// <summary>Why it cannot be had here; empty when it can. Looks once.</summary>
    Task<IReadOnlyList<IsolationFault>> FindProblemsAsync(NetworkAccess network, CancellationToken cancellationToken);

    /// <summary>Seals one scope, before anything runs in it.</summary>
    IScopeConfinement ForScope(AccessScope reach);
}

/// <summary>The seal of one scope.</summary>
internal interface IScopeConfinement : IDisposable
{
    /// <summary>The same command, confined.</summary>
    ProcessSpec Apply(ProcessSpec launch);
}

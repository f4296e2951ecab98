using Isolation.Sdk.Sandboxing.Processes;

namespace Isolation.Sdk.Sandboxing.Seals;

/// <summary>How a sandbox confines what runs in its scopes, beyond keeping honest processes apart.</summary>
internal interface IProcessSeal
{
    /// <summary>Whether the kernel ends all that a command started when the command ends.</summary>
    bool EndsAll { get; }

    /// <summary>Whether what runs in it cannot change the limit that it is known by.</summary>
    bool KeepsMarks { get; }

    /// <summary>What it promises beside what ordinary processes do.</summary>
    IsolationGuarantees Adds(NetworkReach network);

    /// <summary>Why it cannot be had here; empty when it can. Looks once.</summary>
    Task<IReadOnlyList<IsolationFault>> FindMissingAsync(NetworkReach network, CancellationToken cancellationToken);

    /// <summary>Seals one scope, before anything runs in it.</summary>
    IScopeSeal Close(Reach reach);
}

/// <summary>The seal of one scope.</summary>
internal interface IScopeSeal : IDisposable
{
    /// <summary>The same command, confined.</summary>
    Launch Around(Launch launch);
}

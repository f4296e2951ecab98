namespace Isolation.Sdk.Sandbox;

/// <summary>How a process ended.</summary>
/// <param name="Code">Its exit code; 128 + n when signal n ended it, as a shell says it.</param>
/// <param name="Mechanism">How the end of its whole tree is made sure here: <c>cgroup.kill</c>, <c>pid namespace</c>, <c>session, marker and limit</c>, <c>session and marker</c>, <c>process tree</c>.</param>
public sealed record ProcessExit(int Code, string Mechanism)
{
    /// <summary>Whether the tree outlived the grace and had to be ended by force.</summary>
    public bool Forced { get; init; }

    /// <summary>The limit that ended it; <see langword="null"/> when none did.</summary>
    public LimitHit? Limit { get; init; }
}

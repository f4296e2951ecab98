namespace Isolation.Sdk.Dispatching;

/// <summary>An attempt that a dispatcher knows of. Dispatching it again joins it.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="BaseCommit">The commit it starts from.</param>
public sealed record DispatchedAttempt(AttemptId Attempt, string BaseCommit)
{
    /// <summary>The machine it runs on; <see langword="null"/> while it waits for one.</summary>
    public string? Node { get; init; }

    /// <summary>When the machine was last heard of.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>Whether it has started.</summary>
    public bool Started { get; init; }
}

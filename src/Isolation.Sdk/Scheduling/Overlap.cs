namespace Isolation.Sdk.Scheduling;

/// <summary>
/// Two attempts under way that touch the same paths. A forecast: what either does next can change it.
/// </summary>
/// <param name="First">An attempt that runs here.</param>
/// <param name="Second">Another one that does, or one that waits in the target's merge queue.</param>
/// <param name="Kind">How much is known.</param>
/// <param name="Paths">The paths, the first 200 by name: of a declared overlap what the first declared, of a collision
/// those that collide.</param>
public sealed record Overlap(AttemptId First, AttemptId Second, OverlapKind Kind, IReadOnlyList<string> Paths);

/// <summary>How much is known of an overlap.</summary>
public enum OverlapKind
{
    /// <summary>The items say that they may touch the same files.</summary>
    Declared,

    /// <summary>Both have committed changes to the same files, which merge, or were not tried yet.</summary>
    SameFiles,

    /// <summary>What both have committed does not merge.</summary>
    Collides,
}

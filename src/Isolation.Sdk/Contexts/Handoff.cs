namespace Isolation.Sdk.Contexts;

/// <summary>A note that a worker left for later ones, a git artifact on its attempt: the only way to speak to another
/// worker.</summary>
/// <param name="From">The attempt that left it.</param>
/// <param name="Commit">The commit that carries it.</param>
/// <param name="Note">The text.</param>
public sealed record Handoff(AttemptId From, string Commit, string Note);

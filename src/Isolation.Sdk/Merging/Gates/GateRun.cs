namespace Isolation.Sdk.Merging;

/// <summary>A candidate that is to be tested: the chain of items up to one of them, merged. Without items it is the target as it is.</summary>
internal sealed record GateRun(string Commit, string Tree, IReadOnlyList<AttemptId> Items);

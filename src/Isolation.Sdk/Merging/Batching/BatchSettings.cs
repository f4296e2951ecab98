namespace Isolation.Sdk.Merging;

/// <summary>How a queue cuts its chain. Serial is (1, 1), batches of b are (1, b), a window of K is (K, 1).</summary>
internal sealed record BatchSettings(int MaxConcurrency, int BatchSize, bool TestEveryCommit = false);

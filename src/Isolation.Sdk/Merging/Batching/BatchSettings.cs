namespace Isolation.Sdk.Merging;

/// <summary>How a queue cuts its chain. Serial is (1, 1), batches of b are (1, b), a window of K is (K, 1).</summary>
/// <param name="MaxConcurrency">How many gates may run at once.</param>
/// <param name="BatchSize">How many items lie between two cuts, while enough wait.</param>
/// <param name="TestEveryCommit">No commit lands that did not pass itself: a cut after every item, whatever the step.</param>
internal sealed record BatchSettings(int MaxConcurrency, int BatchSize, bool TestEveryCommit = false);

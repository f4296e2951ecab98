namespace Isolation.Sdk.Merging.Cuts;

/// <summary>How a queue cuts its chain. Serial is (1, 1), batches of b are (1, b), a window of K is (K, 1).</summary>
/// <param name="Slots">How many gates may run at once.</param>
/// <param name="Step">How many items lie between two cuts, while enough wait.</param>
/// <param name="EveryCommitGreen">No commit lands that did not pass itself: a cut after every item, whatever the step.</param>
internal sealed record CutSettings(int Slots, int Step, bool EveryCommitGreen = false);

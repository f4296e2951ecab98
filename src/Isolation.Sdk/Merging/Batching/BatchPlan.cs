namespace Isolation.Sdk.Merging;

/// <summary>What a queue should do next. Only a proposal: what lands and who is evicted is decided by the engine's own checks.</summary>
internal sealed record BatchPlan(int Land, bool ConfirmFirst, IReadOnlyList<int> Start, IReadOnlyList<int> Stop);

namespace Isolation.Sdk.Merging;

/// <summary>What a queue should do next. Only a proposal: what lands and who is evicted is decided by the engine's own checks.</summary>
/// <param name="Land">The longest prefix that may land now; 0 for none. Everything else is to be asked again once it landed and the rest was counted anew.</param>
/// <param name="ConfirmFirst">The first item alone is red: confirm it by a second run of the prefix of 1, for which a slot is free or being freed, or evict it.</param>
/// <param name="Start">Prefixes whose gates to start, in this order; never more than there are free slots, and none while something can land.</param>
/// <param name="Stop">Running prefixes whose answers or slots are needed no longer or elsewhere; named again until they have ended.</param>
internal sealed record BatchPlan(int Land, bool ConfirmFirst, IReadOnlyList<int> Start, IReadOnlyList<int> Stop);

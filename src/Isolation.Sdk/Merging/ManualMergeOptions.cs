namespace Isolation.Sdk.Merging;

/// <summary>Nothing lands before someone approved exactly that commit, in this process or in another, days later perhaps.</summary>
public sealed class ManualMergeOptions : MergeOptions;

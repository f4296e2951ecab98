namespace Isolation.Sdk.Merging;

/// <summary>One after another: each is merged with the target, the merged tree is tested, and exactly what was tested lands.</summary>
public sealed class SerialQueueOptions : GatedMergeOptions;

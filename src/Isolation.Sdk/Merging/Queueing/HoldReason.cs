namespace Isolation.Sdk.Merging.Queueing;

/// <summary>Why an item does not go on, in a word and in a sentence.</summary>
internal sealed record HoldReason(MergeHold Kind, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind}: {Text}";
}

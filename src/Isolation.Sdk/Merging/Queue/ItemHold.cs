namespace Isolation.Sdk.Merging;

/// <summary>Why an item does not go on, in a word and in a sentence.</summary>
internal sealed record ItemHold(MergeHoldReason Kind, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind}: {Text}";
}

namespace Isolation.Sdk;

/// <summary>Something said to a running worker by its host.</summary>
/// <param name="Kind">What it is: <c>answer</c>, <c>nudge</c>, <c>target-advanced</c>, or a word of the host's
/// own.</param>
/// <param name="Text">The text.</param>
public sealed record WorkerMessage(string Kind, string Text)
{
    /// <summary>What the pipeline says by itself when the target moves: a message of kind <c>target-advanced</c>
    /// carries it; <see langword="null"/> in all others.</summary>
    public TargetAdvanced? TargetAdvanced { get; init; }
}

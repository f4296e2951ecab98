namespace Isolation.Sdk;

/// <summary>Something that is wrong or missing, and what to do about it.</summary>
/// <param name="Code">The stable code, <c>ISO####</c>, documented in docs/reference/diagnostics.md.</param>
/// <param name="Message">What is wrong, in one sentence.</param>
/// <param name="Remedy">What to do about it, in one sentence.</param>
public sealed record IsolationFault(string Code, string Message, string Remedy)
{
    /// <summary>Why the host accepts it; <see langword="null"/> when it does not.</summary>
    public string? WaivedBecause { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Code}: {Message} {Remedy}".TrimEnd();
}

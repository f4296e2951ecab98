namespace Isolation.Sdk.Guard;

internal sealed record SharedStateChange(string What, string? Before, string? After)
{
    // What a person reads of it, where values say more than fingerprints do.
    public string? Said { get; init; }

    // The file that the change is a part of.
    public SharedStateChange? File { get; init; }

    public override string ToString() =>
        Said is not null ? Said
        : Before is null && After is null ? $"{What} changed"
        : Before is null ? $"{What} appeared ({Short(After)})"
        : After is null ? $"{What} is gone (was {Short(Before)})"
        : $"{What} changed from {Short(Before)} to {Short(After)}";

    private static string? Short(string? value) =>
        value is { Length: >= 40 } && value.All(char.IsAsciiHexDigitLower) ? value[..12] : value;
}

/// <summary>Something that changed while workers ran, and whose work it could have changed.</summary>
internal sealed record GuardFinding(SharedStateChange Change, IReadOnlyList<AttemptId> Authors)
{
    public string What => Change.What;

    // Nobody, if it may be a person's own work, or cannot change what workers make.
    public IReadOnlyList<AttemptId> Held { get; init; } = Authors;

    // Whether a trace names the one author, who is then more than a suspect.
    public bool IsAttributed { get; init; }

    public string? Restored { get; init; }

    public bool Holds(AttemptId attempt) => Held.Contains(attempt);

    public bool IsVictim(AttemptId attempt) => !(IsAttributed && Authors.Contains(attempt));

    public override string ToString() =>
        $"{Change}{Who}"
        + (Held.Count == 0 ? "; no attempt is held for it" : "")
        + (Restored is null ? "" : $"; {Restored}");

    private string Who =>
        Held.Count == 0 ? ""
        : Authors.Count > 1 ? $"; could have been: {string.Join(", ", Authors)}"
        : Authors.Count == 1 && !IsAttributed ? $"; could have been: {Authors[0]}, or somebody outside"
        : "";
}

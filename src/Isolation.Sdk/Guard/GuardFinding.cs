namespace Isolation.Sdk.Guard;

internal sealed record SharedStateChange(string What, string? Before, string? After)
{
    public override string ToString() =>
        Before is null && After is null ? $"{What} changed"
        : Before is null ? $"{What} appeared ({Short(After)})"
        : After is null ? $"{What} is gone (was {Short(Before)})"
        : $"{What} changed from {Short(Before)} to {Short(After)}";

    private static string? Short(string? value) =>
        value is { Length: >= 40 } && value.All(char.IsAsciiHexDigitLower) ? value[..12] : value;
}

internal sealed record GuardFinding(SharedStateChange Change, IReadOnlyList<AttemptId> Authors)
{
    public string What => Change.What;

    public string? Restored { get; init; }

    public bool IsVictim(AttemptId attempt) => !Authors.Contains(attempt);

    public override string ToString() =>
        $"{Change}{(Authors.Count > 1 ? $"; could have been: {string.Join(", ", Authors)}" : "")}"
        + (Restored is null ? "" : $"; {Restored}");
}

namespace Isolation.Sdk.Pipeline.Inspection;

/// <summary>A change that nobody in the pipeline made.</summary>
internal sealed record Finding(string What, string? Before, string? After, IReadOnlyList<AttemptId> Suspects)
{
    /// <summary>Whether an attempt had this done to it, instead of having done it perhaps.</summary>
    public bool WasDoneTo(AttemptId attempt) => !Suspects.Contains(attempt);

    public override string ToString()
    {
        string change = Before is null && After is null ? "changed" : Before is null ? $"appeared ({Short(After)})" : After is null ? $"is gone (was {Short(Before)})" : $"changed from {Short(Before)} to {Short(After)}";
        return Suspects.Count > 1 ? $"{What} {change}; could have been: {string.Join(", ", Suspects)}" : $"{What} {change}";
    }

    private static string Short(string? value) => value is { Length: > 12 } ? value[..12] : value ?? "";
}

namespace Isolation.Sdk.Sandbox;

/// <summary>One environment variable.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">The value, in the clear: print the entry, not the value.</param>
/// <param name="Origin">Where it came from: <c>inherited</c>, <c>isolation</c>, <c>option</c>, <c>secret</c>.</param>
/// <param name="Secret">Whether it is masked in logs, statuses and reports.</param>
public sealed record EnvironmentEntry(string Name, string Value, string Origin, bool Secret = false)
{
    internal const string Inherited = "inherited";
    internal const string Isolation = "isolation";
    internal const string Option = "option";
    internal const string FromSecrets = "secret";

    /// <inheritdoc/>
    public override string ToString() => $"{Name}={(Secret ? "***" : Value)}";
}

namespace Isolation.Sdk.Sandbox;

/// <summary>One variable that the options ask for; without a template its value is the host's.</summary>
internal sealed record EnvironmentRule(string Name, string? Template, string Origin);

/// <summary>Where a variable comes from.</summary>
internal static class EnvironmentOrigin
{
    public const string Inherited = "inherited";
    public const string Isolation = "isolation";
    public const string Option = "option";
    public const string Secret = "secret";
    public const string EnvFile = "env file";
}

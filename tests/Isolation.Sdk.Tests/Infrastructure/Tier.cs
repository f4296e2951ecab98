namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>How much time a run of the tests may take: a test of a higher tier does not exist in a lower one.</summary>
public enum Tier
{
    /// <summary>Minutes, on any machine: what <c>dotnet test</c> runs.</summary>
    Default,

    /// <summary><c>ISOLATION_TIER=ci</c>.</summary>
    Ci,

    /// <summary><c>ISOLATION_TIER=soak</c>.</summary>
    Soak,
}

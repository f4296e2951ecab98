namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>What this run of the tests was asked for, and which skips it may have.</summary>
internal sealed record TestPlan(Tier Tier, bool RequireAll, IReadOnlyList<string> ExpectedSkips)
{
    public static TestPlan Current { get; } = Read(Environment.GetEnvironmentVariable);

    public static TestPlan Read(Func<string, string?> variable) =>
        new(
            variable("ISOLATION_TIER") switch
            {
                null or "" or "default" => Tier.Default,
                "ci" => Tier.Ci,
                "soak" => Tier.Soak,
                string other => throw new InvalidOperationException(
                    $"ISOLATION_TIER is '{other}'; it may be unset, ci or soak."
                ),
            },
            variable("ISOLATION_REQUIRE_ALL") == "1",
            ReadExpected(Path.Combine(Project.Root, "tests", "expected-skips.txt"))
        );

    /// <summary>Whether a test of this tier exists in this run.</summary>
    public bool Runs(Tier tier) => tier <= Tier;

    /// <summary>The rows of a theory that this run has: one that takes long shows the first ones of them in the default
    /// tier.</summary>
    public IEnumerable<T> Sample<T>(IEnumerable<T> rows, int byDefault) =>
        byDefault > 0 && Tier == Tier.Default ? rows.Take(byDefault) : rows;

    /// <summary>Whether a skip is allowed: <c>Namespace.Class.Method: reason</c> is a line of the list.</summary>
    public bool MaySkip(string test, string reason) =>
        !RequireAll || ExpectedSkips.Contains($"{test}: {reason}", StringComparer.Ordinal);

    private static string[] ReadExpected(string path) =>
        File.Exists(path)
            ? [.. File.ReadAllLines(path).Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#')]
            : [];
}

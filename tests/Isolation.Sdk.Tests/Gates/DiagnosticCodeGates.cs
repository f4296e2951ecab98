using System.Reflection;
using System.Text.RegularExpressions;
using Isolation.Sdk.Analyzers;
using Isolation.Sdk.Sqlite;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>Codes are stable, unique and documented.</summary>
public sealed partial class DiagnosticCodeGates
{
    private static IReadOnlyList<(string Code, string Name)> InSource { get; } =
    [
        .. new[]
        {
            typeof(IIsolationAxis).Assembly,
            typeof(DroppedResultAnalyzer).Assembly,
            typeof(SqliteWorkTracker).Assembly,
        }
            .SelectMany(a => a.GetTypes())
            .Where(t => t.Name.EndsWith("Codes", StringComparison.Ordinal))
            .SelectMany(t =>
                t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
                    .Where(f => f.IsLiteral && f.FieldType == typeof(string))
                    .Select(f => ((string)f.GetRawConstantValue()!, $"{t.Name}.{f.Name}"))
            ),
    ];

    [IsolationFact]
    public void Every_code_has_its_form() => Assert.All(InSource, c => Assert.Matches("^ISO\\d{4}$", c.Code));

    [IsolationFact]
    public void No_two_faults_share_a_code() =>
        Gate.HoldsUnless(
            InSource
                .GroupBy(c => c.Code)
                .Where(g => g.Count() > 1)
                .Select(g => $"{g.Key}: {string.Join(", ", g.Select(c => c.Name))}")
        );

    [IsolationFact]
    public async Task Every_code_is_documented_and_every_documented_code_exists()
    {
        string[] documented =
        [
            .. Documented()
                .Matches(await Sources.ReadAsync("docs/reference/diagnostics.md"))
                .Select(m => m.Groups[1].Value)
                .Distinct(),
        ];

        Assert.Equal(
            InSource.Select(c => c.Code).Order(StringComparer.Ordinal),
            documented.Order(StringComparer.Ordinal)
        );
    }

    // A code is documented where it opens a table row or a heading.
    [GeneratedRegex(@"^(?:\|\s*|#+\s*)`?(ISO\d{4})", RegexOptions.Multiline)]
    private static partial Regex Documented();
}

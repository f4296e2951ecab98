using System.Globalization;
using Isolation.Sdk;
using Isolation.Sdk.Leaks;
using Isolation.Sdk.Testing;
using Rig.Terminal;

namespace Rig.Viewing;

/// <summary>The channels as a table that grows by a line with each one tried, so that it shows how far it is,
/// too.</summary>
internal sealed class LeakTable(IReadOnlyList<LeakRow> rows, IReadOnlyList<SandboxLevel?> levels)
{
    private const string Unexpected = "!";
    private readonly int _channel = rows.Max(r => r.Channel.Length);

    public void Begin(IEnumerable<LevelView> machine)
    {
        LevelText.WriteMissing(machine);
        Screen.Line(Row("ID", "CHANNEL", levels.Select(l => LeakReport.Name(l).ToUpperInvariant()), "BY"));
    }

    /// <summary>Adds what was seen of one channel, in the order of the levels.</summary>
    public void Add(IReadOnlyList<LeakObservation> seen) =>
        Screen.Line(
            Row(
                seen[0].Row.Id,
                seen[0].Row.Channel,
                seen.Select(s => $"{Plain.Word(s.Observed)}{(s.IsAsExpected ? "" : Unexpected)}"),
                seen[^1].Expected.Mechanism
            )
        );

    public void End(LeakReport report)
    {
        Screen.Line();
        foreach (LeakReport.Line line in report.Rows.Where(r => r.Observed != r.Expected))
        {
            Screen.Line(
                $"Not as expected: {line.Id} {line.Level}: {Plain.Word(line.Observed)} instead of "
                    + $"{Plain.Word(line.Expected)} ({line.Mechanism}); {line.Evidence}"
            );
        }

        foreach (LeakReport.Total total in report.Totals)
        {
            Screen.Line(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{total.Level}: {total.Sealed} sealed, {total.Detected} detected, {total.Refused} "
                        + $"refused, {total.Leak} open, {total.NotTried} not tried; {total.NotAsExpected} not as "
                        + $"expected."
                )
            );
        }
    }

    private string Row(string id, string channel, IEnumerable<string> seen, string by) =>
        string.Join("  ", [id.PadRight(4), channel.PadRight(_channel), .. seen.Select(s => s.PadRight(11)), by])
            .TrimEnd();
}

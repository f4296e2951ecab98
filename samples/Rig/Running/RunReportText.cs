using System.Globalization;
using Isolation.Sdk;
using Isolation.Sdk.Monitoring;
using Rig.Terminal;

namespace Rig.Running;

/// <summary>The end of a run, for people.</summary>
internal static class RunReportText
{
    public static void Write(Screen screen, RunReport report)
    {
        Screen.Line();
        Columns table = new("ITEM", "OUTCOME", "ATTEMPT", "COMMIT", "WHY");
        foreach (RunReport.ItemReport item in report.Items)
        {
            RunReport.AttemptLine? last = item.Attempts.Count > 0 ? item.Attempts[^1] : null;
            table.Add(
                item.Id,
                Cell.State(Plain.Word(item.Outcome)),
                last?.Attempt,
                Plain.Commit(item.LandedCommit ?? last?.Commit),
                Why(item)
            );
        }

        screen.Write(table);
        Screen.Line();
        foreach (string kept in report.Items.SelectMany(i => i.Attempts).Select(a => a.KeptWorkspace).OfType<string>())
        {
            Screen.Line($"Kept, since it holds work or evidence: {kept}");
        }

        int landed = report.Items.Count(i => i.Outcome == ItemOutcome.Landed),
            held = report.Items.Count(i => i.Outcome == ItemOutcome.AwaitingMerge);
        string rest =
            (held > 0 ? string.Create(CultureInfo.InvariantCulture, $" {held} held in the queue.") : "")
            + (report.Cancelled ? " The run was interrupted." : "");
        Screen.Line(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{landed} of {report.Items.Count} landed on {report.Target} in "
                    + $"{WorkerStatus.FormatDuration(TimeSpan.FromMilliseconds(report.ElapsedMs))}.{rest}"
            )
        );
        foreach (
            RunReport.ItemReport waiting in report.Items.Where(i =>
                i.Outcome == ItemOutcome.AwaitingMerge && i.Attempts.Count > 0
            )
        )
        {
            RunReport.AttemptLine attempt = waiting.Attempts[^1];
            Screen.Line($"Look: git -C {report.Repository} show {attempt.Commit}");
            Screen.Line($"Land: rig approve {attempt.Attempt} --repo {report.Repository} --commit {attempt.Commit}");
        }
    }

    private static string Why(RunReport.ItemReport item) =>
        item.Conflict is { } conflict
            ? $"{string.Join(", ", conflict.Files)} collided with "
                + $"{(conflict.With.Count > 0 ? string.Join(", ", conflict.With) : "somebody outside")}"
            : item.Reason
                ?? (
                    item.Coupled.Count > 0
                        ? $"touched the same files as {string.Join(", ", item.Coupled.Keys)}: look twice"
                        : ""
                );
}

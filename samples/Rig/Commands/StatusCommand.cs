using System.CommandLine;
using Isolation.Sdk;
using Isolation.Sdk.Monitoring;
using Rig.Terminal;
using Rig.Viewing;

namespace Rig.Commands;

/// <summary><c>rig status</c>: one worker, in one line and what there is to know beside it.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        Argument<string> attempt = CommonOptions.Attempt();
        Option<string> repository = CommonOptions.Repository();
        Option<bool> json = CommonOptions.Json();
        Command status = new("status", "Show one worker.") { attempt, repository, json };
        status.SetAction(
            (parsed, cancellationToken) =>
                ShowAsync(
                    new WorkerReader(CommonOptions.RepositoryOf(parsed.GetRequiredValue(repository))),
                    CommonOptions.AttemptOf(parsed.GetRequiredValue(attempt)),
                    parsed.GetValue(json),
                    cancellationToken
                )
        );
        return status;
    }

    private static async Task<int> ShowAsync(
        WorkerReader reader,
        AttemptId attempt,
        bool json,
        CancellationToken cancellationToken
    )
    {
        WorkerView view = await reader.FindAsync(attempt, cancellationToken)
            ?? throw new IsolationException(RigCodes.UnknownAttempt, $"There is no worker {attempt}.", "See: rig list");
        string log = await reader.LogAsync(attempt, cancellationToken);
        if (json)
        {
            Screen.Raw(Json.Document(new { Schema = "rig.worker/1", Worker = WorkerReport.Of(view, log) }));
            return ExitCodes.Ok;
        }

        Screen.Line(view.Status.FormatShort(TimeProvider.System.GetUtcNow()));
        foreach ((string name, string? value) in Details(view, log).Where(d => !string.IsNullOrEmpty(d.Value)))
        {
            Screen.Raw($"  {name, -10}{Plain.Line(value)}");
        }

        return ExitCodes.Ok;
    }

    private static IEnumerable<(string Name, string? Value)> Details(WorkerView view, string log)
    {
        yield return ("state", view.State);
        yield return ("branch", view.Status.Branch);
        yield return ("blocked by", string.Join(", ", view.Status.Blockers));
        yield return ("overlaps", string.Join("; ", view.Status.Overlaps.Values));
        yield return ("processes", string.Join(", ", view.Status.ProcessIds));
        yield return ("last word", view.Status.Text);
        yield return ("commit", view.Merge?.Commit);
        yield return ("target", view.Merge?.Target is { } target ? WorkerView.Short(target.Ref) : null);
        yield return ("merge", view.Merge?.Reason);
        yield return ("landed", view.Merge?.LandedCommit);
        yield return ("log", log);
    }
}

using Isolation.Sdk;
using Isolation.Sdk.Git;
using Isolation.Sdk.Merging;

namespace Quickstart;

/// <summary>What came of the items, after the run.</summary>
internal sealed class Report(Screen screen, DemoRepository demo)
{
    public async Task WriteAsync(IsolationSummary summary, CancellationToken cancellationToken)
    {
        screen.Section("Outcomes");
        screen.Table(["item", "outcome", "why, or where"], [.. summary.Items.Select(Outcome)]);
        foreach (WorkItemResult item in summary.Items.Where(i => i.Merge?.Conflict is not null))
        {
            Conflict(item, item.Merge!.Conflict!);
        }

        screen.Section($"History of '{DemoRepository.Target}'");
        screen.Lines(
            await Git.RunAsync(
                demo.Checkout,
                cancellationToken,
                "log",
                "--graph",
                "--format=%h %s%d",
                "--decorate-refs=refs/heads/main",
                $"--decorate-refs=refs/heads/{DemoRepository.Target}",
                DemoRepository.Target
            )
        );

        screen.Section("Workers");
        screen.Table(
            ["worker", "setup ms", "bytes", "briefing tokens", "attempts", "outcome", "where the work is"],
            [.. summary.Items.SelectMany(i => i.Attempts.Select(a => Cost(i, a)))],
            numbers: 4
        );
    }

    private static string[] Outcome(WorkItemResult item) =>
        [
            item.Item.Id,
            item.Outcome.ToString().ToLowerInvariant(),
            item.Merge?.LandedCommit is { } landed ? $"{Short(landed)} on {DemoRepository.Target}" : item.Reason ?? "",
        ];

    private void Conflict(WorkItemResult item, MergeConflict conflict)
    {
        screen.Section("Conflict");
        foreach (ConflictedFile file in conflict.Files)
        {
            screen.Lines(
                $"{file.Path} ({string.Join(", ", file.Kinds)}): {item.Item.Id} against "
                    + $"{string.Join(", ", conflict.With)}, on the same lines"
            );
        }

        screen.Lines(
            $"Nothing is lost: 'git show {Short(item.LastAttempt?.Commit)}' is what {item.LastAttempt?.Attempt} made."
        );
    }

    private static string[] Cost(WorkItemResult item, AttemptReport attempt) =>
        [
            attempt.Attempt.ToString(),
            $"{attempt.Cost.SetupMs}",
            $"{attempt.Cost.Bytes}",
            $"{attempt.Cost.BriefingTokens}",
            $"{item.Attempts.Count}",
            item.Outcome.ToString().ToLowerInvariant(),
            attempt.Commit is null
                ? "nowhere: it made no commit"
                : $"{Short(attempt.Commit)} = refs/isolation/attempts/{attempt.Attempt.Item}/{attempt.Attempt.Number}",
        ];

    private static string Short(string? commit) => commit?[..Math.Min(9, commit.Length)] ?? "–";
}

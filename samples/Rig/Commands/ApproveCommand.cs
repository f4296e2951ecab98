using System.CommandLine;
using Isolation.Sdk;
using Isolation.Sdk.Merging;
using Rig.Terminal;
using Rig.Viewing;
using Spectre.Console;

namespace Rig.Commands;

/// <summary><c>rig approve</c>: lands one held attempt, by the exact commit that was looked at.</summary>
internal static class ApproveCommand
{
    public static Command Create()
    {
        Argument<string> attempt = CommonOptions.Attempt();
        Option<string> repository = CommonOptions.Repository();
        Option<string?> commit = new("--commit")
        {
            Description = "The full id of the commit you looked at; without it you are shown it and asked.",
            HelpName = "ID",
        };
        Option<string?> by = new("--by")
        {
            Description = "Who approves; the queue keeps it. Default: your user name.",
            HelpName = "NAME",
        };
        Option<bool> json = CommonOptions.Json();
        Command approve = new("approve", "Approve an exact commit that waits for it, and land it.")
        {
            attempt,
            repository,
            commit,
            by,
            json,
        };
        approve.SetAction(
            async (parsed, cancellationToken) =>
            {
                MergeStatus held = await FindAsync(
                    CommonOptions.RepositoryOf(parsed.GetRequiredValue(repository)),
                    CommonOptions.AttemptOf(parsed.GetRequiredValue(attempt)),
                    cancellationToken
                );
                string approved = parsed.GetValue(commit)
                    ?? (
                        held.IsTerminal ? held.Commit! : await AskAsync(held, parsed.GetValue(json), cancellationToken)
                    );
                MergeStatus status = await Approval.GiveAsync(
                    held,
                    approved,
                    parsed.GetValue(by) ?? Environment.UserName,
                    cancellationToken
                );
                return Tell(held, status, parsed.GetValue(json));
            }
        );
        return approve;
    }

    private static async Task<MergeStatus> FindAsync(
        RepositoryRef repository,
        AttemptId attempt,
        CancellationToken cancellationToken
    ) =>
        (await new MergeQueueClient(repository).ReadAsync(cancellationToken))
            .Where(q => q.Attempt == attempt)
            .OrderBy(q => q.IsTerminal)
            .FirstOrDefault()
        ?? throw new IsolationException(
            RigCodes.NothingToApprove,
            $"No work of {attempt} is in a merge queue.",
            "See what waits: rig list"
        );

    private static async Task<string> AskAsync(MergeStatus held, bool json, CancellationToken cancellationToken)
    {
        Screen screen = Screen.Open();
        if (json || !screen.CanAsk)
        {
            throw new IsolationException(
                RigCodes.NeedsConfirmation,
                $"{held.Attempt} is commit {held.Commit}, and nobody is here to confirm it.",
                $"Look at it, then add: --commit {held.Commit}"
            );
        }

        Screen.Line($"{held.Attempt}  {held.Title}");
        Screen.Raw($"  commit  {held.Commit}");
        Screen.Raw($"  base    {held.BaseCommit}");
        Screen.Raw($"  target  {WorkerView.Short(held.Target!.Ref)}");
        Screen.Raw($"  files   {Plain.Line(string.Join(", ", held.Files), 300)}");
        Screen.Raw(
            $"  look    git -C {held.Target.Repository.Path} diff {Plain.Commit(held.BaseCommit)} "
                + $"{Plain.Commit(held.Commit)}"
        );
        ConfirmationPrompt prompt = new(
            $"Land exactly {Plain.Commit(held.Commit)} on {Markup.Escape(WorkerView.Short(held.Target!.Ref))}?"
        )
        {
            DefaultValue = false,
        };
        return await prompt.ShowAsync(screen.Console, cancellationToken)
            ? held.Commit!
            : throw new IsolationException(
                RigCodes.NeedsConfirmation,
                $"{held.Attempt} was not approved.",
                "Nothing has changed."
            );
    }

    private static int Tell(MergeStatus held, MergeStatus status, bool json)
    {
        if (json)
        {
            Screen.Raw(
                Json.Document(
                    new
                    {
                        Schema = "rig.approve/1",
                        Attempt = held.Attempt.ToString(),
                        held.Commit,
                        Target = WorkerView.Short(held.Target!.Ref),
                        status.State,
                        status.LandedCommit,
                        status.Reason,
                        Files = status.Conflict?.Files.Select(f => f.Path).ToArray(),
                    }
                )
            );
        }
        else if (status.State == MergeState.Landed)
        {
            Screen.Line($"{held.Attempt} landed on {WorkerView.Short(held.Target!.Ref)} as {status.LandedCommit}.");
        }
        else
        {
            Screen.Line($"{held.Attempt} is {Plain.Word(status.State)}: {status.Reason}");
        }

        return status.State == MergeState.Landed ? ExitCodes.Ok : ExitCodes.NotLanded;
    }
}

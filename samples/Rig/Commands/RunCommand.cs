using System.CommandLine;
using Isolation.Sdk;
using Rig.Items;
using Rig.Running;
using Rig.Terminal;

namespace Rig.Commands;

/// <summary><c>rig run</c>: every item through the pipeline, each by a process of its own.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        Option<string> repository = CommonOptions.Repository();
        Option<string> items = new("--items")
        {
            Description = "A JSON array of { id, title, instructions, blockedBy, priority, base }.",
            HelpName = "FILE",
            Required = true,
        };
        Option<int?> workers = new("--workers") { Description = "The most workers at the same time.", HelpName = "N" };
        Option<int> attempts = new("--attempts")
        {
            Description = "The most attempts at one item.",
            HelpName = "N",
            DefaultValueFactory = _ => 2,
        };
        Option<string?> merge = new("--merge")
        {
            Description =
                "How work lands: manual waits for rig approve, first-wins lands at once, queue tests each "
                + "merged tree first, refinery several at once. Default: queue with --gate, manual without.",
        };
        merge.AcceptOnlyFromAmong("manual", "first-wins", "queue", "refinery");
        Option<string[]> gates = new("--gate")
        {
            Description = "A command that a merged tree must pass, in quotes; may be given several times.",
            HelpName = "CMD",
        };
        Option<int?> maxConcurrency = new("--max-concurrency")
        {
            Description = "How many merged trees a refinery tests at once. Default: 4.",
            HelpName = "N",
        };
        Option<int?> batchSize = new("--batch-size")
        {
            Description = "How many items each of them adds to the one before. Default: what is measured to land most.",
            HelpName = "N",
        };
        Option<string> target = CommonOptions.Target("The branch that work lands on; it must not be checked out.");
        Option<string> from = new("--from")
        {
            Description = "Where that branch starts if it does not exist yet.",
            HelpName = "REV",
            DefaultValueFactory = _ => "HEAD",
        };
        Option<bool> follow = new("--follow")
        {
            Description = "Bring that branch up to --from first if it exists: by fast-forward, else by a merge.",
        };
        Option<bool> holdReverts = new("--hold-reverts")
        {
            Description = "Hold work that puts back what was there before others landed, until it is approved.",
        };
        Option<string[]> inherit = new("--inherit")
        {
            Description = "A variable that workers get from here; they get no other.",
            HelpName = "NAME",
        };
        Option<string[]> secrets = new("--secret")
        {
            Description = "The same, and its value is masked in every log and report.",
            HelpName = "NAME",
        };
        Option<string[]> share = new("--copy-from-home")
        {
            Description = "A path below your home that each worker gets a copy of: ~/.claude",
            HelpName = "PATH",
        };
        Option<bool> json = CommonOptions.Json();
        Argument<string[]> command = new("COMMAND")
        {
            Description =
                "After --: the program and its arguments. {instructions}, {briefing}, {workspace}, "
                + "{attempt}, {item}, {title} and {tmp} are filled in.",
            Arity = ArgumentArity.OneOrMore,
        };
        Command run = new("run", "Run every item of a file, each in isolation.")
        {
            repository,
            items,
            workers,
            attempts,
            merge,
            gates,
            maxConcurrency,
            batchSize,
            target,
            from,
            follow,
            holdReverts,
            inherit,
            secrets,
            share,
            json,
            command,
        };
        run.SetAction(
            (parsed, cancellationToken) =>
            {
                string[][] gated = [.. (parsed.GetValue(gates) ?? []).Select(RunSettings.SplitGate)];
                MergeChoice choice = RunSettings.ChooseMerge(parsed.GetValue(merge), gated.Length);
                RunSettings.CheckRefinery(choice, parsed.GetValue(maxConcurrency), parsed.GetValue(batchSize));
                RunSettings settings = new(
                    CommonOptions.RepositoryOf(parsed.GetRequiredValue(repository)),
                    parsed.GetRequiredValue(command),
                    parsed.GetRequiredValue(target),
                    parsed.GetRequiredValue(from)
                )
                {
                    Follow = parsed.GetValue(follow),
                    HoldReverts = parsed.GetValue(holdReverts),
                    Workers = parsed.GetValue(workers),
                    Attempts = parsed.GetValue(attempts),
                    Merge = choice,
                    MaxConcurrency = parsed.GetValue(maxConcurrency),
                    BatchSize = parsed.GetValue(batchSize),
                    Gates = gated,
                    Inherit = parsed.GetValue(inherit) ?? [],
                    Secrets = parsed.GetValue(secrets) ?? [],
                    Shared = parsed.GetValue(share) ?? [],
                };
                return PlayAsync(
                    settings,
                    ItemsFile.Read(parsed.GetRequiredValue(items)),
                    parsed.GetValue(json),
                    cancellationToken
                );
            }
        );
        return run;
    }

    private static async Task<int> PlayAsync(
        RunSettings settings,
        IReadOnlyList<WorkItem> items,
        bool json,
        CancellationToken cancellationToken
    )
    {
        Screen screen = Screen.Open();
        IsolationSummary summary;
        await using (IsolationPipeline pipeline = Composition.Of(settings))
        {
            await using IsolationRun run = pipeline.Start(items, cancellationToken);
            Task progress = json ? Task.CompletedTask : RunProgress.FollowAsync(screen, pipeline, run, items);
            try
            {
                summary = await run.Completion;
            }
            finally
            {
                await pipeline.DisposeAsync(); // Ends the stream of events, so that the last line is shown.
                await progress;
            }
        }

        RunReport report = RunReport.Of(settings, summary);
        if (json)
        {
            Screen.Raw(Json.Document(report));
        }
        else
        {
            RunReportText.Write(screen, report);
            foreach (
                string notice in summary.Audit.Notices.Where(n =>
                    n.StartsWith("The target '", StringComparison.Ordinal)
                )
            )
            {
                Screen.Line($"Note: {notice}");
            }
        }

        return summary.Cancelled ? ExitCodes.Interrupted
            : report.Items.All(i =>
                i.Outcome is ItemOutcome.Landed or ItemOutcome.NoChange or ItemOutcome.AwaitingMerge
            )
                ? ExitCodes.Ok
            : ExitCodes.NotLanded;
    }
}

using System.CommandLine;
using Isolation.Sdk;
using Isolation.Sdk.Cleanup;
using Rig.Running;
using Rig.Terminal;

namespace Rig.Commands;

/// <summary><c>rig clean</c>: takes away what killed runs left behind and the records of landed work; what holds work
/// that is pinned nowhere else stays.</summary>
internal static class CleanCommand
{
    public static Command Create()
    {
        Option<string> repository = CommonOptions.Repository();
        Option<string> target = CommonOptions.Target(
            "The branch that work lands on: records of what is part of it go too."
        );
        Option<bool> dryRun = new("--dry-run") { Description = "Only say what would become of what, and why." };
        Option<bool> json = CommonOptions.Json();
        Command clean = new("clean", "Clean up after runs that were killed, and what landed work no longer needs.")
        {
            repository,
            target,
            dryRun,
            json,
        };
        clean.SetAction(
            (parsed, cancellationToken) =>
                CleanAsync(
                    Composition.ForCleaning(
                        CommonOptions.RepositoryOf(parsed.GetRequiredValue(repository)),
                        parsed.GetRequiredValue(target)
                    ),
                    parsed.GetValue(dryRun),
                    parsed.GetValue(json),
                    cancellationToken
                )
        );
        return clean;
    }

    private static async Task<int> CleanAsync(
        IsolationPipeline composed,
        bool dryRun,
        bool json,
        CancellationToken cancellationToken
    )
    {
        await using IsolationPipeline pipeline = composed;
        IReadOnlyList<CleanItem> plan = await pipeline.PlanCleanAsync(cancellationToken);
        IReadOnlyList<CleanItem> shown = dryRun ? plan : await pipeline.CleanAsync(plan, cancellationToken);
        if (json)
        {
            Screen.Raw(
                Json.Document(
                    new
                    {
                        Schema = "rig.clean/1",
                        DryRun = dryRun,
                        Items = shown
                            .Select(i => new
                            {
                                Attempt = i.Attempt.ToString(),
                                Action = WordFor(i),
                                i.What,
                                i.Why,
                                i.Unpinned,
                            })
                            .ToArray(),
                    }
                )
            );
        }
        else
        {
            Write(shown, dryRun);
        }

        return ExitCodes.Ok;
    }

    private static string WordFor(CleanItem item) => item.IsKept ? "keep" : "remove";

    private static void Write(IReadOnlyList<CleanItem> plan, bool dryRun)
    {
        if (plan.Count == 0)
        {
            Screen.Line("Nothing to clean.");
            return;
        }

        Columns table = new("ATTEMPT", dryRun ? "WOULD" : "DID", "WHAT", "WHY");
        foreach (CleanItem item in plan)
        {
            table.Add(item.Attempt.ToString(), Cell.State(WordFor(item)), item.What, item.Why);
        }

        Screen.Open().Write(table);
        foreach (CleanItem kept in plan.Where(i => i.Unpinned.Count > 0))
        {
            Screen.Line($"Removing {kept.Attempt} would lose: {string.Join(", ", kept.Unpinned)}");
        }
    }
}

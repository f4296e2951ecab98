using System.Globalization;
using Isolation.Sdk.Attempts;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Cleanup;

// The pins and logs of attempts whose work is part of the target: nothing would be lost without them.
internal sealed class LandedRecords(
    GitRepository repository,
    LeaseStore leases,
    WorkersDirectory folder,
    string targetRef,
    TimeProvider time
)
{
    public async Task<IReadOnlyList<CleanItem>> FindAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<QueueLayout> queues = await MergeQueueClient
            .FindAsync(repository, cancellationToken)
            .ConfigureAwait(false);
        GitResult merged = await repository
            .TryRunAsync(
                cancellationToken,
                [
                    "for-each-ref",
                    "--format=%(refname)",
                    .. queues.Select(q => q.Target).Append(targetRef).Distinct().Select(t => $"--merged={t}"),
                    AttemptNames.AttemptsPrefix,
                ]
            )
            .ConfigureAwait(false);
        HashSet<string> landed = new(
            merged.Ok ? merged.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [],
            StringComparer.Ordinal
        );
        HashSet<string> held = new(
            leases.List().Select(l => ItemPart(AttemptNames.RefName(l.Attempt))),
            StringComparer.Ordinal
        );
        IReadOnlyDictionary<string, string> all = await repository
            .ListRefsAsync(cancellationToken, AttemptNames.AttemptsPrefix)
            .ConfigureAwait(false);

        // An item's numbers are its fencing tokens: they go together, and only when no attempt of it holds anything.
        return
        [
            .. all
                .Keys.GroupBy(ItemPart, StringComparer.Ordinal)
                .Where(item => !held.Contains(item.Key) && item.All(name => landed.Contains(name) && HasEnded(name)))
                .SelectMany(item => item)
                .Select(name => new CleanItem(
                    Attempt(name),
                    $"record {name}",
                    false,
                    "Its work is part of the target."
                )),
        ];
    }

    public async Task RemoveAsync(CleanItem item, CancellationToken cancellationToken)
    {
        string name = item.What["record ".Length..];
        string[] parts = name[AttemptNames.AttemptsPrefix.Length..].Split('/');
        await new RetiredNumbers(repository)
            .RetireAsync(parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture), time, cancellationToken)
            .ConfigureAwait(false);
        if (await repository.TryUpdateAsync(new RefTransaction().Delete(name), cancellationToken).ConfigureAwait(false))
        {
            File.Delete(LogOf(name));
            File.Delete(Path.ChangeExtension(LogOf(name), ".out"));
            SafeDelete.DeleteTree(Path.ChangeExtension(LogOf(name), ".ignored"));
            await RemoveExtraAsync(name, cancellationToken).ConfigureAwait(false);
        }
    }

    // What it left beside its commits, here and in submodules. What a target may name there, and no remote has, stays.
    private async Task RemoveExtraAsync(string name, CancellationToken cancellationToken)
    {
        string prefix = $"{AttemptNames.ExtraPrefix}{name[AttemptNames.AttemptsPrefix.Length..]}/";
        foreach (
            string directory in ModuleDirectories
                .FindAll(repository.CommonDirectory)
                .Select(m => Path.Combine(repository.CommonDirectory, m))
                .Prepend(repository.CommonDirectory)
        )
        {
            GitRepository at = repository with { CommonDirectory = directory };
            IReadOnlyDictionary<string, string> refs = await at.ListRefsAsync(cancellationToken, prefix)
                .ConfigureAwait(false);
            foreach ((string extra, string id) in refs)
            {
                bool goes =
                    at.CommonDirectory == repository.CommonDirectory
                    || (
                        await at.TryRunAsync(cancellationToken, "rev-list", "--max-count=1", id, "--not", "--remotes")
                            .ConfigureAwait(false)
                    )
                        is { Ok: true, Line.Length: 0 };
                if (goes)
                {
                    await at.TryUpdateAsync(new RefTransaction().Delete(extra, id), cancellationToken)
                        .ConfigureAwait(false);
                }
            }
        }
    }

    // Issued a moment ago, an attempt stands at its base and holds no lease yet: only its log says that it is over.
    private bool HasEnded(string name) =>
        File.Exists(LogOf(name)) && WorkerLog.ReadStatus(LogOf(name))?.Liveness == WorkerLiveness.Ended;

    private string LogOf(string name) =>
        Path.Combine(folder.Root, $"{name[AttemptNames.AttemptsPrefix.Length..].Replace('/', '.')}.log");

    private static string ItemPart(string name) => name[..name.LastIndexOf('/')];

    private static AttemptId Attempt(string name) =>
        AttemptId.TryParse(name[AttemptNames.AttemptsPrefix.Length..].Replace('/', '.'), out AttemptId attempt)
            ? attempt
            : default;
}

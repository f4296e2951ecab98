using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>Finds out whether an item's own commits follow a commit directly. Nothing is made, so nothing can be added: no trailers.</summary>
internal static class FastForwardCheck
{
    /// <summary>One process.</summary>
    public static async Task<MergeResult> RunAsync(
        QueueContext context,
        QueueItem item,
        MergeBase place,
        CancellationToken cancellationToken
    )
    {
        GitResult log = await context
            .Repository.TryRunAsync(
                cancellationToken,
                "log",
                "-z",
                "--first-parent",
                "--format=%H%x1f%P%x1f%T%x1f%(trailers:only=true,unfold=true)",
                $"{place.Commit}..{item.Head}",
                "--"
            )
            .ConfigureAwait(false);
        if (!log.Ok)
        {
            return new MergeResult.Failed(
                $"'git log' ended with {log.ExitCode}: {log.Error.Trim().ReplaceLineEndings(" ")}"
            );
        }

        string[][] commits = [.. log.Fields.Select(f => f.TrimStart('\n').Split('\x1f'))];
        string[] line = [.. commits.Select(c => c[0])];
        if (commits.Length == 0)
        {
            return new MergeResult.Nothing();
        }

        // The first-parent line is what tells landings apart: a commit that merged the target into itself turns it around.
        if (commits[^1][1].Split(' ')[0] != place.Commit)
        {
            return new MergeResult.Incompatible(
                $"It is not a fast-forward of {context.Names.ShortTarget}: rebase it (SyncAsync, or 'git rebase'), and submit that.",
                line
            );
        }

        if (commits.Any(c => LandingMessage.Trailers(c[3]).Keys.Any(LandingMessage.IsReserved)))
        {
            return new MergeResult.Incompatible(
                "Its commits have trailers that only the queue writes: make them anew without.",
                line
            )
            {
                Forbidden = true,
            };
        }

        return commits[0][2] == place.Tree
            ? new MergeResult.Nothing()
            : new MergeResult.Clean(commits[0][2]) { Commits = [.. line.Reverse()] };
    }
}

using System.Text;

namespace Isolation.Sdk.Git;

/// <summary>What a change is, wherever it was made: its lines without their place and what is around them.</summary>
internal static class PatchIds
{
    // Of each commit as seen from the one below it; what changes nothing has none. Two processes for any number.
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(
        GitRepository repository,
        IEnumerable<(string Commit, string Below)> changes,
        CancellationToken cancellationToken
    )
    {
        StringBuilder pairs = new();
        foreach ((string commit, string below) in changes)
        {
            pairs.Append(commit).Append(' ').Append(below).Append('\n');
        }

        GitCommand diff = GitCommand.In(
            repository.CommonDirectory,
            [.. "diff-tree --stdin -r -p -U0 --full-index --no-renames --no-ext-diff --no-textconv".Split(' ')]
        ) with
        {
            Input = pairs.ToString(),
        };
        GitCommand identify = GitCommand.In(repository.CommonDirectory, "patch-id", "--verbatim") with
        {
            Input = (await repository.Client.RunAsync(diff, cancellationToken).ConfigureAwait(false)).Output,
        };
        GitResult ids = await repository.Client.RunAsync(identify, cancellationToken).ConfigureAwait(false);
        return ids
            .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split(' '))
            .Where(p => p.Length == 2)
            .ToDictionary(p => p[1], p => p[0]);
    }

    // Whether each commit on top of a base is somewhere below the target, under another name.
    public static async Task<bool> AreAllInAsync(
        GitRepository repository,
        string target,
        string head,
        string start,
        CancellationToken cancellationToken
    )
    {
        GitResult cherry = await repository
            .TryRunAsync(cancellationToken, "cherry", target, head, start)
            .ConfigureAwait(false);
        return cherry.Ok && cherry.Line.Length > 0 && cherry.Line.Split('\n').All(l => l.StartsWith('-'));
    }
}

using System.Text.RegularExpressions;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Benchmarks.Replay;

/// <summary>A merge as the queue does it: attributes of the first parent, no work tree.</summary>
internal sealed partial class LibraryMerge(GitRepository repository, string folder)
{
    private const string Ours = "target";
    private readonly GitAttributes _attributes = new(repository, Path.Combine(folder, "attributes"));
    private readonly GitMerge _merge = new(repository, folder);

    public async Task<Merged> RunAsync(string ours, string theirs, bool obeyAttributes = true)
    {
        string empty = Path.Combine(folder, "empty");
        Directory.CreateDirectory(empty);
        string attributes = obeyAttributes ? await _attributes.WriteAsync(ours, CancellationToken.None) : empty;
        return await _merge.RunAsync(
            (ours, Ours),
            (theirs, ReferenceMerge.Theirs),
            attributes,
            CancellationToken.None
        ) switch
        {
            MergeOutcome.Clean clean => Merged.Clean(clean.Tree),
            MergeOutcome.Conflict conflict => Merged.Conflict(conflict.Output.Files),
            MergeOutcome.Unrelated => Merged.Unrelated(),
            MergeOutcome.Broken broken => Merged.Unknown(broken.Reason),
            _ => throw new InvalidOperationException("Unknown outcome."),
        };
    }

    /// <summary>The same with <c>git merge</c>'s name for the first side, HEAD, which stands in names of files and in
    /// markers.</summary>
    public async Task<Merged> NamedAsGitDoesAsync(Merged merged)
    {
        List<UnmergedEntry> entries = [];
        foreach (UnmergedEntry entry in merged.Entries)
        {
            entries.Add(
                entry with
                {
                    Path = NameInPath().Replace(entry.Path, "~HEAD"),
                    ObjectId = await NamedAsGitDoesAsync(entry),
                }
            );
        }

        return Merged.Conflict(entries);
    }

    private async Task<string> NamedAsGitDoesAsync(UnmergedEntry entry)
    {
        GitResult content = await repository.TryRunAsync(CancellationToken.None, "cat-file", "blob", entry.ObjectId);
        if (entry.Stage == 1 || !content.Ok || !NameInMarker().IsMatch(content.Output))
        {
            return entry.ObjectId;
        }

        GitCommand hash = GitCommand.In(repository.CommonDirectory, "hash-object", "--stdin") with
        {
            Input = NameInMarker().Replace(content.Output, "HEAD"),
        };
        return (await repository.Client.RunAsync(hash)).Line;
    }

    [GeneratedRegex("~" + Ours + @"(?=$|/|_\d)")]
    private static partial Regex NameInPath();

    [GeneratedRegex("(?<=^<{7,} )" + Ours + "(?=:|\r?$)", RegexOptions.Multiline)]
    private static partial Regex NameInMarker();
}

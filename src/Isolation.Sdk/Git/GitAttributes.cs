using System.Runtime.CompilerServices;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Git;

/// <summary>Lays out a tree's attribute files, so that a merge obeys what is committed and nothing else.</summary>
internal sealed class GitAttributes(GitRepository repository, string folder)
{
    private const string FileName = ".gitattributes";
    private const int MaxKnownTrees = 4096;
    private readonly HashSet<string> _trees = new();

    public static bool IsAttributesFile(ReadOnlySpan<byte> path) =>
        path.EndsWith(".gitattributes"u8) && (path.Length == FileName.Length || path[^(FileName.Length + 1)] == '/');

    public static bool AreSame(IndexFile one, IndexFile other) => In(one).SetEquals(In(other));

    public static async IAsyncEnumerable<(string Path, string? Content)> ReadAsync(
        GitRepository repository,
        string tree,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        GitResult list = await repository
            .RunAsync(cancellationToken, "ls-tree", "-r", "-z", "--full-tree", tree)
            .ConfigureAwait(false);
        foreach ((string blob, string path, bool isLink) in Files(list.Fields))
        {
            yield return (
                path,
                isLink
                    ? null
                    : (
                        await repository.RunAsync(cancellationToken, "cat-file", "blob", blob).ConfigureAwait(false)
                    ).Output
            );
        }
    }

    public async Task<string> WriteAsync(string tree, CancellationToken cancellationToken)
    {
        if (_trees.Contains(tree))
        {
            return folder;
        }

        _trees.Clear();
        SafeDelete.DeleteTree(folder);
        Directory.CreateDirectory(folder);
        await foreach (
            (string path, string? content) in ReadAsync(repository, tree, cancellationToken).ConfigureAwait(false)
        )
        {
            if (content is null)
            {
                continue; // Git follows none in a work tree.
            }

            string file = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, content, cancellationToken).ConfigureAwait(false);
        }

        _trees.Add(tree);
        return folder;
    }

    // Says that a tree followed in which only these files changed: usually there is nothing to read again.
    public void Advance(string from, string to, IReadOnlyList<string> changed)
    {
        if (
            _trees.Count < MaxKnownTrees
            && _trees.Contains(from)
            && changed.Count > 0
            && !changed.Any(f => Path.GetFileName(f) == FileName)
        )
        {
            _trees.Add(to);
        }
    }

    private static HashSet<string> In(IndexFile index)
    {
        HashSet<string> found = new();
        for (int i = 0; i < index.Count; i++)
        {
            if (IsAttributesFile(index.Path(i)))
            {
                found.Add($"{index.Mode(i)} {Convert.ToHexString(index.Id(i))} {Convert.ToHexString(index.Path(i))}");
            }
        }

        return found;
    }

    private static IEnumerable<(string Blob, string Path, bool IsLink)> Files(IReadOnlyList<string> entries) =>
        from entry in entries
        let tab = entry.IndexOf('\t')
        where
            tab > 0
            && (entry.StartsWith("100", StringComparison.Ordinal) || entry.StartsWith("120", StringComparison.Ordinal))
            && Path.GetFileName(entry[(tab + 1)..]) == FileName
        where !entry[(tab + 1)..].Split('/').Contains("..") && !Path.IsPathRooted(entry[(tab + 1)..])
        select (entry[..tab].Split(' ')[2], entry[(tab + 1)..], entry[1] == '2');
}

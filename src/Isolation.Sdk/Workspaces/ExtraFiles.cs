using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

internal static class ExtraFiles
{
    public static async Task<IReadOnlyList<string>> CopyIgnoredAsync(
        GitRepository repository,
        string workTree,
        IList<string> globs,
        CancellationToken cancellationToken
    )
    {
        globs = [.. globs.Where(g => !GitDirectoryFiles.IsOne(g))];
        if (globs.Count == 0)
        {
            return [];
        }

        string checkout = repository.TopLevel
            ?? throw new IsolationException(
                WorkspaceCodes.CopyRefused,
                "A bare repository has no ignored files to copy.",
                "Give the path of a checkout, or copy nothing."
            );
        string[] arguments =
        [
            .. "ls-files --others --ignored --exclude-standard -z --".Split(' '),
            .. globs.Select(g => $":(top,glob){g}"),
        ];
        GitResult answer = await repository
            .Client.RunAsync(new GitCommand(checkout, arguments), cancellationToken)
            .ConfigureAwait(false);
        List<string> copied = [];
        foreach (string path in answer.Fields)
        {
            string to = Inside(workTree, path);
            if (File.Exists(to) || Directory.Exists(to))
            {
                // Tracked at the base, so not ignored there: the base's own content stands.
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            FileInfo from = new(Path.Combine(checkout, path));
            if (from.LinkTarget is { } target)
            {
                File.CreateSymbolicLink(to, FileSearch.Move(target, checkout, workTree));
            }
            else
            {
                from.CopyTo(to);
                RelocatedFile.Mend(to, checkout, workTree);
            }

            copied.Add(path);
        }

        return copied;
    }

    public static IReadOnlyList<string> Link(
        GitRepository repository,
        string workTree,
        IDictionary<string, string> links
    )
    {
        List<string> linked = [];
        foreach ((string path, string target) in links)
        {
            string full = Path.GetFullPath(target, repository.TopLevel ?? repository.CommonDirectory);
            if (!Directory.Exists(full) && !File.Exists(full))
            {
                throw new IsolationException(
                    WorkspaceCodes.LinkTargetMissing,
                    $"'{full}' is to be shared and does not exist.",
                    "Make it first, or share nothing there."
                );
            }

            string link = Inside(workTree, path);
            if (Directory.Exists(link) || File.Exists(link))
            {
                throw new IsolationException(
                    WorkspaceCodes.LinkTargetMissing,
                    $"'{path}' is to be a link and is a file of the base commit.",
                    "Choose a path that the repository does not have."
                );
            }

            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            _ = Directory.Exists(full) ? Directory.CreateSymbolicLink(link, full) : File.CreateSymbolicLink(link, full);
            linked.Add(Path.GetRelativePath(workTree, link).Replace(Path.DirectorySeparatorChar, '/'));
        }

        return linked;
    }

    private static string Inside(string workTree, string path)
    {
        string full = Path.GetFullPath(path, workTree);
        if (
            Path.IsPathRooted(path)
            || full == workTree
            || !FileSearch.Contains(workTree, full)
            || FileSearch.Contains(Path.Combine(workTree, ".git"), full)
        )
        {
            throw new IsolationException(
                WorkspaceCodes.CopyRefused,
                $"'{path}' is not a path inside a workspace.",
                "Give a path relative to the top of the repository."
            );
        }

        // A link among the parents, tracked by the base commit, would lead the write out of the workspace.
        for (
            string? parent = Path.GetDirectoryName(full);
            parent is not null && parent.Length > workTree.Length;
            parent = Path.GetDirectoryName(parent)
        )
        {
            if (new FileInfo(parent).LinkTarget is not null)
            {
                throw new IsolationException(
                    WorkspaceCodes.CopyRefused,
                    $"'{path}' is behind a link in the base commit.",
                    "Name the place that the link leads to, or leave it out."
                );
            }
        }

        return full;
    }
}

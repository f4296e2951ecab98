using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Guard;

/// <summary>Finds in git's own logs and settings which work tree made a branch, a stash entry or a setting.</summary>
internal sealed class AuthorResolver(GitRepository repository)
{
    private const string BranchSetting = ChangedSettings.Prefix + "branch.";
    private readonly Dictionary<string, IReadOnlyCollection<string>> _known = [];

    // null when nothing says who.
    public IReadOnlyCollection<string>? FindWorktrees(string name, bool appeared)
    {
        string[] found =
            name == "refs/stash" ? CreatorsOfStash()
            : BranchOfSetting(name) is { } configured ? WorkTrees((_, on) => on == configured)
            : RefNames.BranchOf(name) is not { } branch ? []
            : appeared ? CreatorsOfBranch(branch)
            : WorkTrees((_, on) => on == branch); // Git lets one work tree at a time have a branch.
        if (found.Length > 0)
        {
            _known[name] = found;
        }

        // With a ref its log goes too: who made it is remembered.
        return _known.GetValueOrDefault(name);
    }

    private string[] CreatorsOfBranch(string branch) =>
        WorkTrees(
            (entry, on) =>
                on == branch
                || Lines(Path.Combine(entry, "logs", "HEAD"))
                    .Any(l =>
                        l.Contains("\tcheckout: moving from ") && l.EndsWith($" to {branch}", StringComparison.Ordinal)
                    )
        );

    // "WIP on <branch>: <commit> <subject>", or "On <branch>: <what it was called>".
    private string[] CreatorsOfStash()
    {
        string last = Lines(Path.Combine(repository.CommonDirectory, "logs", "refs", "stash")).LastOrDefault() ?? "";
        string said = last[(last.IndexOf('\t') + 1)..];
        return WorkTrees((_, on) => on is not null && said.Contains($"n {on}: "));
    }

    // "push -u" and "branch --set-upstream-to" write a section of the branch into the settings of all.
    private static string? BranchOfSetting(string name) =>
        name.StartsWith(BranchSetting, StringComparison.Ordinal)
        && name.LastIndexOf('.') is var end
        && end > BranchSetting.Length
            ? name[BranchSetting.Length..end]
            : null;

    private string[] WorkTrees(Func<string, string?, bool> isOne) =>
        [
            .. WorktreeFiles
                .Entries(repository)
                .Where(e => isOne(e, RefNames.BranchOf(WorktreeFiles.RefOf(e))))
                .Select(e => WorktreeFiles.PathOf(e) ?? e),
        ];

    private static string[] Lines(string file) => TextFile.TryRead(file)?.Split('\n') ?? [];
}

using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

// The git directory of a worker's submodule, where git itself would put it. It borrows the objects of the repository's
// own: nothing that others could see changes, whatever is done in it.
internal sealed class SubmoduleWriter(GitRepository module, string source, bool keepsOrigin)
{
    private const string Remotes = "refs/remotes/",
        Tags = "refs/tags/";

    // What a filter or a driver of it would be was never set for this user to run here.
    private static readonly string[] NotInherited = ["filter.", "merge.", "diff."];

    public void Write(string target, string workTree, string commit, GitSettings settings)
    {
        BareRepositoryWriter.Write(
            target,
            module,
            commit,
            [Path.Combine(source, "objects")],
            "bare = false",
            "logallrefupdates = true",
            $"filemode = {(OperatingSystem.IsWindows() ? "false" : "true")}"
        );
        File.AppendAllText(
            Path.Combine(target, "config"),
            CloneSettings.Write([
                new("core.worktree", Slashes(Path.GetRelativePath(target, workTree))),
                .. CloneSettings
                    .Inherit(settings)
                    .Where(s => !NotInherited.Any(p => s.Key.StartsWith(p, StringComparison.OrdinalIgnoreCase))),
                .. Origin(settings),
            ])
        );
        foreach (string folder in new[] { "objects/pack", "refs/tags", "info", "logs" })
        {
            Directory.CreateDirectory(Path.Combine(target, folder));
        }

        Dictionary<string, string> refs = [];
        RefReader.ReadAll(source, refs, Remotes);
        RefReader.ReadAll(source, refs, Tags);
        File.WriteAllText(
            Path.Combine(target, "packed-refs"),
            string.Concat(
                refs.Where(r => r.Value.Length == module.NullId.Length && r.Value.All(char.IsAsciiHexDigitLower))
                    .OrderBy(r => r.Key, StringComparer.Ordinal)
                    .Select(r => $"{r.Value} {r.Key}\n")
            )
        );
        File.WriteAllText(
            Path.Combine(target, "logs", "HEAD"),
            $"{module.NullId} {commit} Isolation.Sdk <isolation@localhost> 0 +0000\tclone: from {source}\n"
        );
        File.WriteAllText(
            Path.Combine(workTree, ".git"),
            $"gitdir: {Slashes(Path.GetRelativePath(workTree, target))}\n"
        );
    }

    private IEnumerable<KeyValuePair<string, string>> Origin(GitSettings settings) =>
        keepsOrigin && CloneSettings.OriginOf(settings) is { } address
            ?
            [
                new("remote.origin.url", CloneSettings.WithoutCredentials(address)),
                new("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"),
            ]
            : [];

    private static string Slashes(string path) => OperatingSystem.IsWindows() ? path.Replace('\\', '/') : path;
}

using System.Globalization;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

// In git's documented layout: no hook, no remote, and one branch on the base commit. It costs no process, and as nobody
// knows of the folder yet, no lock.
internal sealed class CloneWriter(WorkspaceContext context)
{
    private readonly GitRepository _repository = context.Repository;

    public void Write(WorkspaceInfo info, GitSettings settings)
    {
        string git = info.GitDirectory,
            heads = Path.Combine("refs", "heads", info.Branch!.Replace('/', Path.DirectorySeparatorChar));
        string log = string.Create(
            CultureInfo.InvariantCulture,
            $"{_repository.NullId} {info.BaseCommit} Isolation.Sdk <isolation@localhost> "
                + $"{context.Time.GetUtcNow().ToUnixTimeSeconds()} +0000\tclone: from "
                + $"{_repository.CommonDirectory}\n"
        );
        BareRepositoryWriter.Write(
            git,
            _repository,
            $"ref: refs/heads/{info.Branch}",
            [Path.Combine(_repository.CommonDirectory, "objects")],
            "bare = false",
            "logallrefupdates = true",
            $"filemode = {(OperatingSystem.IsWindows() ? "false" : "true")}"
        );
        File.AppendAllText(
            Path.Combine(git, "config"),
            CloneSettings.Write([.. CloneSettings.Inherit(settings), .. Origin(settings)])
        );
        foreach (string folder in new[] { "objects/pack", "refs/tags", "info", "logs" })
        {
            Directory.CreateDirectory(Path.Combine(git, folder));
        }

        foreach (string file in new[] { "exclude", "attributes" })
        {
            string theirs = Path.Combine(_repository.CommonDirectory, "info", file);
            if (File.Exists(theirs))
            {
                File.Copy(theirs, Path.Combine(git, "info", file));
            }
        }

        WriteText(Path.Combine(git, heads), info.BaseCommit + "\n");
        WriteText(Path.Combine(git, "logs", heads), log);
        WriteText(Path.Combine(git, "logs", "HEAD"), log);
    }

    private IEnumerable<KeyValuePair<string, string>> Origin(GitSettings settings) =>
        context.Options.KeepOrigin && CloneSettings.OriginOf(settings) is { } address
            ?
            [
                new("remote.origin.url", Absolute(CloneSettings.WithoutCredentials(address))),
                new("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"),
            ]
            : [];

    // A relative path means something from where the repository is.
    private string Absolute(string address) =>
        address.StartsWith("./", StringComparison.Ordinal) || address.StartsWith("../", StringComparison.Ordinal)
            ? Path.GetFullPath(address, _repository.TopLevel ?? _repository.CommonDirectory)
            : address;

    private static void WriteText(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}

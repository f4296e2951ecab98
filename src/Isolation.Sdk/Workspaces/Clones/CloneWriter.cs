using System.Globalization;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

/// <summary>
/// Writes the git directory of a private clone in git's documented layout, as <c>git init</c> with an empty template and an alternates file would: no hook, no remote, and one branch on the base
/// commit. It costs no process, and as nobody knows of the folder yet, no lock.
/// </summary>
internal sealed class CloneWriter(GitRepository repository, PrivateCloneOptions options, TimeProvider time)
{
    public void Write(WorkspaceInfo info, IReadOnlyList<KeyValuePair<string, string>> settings)
    {
        string git = info.GitDirectory,
            heads = Path.Combine("refs", "heads", info.Branch!.Replace('/', Path.DirectorySeparatorChar));
        string log = string.Create(
            CultureInfo.InvariantCulture,
            $"{repository.NullId} {info.BaseCommit} Isolation.Sdk <isolation@localhost> {time.GetUtcNow().ToUnixTimeSeconds()} +0000\tclone: from {repository.CommonDirectory}\n"
        );
        foreach (string folder in new[] { "objects/info", "objects/pack", "refs/tags", "info", "logs" })
        {
            Directory.CreateDirectory(Path.Combine(git, folder));
        }

        WriteText(
            Path.Combine(git, "objects", "info", "alternates"),
            BareRepositoryWriter.AlternatesLine(Path.Combine(repository.CommonDirectory, "objects")) + "\n"
        );
        WriteText(
            Path.Combine(git, "config"),
            BareRepositoryWriter.Config(
                repository,
                "bare = false",
                "logallrefupdates = true",
                $"filemode = {(OperatingSystem.IsWindows() ? "false" : "true")}"
            ) + CloneSettings.Write([.. CloneSettings.Inherit(settings), .. Origin(settings)])
        );
        foreach (string file in new[] { "exclude", "attributes" })
        {
            string theirs = Path.Combine(repository.CommonDirectory, "info", file);
            if (File.Exists(theirs))
            {
                File.Copy(theirs, Path.Combine(git, "info", file));
            }
        }

        BareRepositoryWriter.CopyShallow(repository, git);
        WriteText(Path.Combine(git, heads), info.BaseCommit + "\n");
        WriteText(Path.Combine(git, "logs", heads), log);
        WriteText(Path.Combine(git, "logs", "HEAD"), log);
        WriteText(Path.Combine(git, "HEAD"), $"ref: refs/heads/{info.Branch}\n");
    }

    private IEnumerable<KeyValuePair<string, string>> Origin(IReadOnlyList<KeyValuePair<string, string>> settings) =>
        options.KeepOrigin && settings.LastOrDefault(s => s.Key == "remote.origin.url").Value is { Length: > 0 } address
            ?
            [
                new("remote.origin.url", Absolute(CloneSettings.WithoutCredentials(address))),
                new("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"),
            ]
            : [];

    // A relative path means something from where the repository is.
    private string Absolute(string address) =>
        address.StartsWith("./", StringComparison.Ordinal) || address.StartsWith("../", StringComparison.Ordinal)
            ? Path.GetFullPath(address, repository.TopLevel ?? repository.CommonDirectory)
            : address;

    private static void WriteText(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}

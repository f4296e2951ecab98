using Isolation.Sdk.IO;

namespace Isolation.Sdk.Git;

/// <summary>
/// What commits name in LFS is uploaded before a push names them: git-lfs does it in a hook, and hooks are off.
/// </summary>
internal static class LfsUpload
{
    private const string Pointer = "version https://git-lfs.github.com/spec/v1";
    private const int MaxSearched = 5000;

    // From a large number on, asking git-lfs is cheaper than looking.
    public static async Task<bool> IsNeededAsync(
        GitRepository repository,
        string remote,
        string commit,
        CancellationToken cancellationToken
    )
    {
        if (!MayHaveFiles(repository))
        {
            return false;
        }

        GitResult small = await repository
            .RunAsync(
                cancellationToken,
                "rev-list",
                "--objects",
                "--no-object-names",
                "--filter=object:type=blob",
                "--filter=blob:limit=1024", // A pointer is smaller.
                "--filter-provided-objects",
                "--missing=allow-any",
                commit,
                "--not",
                $"--remotes={remote}"
            )
            .ConfigureAwait(false);
        if (small.Line.Length == 0 || small.Output.Count(c => c == '\n') > MaxSearched)
        {
            return small.Line.Length > 0;
        }

        GitCommand read = GitCommand.In(repository.CommonDirectory, "cat-file", "--batch") with
        {
            Input = small.Output,
        };
        GitResult contents = await repository.Client.RunAsync(read, cancellationToken).ConfigureAwait(false);
        return contents.Output.Contains(Pointer, StringComparison.Ordinal);
    }

    public static string[] Command(string remote, string commit) => ["lfs", "push", remote, commit];

    // One look at the disk: most repositories have none.
    private static bool MayHaveFiles(GitRepository repository) =>
        Directory.Exists(Path.Combine(repository.CommonDirectory, "lfs", "objects"))
        || TextFile.TryRead(Path.Combine(repository.CommonDirectory, "config"))?.Contains("[lfs") == true;
}

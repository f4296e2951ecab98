using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Merging;

/// <summary>A real repository with a branch <c>target</c> that is checked out nowhere, and commits made as workers
/// would make them.</summary>
internal sealed class QueueFixture : IAsyncDisposable
{
    public const string TargetRef = "refs/heads/target";

    private QueueFixture(ThrowawayRepository repository) => Repository = repository;

    public ThrowawayRepository Repository { get; }

    public MergeTarget Target => new(new RepositoryRef(Repository.Path), TargetRef);

    public string Common => Path.Combine(Repository.Path, ".git");

    public static async Task<QueueFixture> CreateAsync(params (string Path, string Content)[] files)
    {
        QueueFixture bench = new(await ThrowawayRepository.CreateAsync());
        await bench.Repository.CommitAsync("Files", files.ToDictionary(f => f.Path, f => f.Content));
        await bench.GitAsync("branch", "target");
        return bench;
    }

    public Task<string> GitAsync(params string[] arguments) => Repository.GitAsync(arguments);

    public Task<string> TargetCommitAsync() => GitAsync("rev-parse", TargetRef);

    /// <summary>Commits files on top of a base (the target by default) without touching any checkout but a throwaway
    /// one.</summary>
    public async Task<Capture> WorkAsync(string? from, params (string Path, string? Content)[] files)
    {
        string start = from ?? await TargetCommitAsync();
        string tree = Path.Combine(Repository.Root, "w" + Guid.NewGuid().ToString("n")[..8]);
        await GitAsync("worktree", "add", "-q", "--detach", tree, start);
        foreach ((string path, string? content) in files)
        {
            string full = Path.Combine(tree, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            if (content is null)
            {
                File.Delete(full);
            }
            else
            {
                await File.WriteAllTextAsync(full, content);
            }
        }

        await ThrowawayRepository.GitInAsync(tree, ["add", "-A"]);
        await ThrowawayRepository.GitInAsync(tree, ["commit", "-q", "--allow-empty", "-m", "Work"]);
        string commit = await ThrowawayRepository.GitInAsync(tree, ["rev-parse", "HEAD"]);
        await GitAsync("worktree", "remove", "--force", tree);
        await GitAsync("update-ref", "refs/isolation/attempts/" + commit[..12] + "/1", commit);
        return new Capture(
            commit,
            start,
            "refs/isolation/attempts/" + commit[..12] + "/1",
            [.. files.Select(f => new FileChange(f.Path, FileChangeKind.Modified, 1, 0))]
        );
    }

    public static async Task<MergeStatus> EndAsync(IMergeQueue queue, AttemptId attempt)
    {
        MergeStatus? last = null;
        await foreach (MergeStatus status in queue.WatchAsync(attempt))
        {
            last = status;
        }

        return last!;
    }

    public static async Task<MergeStatus> UntilAsync(
        IMergeQueue queue,
        AttemptId attempt,
        Func<MergeStatus, bool> reached
    )
    {
        await foreach (MergeStatus status in queue.WatchAsync(attempt))
        {
            if (reached(status))
            {
                return status;
            }
        }

        throw new InvalidOperationException("The stream ended before that.");
    }

    public ValueTask DisposeAsync()
    {
        SafeDelete.DeleteTree(WorkersDirectory.Beside(Common).Root);
        return Repository.DisposeAsync();
    }
}

using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>A throwaway repository with a provider of private clones on it.</summary>
internal sealed class CloneFixture : IAsyncDisposable
{
    private readonly List<AttemptLease> _leases = [];

    private CloneFixture(ThrowawayRepository repository, string path, WorkspaceOptions options)
    {
        (Repository, Path) = (repository, path);
        Provider = new PrivateCloneProvider(options, TimeProvider.System);
    }

    public ThrowawayRepository Repository { get; }

    /// <summary>The repository that workers run on: the throwaway one unless the test made another.</summary>
    public string Path { get; }

    public PrivateCloneProvider Provider { get; }

    public string GitDirectory =>
        Directory.Exists(System.IO.Path.Combine(Path, ".git")) ? System.IO.Path.Combine(Path, ".git") : Path;

    public LeaseStore Store => new(GitDirectory, new RepositoryRef(Path), TimeProvider.System);

    public static async Task<CloneFixture> CreateAsync(
        Action<WorkspaceOptions>? configure = null,
        Func<ThrowawayRepository, Task<string>>? elsewhere = null
    )
    {
        WorkspaceOptions options = new();
        configure?.Invoke(options);
        ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        return new CloneFixture(repository, elsewhere is null ? repository.Path : await elsewhere(repository), options);
    }

    public Task<string> GitAsync(params string[] arguments) => ThrowawayRepository.GitInAsync(Path, arguments);

    public async Task<IWorkspace> AcquireAsync(string item = "a", string revision = "HEAD")
    {
        AttemptId attempt = new(item, 1);
        string head = await GitAsync("rev-parse", revision);
        await GitAsync("update-ref", AttemptNames.RefName(attempt), head, "");
        AttemptLease lease = Store.Create(attempt);
        _leases.Add(lease);
        return await Provider.AcquireAsync(new WorkspaceRequest(lease, new RepositoryRef(Path), head));
    }

    public async Task<Capture> CaptureAsync(IWorkspace workspace) =>
        await workspace.CaptureAsync(new PlainScope(Repository.Root, workspace.Info.Path));

    /// <summary>Writes and commits, in the worker's own repository.</summary>
    public static async Task<string> CommitAsync(IWorkspace workspace, string file, string content)
    {
        WorkspaceFixture.Write(workspace, file, content);
        await WorkspaceFixture.GitAsync(workspace, "add", "-A");
        await WorkspaceFixture.GitAsync(workspace, "commit", "-qm", $"Write {file}");
        return await WorkspaceFixture.GitAsync(workspace, "rev-parse", "HEAD");
    }

    /// <summary>Everything of the shared repository that no worker may move: refs, config, hooks, info, stash,
    /// worktrees. Not in it: what the library pins.</summary>
    public async Task<string> SharedAsync() =>
        string.Join(
            '\n',
            [
                .. (await GitAsync("for-each-ref"))
                    .Split('\n')
                    .Where(l => !l.Contains("refs/isolation/", StringComparison.Ordinal)),
                .. Directory
                    .EnumerateFiles(GitDirectory, "*", SearchOption.AllDirectories)
                    .Where(f =>
                        !new[] { "objects", "isolation", "lfs" }.Contains(
                            System.IO.Path.GetRelativePath(GitDirectory, f).Split('/')[0]
                        ) && !f.Contains("refs/isolation", StringComparison.Ordinal)
                    )
                    .Order(StringComparer.Ordinal)
                    .Select(f =>
                        $"{f} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}"
                    ),
            ]
        );

    public async ValueTask DisposeAsync()
    {
        await Provider.DisposeAsync();
        _leases.ForEach(l => l.Dispose());
        await Repository.DisposeAsync();
    }
}

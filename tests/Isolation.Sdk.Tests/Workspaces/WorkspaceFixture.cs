using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>A throwaway repository with a provider on it, and what a pipeline does around the provider: attempts
/// issued, leases taken.</summary>
internal sealed class WorkspaceFixture : IAsyncDisposable
{
    private readonly List<AttemptLease> _leases = [];

    private WorkspaceFixture(ThrowawayRepository repository, WorkspaceOptions options, WorkersDirectory? workers)
    {
        Repository = repository;
        Options = options;
        Provider = new GitWorktreeProvider(options, TimeProvider.System, workers);
        Store = new LeaseStore(
            Path.Combine(repository.Path, ".git"),
            new RepositoryRef(repository.Path),
            TimeProvider.System
        );
    }

    public ThrowawayRepository Repository { get; }

    public WorkspaceOptions Options { get; }

    public GitWorktreeProvider Provider { get; }

    public LeaseStore Store { get; }

    public string Workers => Repository.Path + ".workers";

    public static async Task<WorkspaceFixture> CreateAsync(
        Action<WorkspaceOptions>? configure = null,
        WorkersDirectory? workers = null
    )
    {
        WorkspaceOptions options = new();
        configure?.Invoke(options);
        return new WorkspaceFixture(await ThrowawayRepository.CreateAsync(), options, workers);
    }

    public async Task<string> HeadAsync() => await Repository.GitAsync(["rev-parse", "HEAD"]);

    /// <summary>Issues an attempt as a pipeline does, and acquires its workspace.</summary>
    public async Task<IWorkspace> AcquireAsync(
        string item = "a",
        int number = 1,
        IWorkspaceProvider? provider = null
    ) => await (provider ?? Provider).AcquireAsync(await RequestAsync(item, number));

    public async Task<WorkspaceRequest> RequestAsync(string item = "a", int number = 1)
    {
        AttemptId attempt = new(item, number);
        string head = await HeadAsync();
        await Repository.GitAsync(["update-ref", AttemptNames.RefName(attempt), head, ""]);
        AttemptLease lease = Store.Create(attempt);
        lock (_leases)
        {
            _leases.Add(lease);
        }

        return new WorkspaceRequest(lease, new RepositoryRef(Repository.Path), head);
    }

    public PlainScope Scope(IWorkspace workspace) => new(Repository.Root, workspace.Info.Path);

    public async Task<Capture> CaptureAsync(IWorkspace workspace) => await workspace.CaptureAsync(Scope(workspace));

    public static Task<string> GitAsync(IWorkspace workspace, params string[] arguments) =>
        ThrowawayRepository.GitInAsync(workspace.Info.Path, arguments);

    public static void Write(IWorkspace workspace, string path, string content)
    {
        string full = Path.Combine(workspace.Info.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
    }

    /// <summary>Everything a failed acquire must leave as it was: files beside and below, refs, worktrees,
    /// config.</summary>
    public async Task<string> SnapshotAsync() =>
        string.Join(
            '\n',
            [
                .. Directory.EnumerateFileSystemEntries(Repository.Root).Order(StringComparer.Ordinal),
                .. (
                    Directory.Exists(Workers)
                        ? Directory.GetFileSystemEntries(Workers, "*", SearchOption.AllDirectories)
                        : []
                ).Order(StringComparer.Ordinal),
                await Repository.GitAsync(["for-each-ref"]),
                await Repository.GitAsync(["worktree", "list", "--porcelain"]),
                await Repository.GitAsync(["status", "--porcelain"]),
                Convert.ToHexString(File.ReadAllBytes(Path.Combine(Repository.Path, ".git", "config"))),
            ]
        );

    public async ValueTask DisposeAsync()
    {
        await Provider.DisposeAsync();
        _leases.ForEach(l => l.Dispose());
        await Repository.DisposeAsync();
    }
}

using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>A clone with a submodule in it that has one, too, and a provider of either kind of workspace.</summary>
internal sealed class SubmoduleFixture : IAsyncDisposable
{
    public const string Sub = "lib/sub",
        Deep = "lib/sub/a dir/deep";

    private const string Make = """
        set -e
        G="git -c protocol.file.allow=always -c init.defaultBranch=main"
        new() { $G init -q "$1"; (cd "$1"; seq 1 9 > f.txt; git add -A; git commit -qm base); }
        new deep; new inner; new outer
        (cd inner; $G submodule -q add "$PWD/../deep" "a dir/deep"; git commit -qm deep; git tag v1)
        (cd outer; $G submodule -q add "$PWD/../inner" lib/sub; git commit -qm sub)
        $G clone -q --recurse-submodules outer shop
        """;

    private readonly ThrowawayRepository _place;
    private readonly GitWorkspaceProvider _provider;
    private readonly List<AttemptLease> _leases = [];

    private SubmoduleFixture(ThrowawayRepository place, bool clones, WorkspaceOptions options)
    {
        _place = place;
        Path = System.IO.Path.Combine(place.Root, "shop");
        _provider = clones
            ? new PrivateCloneProvider(options, TimeProvider.System)
            : new GitWorktreeProvider(options, TimeProvider.System);
    }

    public string Path { get; }

    public string Root => _place.Root;

    public static async Task<SubmoduleFixture> CreateAsync(
        bool clones = false,
        Action<WorkspaceOptions>? configure = null
    )
    {
        WorkspaceOptions options = new();
        configure?.Invoke(options);
        SubmoduleFixture made = new(await ThrowawayRepository.CreateAsync(), clones, options);
        await made.InAsync(made.Root, Make);
        return made;
    }

    public async Task<string> InAsync(string folder, string script)
    {
        string said = await Shell.RunAsync(folder, script);
        Assert.DoesNotContain("\nexit ", said, StringComparison.Ordinal);
        return said.Trim();
    }

    public Task<string> GitAsync(params string[] arguments) => ThrowawayRepository.GitInAsync(Path, arguments);

    public async Task<IWorkspace> AcquireAsync(string item = "a")
    {
        AttemptId attempt = new(item, 1);
        string head = await GitAsync("rev-parse", "HEAD");
        await GitAsync("update-ref", AttemptNames.RefName(attempt), head, "");
        LeaseStore store = new(System.IO.Path.Combine(Path, ".git"), new RepositoryRef(Path), TimeProvider.System);
        AttemptLease lease = store.Create(attempt);
        _leases.Add(lease);
        return await _provider.AcquireAsync(new WorkspaceRequest(lease, new RepositoryRef(Path), head));
    }

    public Task<ProbeResult> ProbeAsync() => _provider.ProbeAsync(new RepositoryRef(Path)).AsTask();

    public async Task<Capture> CaptureAsync(IWorkspace workspace) =>
        await workspace.CaptureAsync(new PlainScope(Root, workspace.Info.Path));

    public async ValueTask DisposeAsync()
    {
        await _provider.DisposeAsync();
        _leases.ForEach(l => l.Dispose());
        await _place.DisposeAsync();
    }
}

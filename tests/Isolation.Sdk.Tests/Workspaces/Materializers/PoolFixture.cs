using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>A repository with files of every kind, a pool on it, and a provider without one to compare with.</summary>
internal sealed class PoolFixture : IAsyncDisposable
{
    private readonly List<AttemptLease> _leases = [];
    private readonly bool _clones;
    private readonly CheckoutMethod _method;
    private readonly int _size;

    private PoolFixture(ThrowawayRepository repository, bool clones, CheckoutMethod filling, int size)
    {
        (Repository, _clones, _method, _size) = (repository, clones, filling, size);
        Pool = NewPool(filling, size);
        Plain = NewProvider(CheckoutMethod.Copy);
    }

    /// <summary>What no name but an item's has in it.</summary>
    public const string ItemPrefix = "worker-of-a-pool-";

    public ThrowawayRepository Repository { get; }

    public GitWorkspaceProvider Pool { get; private set; }

    /// <summary>Makes workspaces by copying, and knows nothing of the pool.</summary>
    public GitWorkspaceProvider Plain { get; private set; }

    public string Workers => Repository.Path + ".workers";

    /// <summary>The trees that wait.</summary>
    public string[] Idle =>
        Directory.Exists(Path.Combine(Workers, ".trees"))
            ?
            [
                .. Directory
                    .GetDirectories(Path.Combine(Workers, ".trees"))
                    .Where(d =>
                        File.Exists(Path.Combine(d, "tree.json"))
                        && File.ReadAllText(Path.Combine(d, "tree.json")).Contains("\"Idle\"", StringComparison.Ordinal)
                    ),
            ]
            : [];

    /// <summary>Somewhere else of this worker's user, with things that nothing may touch.</summary>
    public string Outside => Path.Combine(Repository.Root, "outside");

    public static async Task<PoolFixture> CreateAsync(
        bool clones = false,
        CheckoutMethod filling = CheckoutMethod.Auto,
        int size = 4,
        int files = 12
    )
    {
        PoolFixture rig = new(await ThrowawayRepository.CreateAsync(), clones, filling, size);
        await Shell.RunAsync(
            rig.Repository.Path,
            MakeRepository,
            files.ToString(System.Globalization.CultureInfo.InvariantCulture)
        );
        await Shell.RunAsync(
            rig.Repository.Root,
            "mkdir outside outside/precious && echo precious > outside/precious/file && ln "
                + "outside/precious/file outside/precious/twin && git init -q outside/other && cd outside/other "
                + "&& echo o > o && git add o && git commit -qm o"
        );
        return rig;
    }

    private const string MakeRepository = """
        mkdir -p src/deep/er/still docs "with space" Ünï bin data
        i=0; while [ $i -lt "$1" ]; do mkdir -p src/m$i; echo "file $i" > src/m$i/code.cs; seq 1 $((i * 40)) > src/m$i/data.txt; i=$((i + 1)); done
        echo deep > src/deep/er/still/leaf.txt; echo x > "with space/a b.txt"; echo y > "Ünï/é.txt"; : > docs/empty
        printf 'new\nline' > "$(printf 'docs/new\nline')"
        printf '#!/bin/sh\necho run\n' > bin/run; chmod 755 bin/run
        head -c 300000 /dev/zero | tr '\0' 'z' > data/large.bin
        ln -s code.cs src/m0/link; ln -s m0 src/folder-link; ln -s /nowhere/at/all docs/dangling
        printf 'build/\n*.o\n' > .gitignore; printf '*.bin -text\n' > .gitattributes
        git add -A; git update-index --add --cacheinfo 160000,1234567890123456789012345678901234567890,vendor/sub
        printf '[submodule "vendor/sub"]\n\tpath = vendor/sub\n\turl = ./nowhere\n' > .gitmodules; git add .gitmodules
        git -c user.name=T -c user.email=t@t commit -qm Files
        mkdir -p vendor/sub
        """;

    public GitWorkspaceProvider NewProvider(CheckoutMethod filling, int size = 0)
    {
        WorkspaceOptions options = new() { CheckoutMethod = filling, PoolSize = size };
        return _clones
            ? new PrivateCloneProvider(options, TimeProvider.System)
            : new GitWorktreeProvider(options, TimeProvider.System);
    }

    public GitWorkspaceProvider NewPool(CheckoutMethod filling = CheckoutMethod.Auto, int size = 4) =>
        NewProvider(filling, size);

    public async Task<IWorkspace> AcquireAsync(
        string item,
        IWorkspaceProvider? provider = null,
        string revision = "main"
    )
    {
        AttemptId attempt = new(ItemPrefix + item, 1);
        string commit = await Repository.GitAsync(["rev-parse", revision]);
        await Repository.GitAsync(["update-ref", AttemptNames.RefName(attempt), commit, ""]);
        AttemptLease lease = new LeaseStore(
            Path.Combine(Repository.Path, ".git"),
            Repository.Reference,
            TimeProvider.System
        ).Create(attempt);
        lock (_leases)
        {
            _leases.Add(lease);
        }

        return await (provider ?? Pool).AcquireAsync(new WorkspaceRequest(lease, Repository.Reference, commit));
    }

    /// <summary>As a host that starts anew.</summary>
    public async Task StartAgainAsync()
    {
        await Pool.DisposeAsync();
        await Plain.DisposeAsync();
        (Pool, Plain) = (NewPool(_method, _size), NewProvider(CheckoutMethod.Copy));
    }

    /// <summary>Releases a workspace into the pool, and waits until it is there or gone.</summary>
    public async Task RecycleAsync(IWorkspace workspace)
    {
        await workspace.ReleaseAsync(ReleaseMode.Recycle);
        await Pool.SettleAsync();
    }

    /// <summary>A new workspace, made without the pool, is the same as this one.</summary>
    public async Task AssertAsNewAsync(IWorkspace workspace, string what, string revision = "main")
    {
        IWorkspace fresh = await AcquireAsync($"fresh{Guid.NewGuid():n}", Plain, revision);
        string expected = await WorkspaceImage.OfAsync(fresh),
            seen = await WorkspaceImage.OfAsync(workspace);
        if (expected != seen)
        {
            string[] before = expected.Split('\n'),
                after = seen.Split('\n');
            Assert.Fail(
                $"{what}\nOnly in a new one:\n{string.Join('\n', before.Except(after).Take(30))}\nOnly in "
                    + $"the recycled one:\n{string.Join('\n', after.Except(before).Take(30))}"
            );
        }

        string times = await WorkspaceImage.OddTimesAsync(fresh.Info.Path, "f,l"),
            theirs = await WorkspaceImage.OddTimesAsync(workspace.Info.Path, "f,l");
        Assert.True(
            times == theirs,
            $"{what}\nWritten at another time in a new one: {times}\nIn the recycled one: {theirs}"
        );
        await fresh.ReleaseAsync(ReleaseMode.Remove);
    }

    public async ValueTask DisposeAsync()
    {
        await Pool.DisposeAsync();
        await Plain.DisposeAsync();
        _leases.ForEach(l => l.Dispose());
        await Repository.DisposeAsync();
    }
}

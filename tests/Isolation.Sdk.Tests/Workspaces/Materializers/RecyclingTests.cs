using System.Globalization;
using System.Text.RegularExpressions;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;
using Xunit.Abstractions;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>Whatever a worker did, the next one finds what it would find in a new workspace.</summary>
public sealed partial class RecyclingTests(ITestOutputHelper output)
{
    // Nothing of a workspace is worth keeping then, or nobody here may change it back.
    private static readonly string[] MayBeItsEnd =
    [
        "names that are no text",
        "flags",
        "permissions that are inherited",
    ];

    [IsolationFact(Tools.Linux, "find", "sha1sum", Timeout = 120_000, Tier = Tier.Ci)]
    public Task A_recycled_workspace_is_as_new() => SomeAsync(first: 1, seeds: 10, deeds: 6, many: 300);

    [IsolationFact(Tools.Linux, "find", "sha1sum", Tier = Tier.Ci, Timeout = 600_000)]
    public Task Sixty_recycled_workspaces_are_as_new() => SomeAsync(first: 100, seeds: 60, deeds: 8, many: 2_000);

    [IsolationFact(Tools.Linux, "find", "sha1sum", Tier = Tier.Soak, Timeout = 3_600_000)]
    public Task Five_hundred_recycled_workspaces_are_as_new() =>
        SomeAsync(first: Random.Shared.Next(1_000_000), seeds: 500, deeds: 12, many: 10_000);

    [IsolationTheory(Tools.Linux, "find", "sha1sum", Tier = Tier.Ci, Timeout = 600_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_of_any_deed_is_left(bool clones)
    {
        foreach (string deed in HostileWorker.All)
        {
            await CycleAsync(clones, CheckoutMethod.Copy, $"{deed}, clones: {clones}", new Random(1), w =>
                w.DoAsync(deed, 100)
            );
        }
    }

    private async Task SomeAsync(int first, int seeds, int deeds, int many)
    {
        int? only = int.TryParse(
            Environment.GetEnvironmentVariable("ISOLATION_SEED"),
            CultureInfo.InvariantCulture,
            out int given
        )
            ? given
            : null;
        first = only ?? first;
        for (int seed = first; seed < first + (only is null ? seeds : 1); seed++)
        {
            output.WriteLine($"ISOLATION_SEED={seed}");
            Random random = new(seed);
            bool clones = random.Next(2) == 0;
            CheckoutMethod filling = random.Next(2) == 0 ? CheckoutMethod.Copy : CheckoutMethod.Checkout;
            await CycleAsync(
                clones,
                filling,
                $"ISOLATION_SEED={seed}, clones: {clones}, filled by {filling}",
                random,
                w => w.WorkAsync(deeds, many)
            );
        }
    }

    private static async Task CycleAsync(
        bool clones,
        CheckoutMethod filling,
        string what,
        Random random,
        Func<HostileWorker, Task> work
    )
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(clones, filling);
        IWorkspace released = await rig.AcquireAsync("first");
        string inode = await WorkspaceImage.InodeAsync(released.Info.Path);
        using SharedSettings shared = SharedSettings.Of(rig.Repository.Path);
        using HostileWorker worker = new(released.Info.Path, rig.Outside, random);
        await work(worker);
        shared.Restore();
        string outside = await OutsideAsync(rig);
        what = $"{what}\nThe worker: {string.Join("; ", worker.Done)}";

        await rig.RecycleAsync(released);

        Assert.False(Path.Exists(released.Info.Path), what);
        Assert.True(
            outside == await OutsideAsync(rig),
            $"{what}\nSomething outside was touched:\n{outside}\n---\n{await OutsideAsync(rig)}"
        );
        bool mayEnd = worker.Done.Any(d => MayBeItsEnd.Any(e => d.StartsWith(e, StringComparison.Ordinal)));
        Assert.True(mayEnd || rig.Idle.Length == 1, $"{what}\nIt is not in the pool.");
        bool parked = rig.Idle.Length == 1;
        IWorkspace again = await rig.AcquireAsync("again");
        Assert.True(
            !parked || await WorkspaceImage.InodeAsync(again.Info.Path) == inode,
            $"{what}\nIt is not the one that was released."
        );
        Assert.True(
            !parked || await WorkspaceImage.OddTimesAsync(again.Info.Path, "f,l,d") == "",
            $"{what}\nFolders tell when something was in them."
        );
        await rig.AssertAsNewAsync(again, what);
    }

    // Names that files outside have in the workspace go with it, so their number is no part of it.
    private static async Task<string> OutsideAsync(PoolFixture rig) =>
        Links().Replace(await WorkspaceImage.FilesAsync(rig.Outside, "nothing"), "$1 -");

    [GeneratedRegex(@"(\| \w \d+ [-\d]+) \d+")]
    private static partial Regex Links();

    /// <summary>What linked worktrees share with their repository and a pipeline puts back, or never lets a worker
    /// write.</summary>
    private sealed class SharedSettings : IDisposable
    {
        private readonly string _git,
            _copy;

        private SharedSettings(string git, string copy) => (_git, _copy) = (git, copy);

        public static SharedSettings Of(string repository)
        {
            SharedSettings made = new(
                Path.Combine(repository, ".git"),
                Directory.CreateTempSubdirectory("isolation-settings-").FullName
            );
            Shell.RunAsync(made._git, "cp -a config \"$1\"; cp -a info hooks \"$1\" 2>/dev/null", made._copy).Wait();
            return made;
        }

        public void Restore() =>
            Shell.RunAsync(_git, "rm -rf config config.worktree info hooks; cp -a \"$1\"/* .", _copy).Wait();

        public void Dispose() => Directory.Delete(_copy, recursive: true);
    }
}

using System.Globalization;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Stress;
using Isolation.Sdk.Workspaces;
using Xunit.Abstractions;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>A host that is killed while it fills, recycles or removes: the next one hands out nothing half-made, and
/// nothing is left.</summary>
public sealed class WorkspaceKillTests(ITestOutputHelper output)
{
    private const string Dirt =
        "echo dirt > dirt; mkdir -p build/a; echo o > build/a/x.o; echo dirt >> src/m1/code.cs; rm -r "
        + "docs; git add -A; git commit -qm Work";

    // Everything in it: a pristine tree made, a workspace filled, cleaned, parked; the base moved; a parked tree taken
    // and moved, the pristine one moved; a removal.
    private static readonly string[] Story =
    [
        "acquire one",
        $"run one {Dirt}",
        "release one",
        "settle",
        "run-in-repository echo next >> src/m2/code.cs; git rm -rq src/m3; git add -A; git -c user.name=T "
            + "-c user.email=t@t commit -qm Next",
        "acquire two",
        "acquire three",
        $"run three {Dirt}",
        "remove two",
        "release three",
        "settle",
    ];

    private static readonly (WorkspaceStep Step, int On)[] All =
    [
        (WorkspaceStep.TreeBegun, 1),
        (WorkspaceStep.TreeWritten, 1),
        (WorkspaceStep.TreeRecorded, 1),
        (WorkspaceStep.MidCopy, 1),
        (WorkspaceStep.Materialized, 1),
        (WorkspaceStep.GitMade, 1),
        (WorkspaceStep.Indexed, 1),
        (WorkspaceStep.Discarded, 1),
        (WorkspaceStep.Unregistered, 1),
        (WorkspaceStep.Detached, 1),
        (WorkspaceStep.MidClean, 1),
        (WorkspaceStep.Cleaned, 1),
        (WorkspaceStep.Idle, 1),
        (WorkspaceStep.MoveBegun, 1),
        (WorkspaceStep.MoveWritten, 1),
        (WorkspaceStep.Taken, 1),
        (WorkspaceStep.MidDelete, 1),
        (WorkspaceStep.TreeRecorded, 3),
        (WorkspaceStep.MoveBegun, 2),
        (WorkspaceStep.MoveWritten, 2),
        (WorkspaceStep.MidCopy, 2),
        (WorkspaceStep.GitMade, 2),
        (WorkspaceStep.Discarded, 2),
        (WorkspaceStep.Unregistered, 2),
        (WorkspaceStep.MidDelete, 3),
    ];

    public static TheoryData<string, int, bool> Cases
    {
        get
        {
            TheoryData<string, int, bool> cases = [];
            foreach ((WorkspaceStep step, int on) in All)
            {
                cases.Add(step.ToString(), on, false);
                if (step != WorkspaceStep.Unregistered)
                {
                    cases.Add(step.ToString(), on, true); // A clone is registered nowhere.
                }
            }

            return cases;
        }
    }

    [IsolationFact]
    public void Every_step_has_a_case_in_which_it_is_killed() =>
        Assert.Equal(Enum.GetValues<WorkspaceStep>().Order(), All.Select(c => c.Step).Distinct().Order());

    [IsolationTheory(Tools.Linux, Tier = Tier.Ci)]
    [InlineData(nameof(WorkspaceStep.MidCopy), 1, false)]
    [InlineData(nameof(WorkspaceStep.MidClean), 1, true)]
    public Task Killed_while_it_fills_and_while_it_cleans(string step, int on, bool clones) =>
        KillAsync(step, on, clones);

    [IsolationTheory(Tools.Linux, Tier = Tier.Ci, Timeout = 300_000)]
    [MemberData(nameof(Cases))]
    public Task Killed_at_each_step(string step, int on, bool clones) => KillAsync(step, on, clones);

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 900_000)]
    public Task Killed_thirty_times_anywhere() => KillAnywhereAsync(30);

    [IsolationFact(Tools.Linux, Tier = Tier.Soak, Timeout = 3_600_000)]
    public Task Killed_two_hundred_times_anywhere() => KillAnywhereAsync(200);

    private static async Task KillAsync(string step, int on, bool clones)
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(clones, CheckoutMethod.Copy);
        await using (HostProcess host = HostProcess.Start())
        {
            await host.SendAsync(
                new HostRequest(rig.Repository.Path)
                {
                    Pool = new PoolRequest(Story)
                    {
                        Clones = clones,
                        KillAt = step,
                        KillOn = on,
                    },
                }
            );
            Assert.Null(await host.WaitUntilKilledAsync());
            await host.DrainErrorAsync();
        }

        await AssertMendedAsync(rig, $"killed at {step} {on}{(clones ? " with clones" : "")}");
    }

    private async Task KillAnywhereAsync(int kills)
    {
        int seed = int.TryParse(
            Environment.GetEnvironmentVariable("ISOLATION_SEED"),
            CultureInfo.InvariantCulture,
            out int given
        )
            ? given
            : Environment.TickCount;
        output.WriteLine($"ISOLATION_SEED={seed}");
        Random random = new(seed);
        int lived = 0;
        for (int kill = 0; kill < kills; )
        {
            bool clones = random.Next(2) == 0;
            await using PoolFixture rig = await PoolFixture.CreateAsync(clones, CheckoutMethod.Copy);
            for (int life = 0; life < 5 && kill < kills; life++, kill++)
            {
                int after = random.Next(20, 1500);
                string[] acts =
                [
                    .. Enumerable
                        .Range(0, 40)
                        .SelectMany(i =>
                            Story.Select(a =>
                                a.Replace("one", $"one-{kill}-{i}", StringComparison.Ordinal)
                                    .Replace("two", $"two-{kill}-{i}", StringComparison.Ordinal)
                                    .Replace("three", $"three-{kill}-{i}", StringComparison.Ordinal)
                            )
                        ),
                ];
                await using (HostProcess host = HostProcess.Start())
                {
                    await host.SendAsync(
                        new HostRequest(rig.Repository.Path)
                        {
                            Pool = new PoolRequest(acts) { Clones = clones, KillAfter = after },
                        }
                    );
                    lived += await host.WaitUntilKilledAsync() is null ? 0 : 1;
                    await host.DrainErrorAsync();
                }

                await AssertMendedAsync(
                    rig,
                    $"ISOLATION_SEED={seed}, kill {kill} after {after} ms{(clones ? " with clones" : "")}"
                );
            }
        }

        Assert.Equal(0, lived);
    }

    /// <summary>What the next host does: it sweeps the leases of the dead one, makes a workspace, and gives it
    /// back.</summary>
    private static async Task AssertMendedAsync(PoolFixture rig, string what)
    {
        foreach (string planted in new[] { "index.lock", "HEAD.lock", "refs/heads/main.lock", "packed-refs.lock" })
        {
            // Git's own, of the commands that the story runs in the repository.
            File.Delete(Path.Combine(rig.Repository.Path, ".git", planted));
        }

        await rig.Repository.GitAsync(["reset", "-q", "--hard"]);
        await rig.StartAgainAsync();
        LeaseStore store = new(
            Path.Combine(rig.Repository.Path, ".git"),
            rig.Repository.Reference,
            TimeProvider.System
        );
        foreach (
            LeaseRecord record in store
                .List()
                .Where(r => !r.Attempt.Item.StartsWith(PoolFixture.ItemPrefix, StringComparison.Ordinal))
        )
        {
            using AttemptLease dead = store.TryTakeOver(record)!;
            if (await rig.Pool.ReopenAsync(record) is { } found)
            {
                await found.ReleaseAsync(ReleaseMode.Remove);
            }

            await rig.Repository.GitAsync(["update-ref", "-d", AttemptNames.RefName(record.Attempt)]);
            dead.Complete();
        }

        IWorkspace next = await rig.AcquireAsync($"next-{Guid.NewGuid():n}");
        await rig.AssertAsNewAsync(next, what);
        IWorkspace beside = await rig.AcquireAsync($"beside-{Guid.NewGuid():n}");
        await rig.AssertAsNewAsync(beside, what);
        await next.ReleaseAsync(ReleaseMode.Recycle);
        await beside.ReleaseAsync(ReleaseMode.Remove);
        await rig.Pool.SettleAsync();
        await rig.Plain.SettleAsync();

        string trees = Path.Combine(rig.Workers, ".trees");
        string[] left =
        [
            .. Directory
                .GetFileSystemEntries(rig.Workers)
                .Select(e => Path.GetFileName(e)!)
                .Where(e => e.Contains('.', StringComparison.Ordinal) && char.IsDigit(e[^1])),
        ];
        Assert.True(left.Length == 0, $"{what}: {string.Join(", ", left)}");
        Assert.True(
            Directory.GetFileSystemEntries(Path.Combine(rig.Workers, ".trash")).Length == 0,
            $"{what}: the trash is not empty"
        );
        string[] garbage =
        [
            .. Directory
                .GetFileSystemEntries(trees)
                .Where(e =>
                    !File.Exists(Path.Combine(e.EndsWith(".lock", StringComparison.Ordinal) ? e[..^5] : e, "tree.json"))
                ),
        ];
        Assert.True(garbage.Length == 0, $"{what}: {string.Join(", ", garbage)} are no trees");
        Assert.Equal("", await rig.Repository.GitAsync(["branch", "--list", "isolation/*"]));
        Assert.DoesNotContain("/work\n", await rig.Repository.GitAsync(["worktree", "list", "--porcelain"]) + "\n");
        Assert.False(
            Directory.Exists(Path.Combine(rig.Repository.Path, ".git", "worktrees")),
            $"{what}: registrations are left"
        );
    }
}

using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Stress;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>Pools of several processes on one repository, some of which end in the middle of it.</summary>
public sealed class SeveralHostsTests
{
    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task Two_hosts_never_get_the_same_tree()
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(filling: CheckoutMethod.Copy);
        IWorkspace[] first =
        [
            await rig.AcquireAsync("a"),
            await rig.AcquireAsync("b"),
            await rig.AcquireAsync("c"),
            await rig.AcquireAsync("d"),
        ];
        List<string> inodes = [];
        foreach (IWorkspace workspace in first)
        {
            inodes.Add(await WorkspaceImage.InodeAsync(workspace.Info.Path));
            await rig.RecycleAsync(workspace);
        }

        Assert.Equal(4, rig.Idle.Length);
        HostAnswer[] answers = await Task.WhenAll(
            Enumerable
                .Range(0, 2)
                .Select(n =>
                    HostProcess.AskOnceAsync(
                        Ask(rig, "Copy", null, [.. Enumerable.Range(0, 4).Select(i => $"acquire h{n}-{i}")])
                    )
                )
        );

        string[] got = await Task.WhenAll(
            answers.SelectMany(a => a.Items).Select(i => WorkspaceImage.InodeAsync(i.Outcome))
        );
        Assert.Equal(8, got.Distinct().Count());
        Assert.NotEmpty(got.Intersect(inodes));
        Assert.Empty(rig.Idle);
    }

    [IsolationTheory(Tools.Linux, Tier = Tier.Ci)]
    [InlineData(nameof(WorkspaceStep.Detached), false)]
    [InlineData(nameof(WorkspaceStep.MidClean), false)]
    [InlineData(nameof(WorkspaceStep.Cleaned), false)]
    [InlineData(nameof(WorkspaceStep.Idle), true)]
    public async Task What_a_killed_host_had_cleaned_is_found_again_and_nothing_half_cleaned(string step, bool found)
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(filling: CheckoutMethod.Copy);
        await using (HostProcess host = HostProcess.Start())
        {
            await host.SendAsync(
                Ask(
                    rig,
                    "Copy",
                    step,
                    "acquire one",
                    "run one echo dirt > dirt; echo dirt >> src/m1/code.cs; rm -r docs",
                    "release one",
                    "settle"
                )
            );
            Assert.Null(await host.WaitUntilKilledAsync());
        }

        string[] left =
        [
            .. Directory
                .GetDirectories(Path.Combine(rig.Workers, ".trees"))
                .Where(d => Directory.Exists(Path.Combine(d, "files"))),
        ];
        Assert.Equal(2, left.Length);
        string? parked = found ? await WorkspaceImage.InodeAsync(Path.Combine(Assert.Single(rig.Idle), "files")) : null;
        Assert.Equal(found ? 1 : 0, rig.Idle.Length);

        IWorkspace next = await rig.AcquireAsync("next");

        Assert.Equal(found, await WorkspaceImage.InodeAsync(next.Info.Path) == parked);
        await rig.AssertAsNewAsync(next, step);
        await rig.Pool.SettleAsync();
        await rig.Plain.SettleAsync();
        Assert.Single(Directory.GetDirectories(Path.Combine(rig.Workers, ".trees"))); // The pristine one.
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(rig.Workers, ".trash")));
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task A_host_killed_as_it_took_a_tree_leaves_neither_a_workspace_nor_a_tree()
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(filling: CheckoutMethod.Copy);
        await rig.RecycleAsync(await rig.AcquireAsync("first"));
        await using (HostProcess host = HostProcess.Start())
        {
            await host.SendAsync(Ask(rig, "Copy", nameof(WorkspaceStep.Taken), "acquire one"));
            Assert.Null(await host.WaitUntilKilledAsync());
        }

        Assert.Empty(rig.Idle);
        IWorkspace next = await rig.AcquireAsync("next");
        await rig.AssertAsNewAsync(next, "after a kill");
    }

    [IsolationTheory(Tools.Linux, Tools.Root, "setpriv", "find", "sha1sum", Tier = Tier.Ci)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_ordinary_user_gets_rid_of_what_a_worker_took_its_rights_from(bool clones)
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(clones, CheckoutMethod.Copy);
        await Shell.RunAsync("/", "chmod 755 \"$1\" && chown -R 65534:65534 \"$1\"", rig.Repository.Root);
        HostRequest request = Ask(
            rig,
            "Copy",
            null,
            "acquire one",
            "run one mkdir -p a/b/c; echo x > a/b/c/x; chmod 000 a/b; chmod 555 a src src/m1; chmod 000 "
                + "docs; chmod 400 bin/run; rm -f src/m2/code.cs; chmod 500 src/m2; chmod 000 src/m3/code.cs",
            "release one",
            "settle",
            "acquire two"
        );
        request = request with { Pool = request.Pool! with { Clones = clones } };
        HostAnswer answer = await HostProcess.AskOnceAsync(
            request,
            new Dictionary<string, string?> { ["HOME"] = rig.Repository.Root, ["TMPDIR"] = rig.Repository.Root },
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups"
        );

        Assert.Empty(answer.Faults);
        string two = answer.Items.Single(i => i.Item == "two").Outcome;
        Assert.Empty(rig.Idle);
        Assert.Equal(
            "",
            await Shell.RunAsync(
                two,
                "git -c safe.directory='*' status --porcelain --ignored; find . -path ./.git -prune -o ! "
                    + "-type l ! -perm -u+rw -print; find . -path ./.git -prune -o ! -user 65534 -print"
            )
        );
        Assert.Equal(
            "",
            await Shell.RunAsync(
                two,
                "test -z \"$(find src/m1 -newer src/m5/data.txt)\" || find . -newer src/m5/data.txt"
            )
        );
    }

    private static HostRequest Ask(PoolFixture rig, string filling, string? killAt, params string[] acts) =>
        new(rig.Repository.Path)
        {
            Pool = new PoolRequest(acts) { CheckoutMethod = filling, KillAt = killAt },
        };
}

using System.Globalization;
using System.IO.MemoryMappedFiles;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

public sealed class WorkspacePoolTests
{
    [IsolationTheory(Tools.Linux, "find", "sha1sum", Tier = Tier.Ci)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tree_goes_to_another_base_by_what_differs(bool clones)
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(clones, CheckoutMethod.Copy);
        await rig.Repository.GitAsync(["branch", "moved"]);
        IWorkspace first = await rig.AcquireAsync("first");
        string kept = await WorkspaceImage.InodeAsync(Path.Combine(first.Info.Path, "src/m5/data.txt"));
        await Shell.RunAsync(first.Info.Path, "echo dirt > src/m1/dirt; rm src/m2/code.cs");
        await rig.RecycleAsync(first);
        await Shell.RunAsync(
            rig.Repository.Path,
            """
            git checkout -q moved && git rm -rq src/deep docs/empty && mkdir -p neu/tief && echo n > neu/tief/datei && git mv src/m3 src/renamed
            echo changed >> src/m4/data.txt; chmod 755 src/m1/code.cs; rm src/m0/link; ln -s data.txt src/m0/link; rm -r src/m7; echo file > src/m7; rm bin/run; mkdir bin/run; echo x > bin/run/x
            git add -A; git -c user.name=T -c user.email=t@t commit -qm Moved; git checkout -q main
            """
        );

        IWorkspace moved = await rig.AcquireAsync("moved", revision: "moved");

        Assert.Equal(kept, await WorkspaceImage.InodeAsync(Path.Combine(moved.Info.Path, "src/m5/data.txt")));
        Assert.False(Directory.Exists(Path.Combine(moved.Info.Path, "src/deep")));
        await rig.AssertAsNewAsync(moved, "moved", "moved");
        await Shell.RunAsync(moved.Info.Path, "rm -rf neu src");
        await rig.RecycleAsync(moved);
        IWorkspace back = await rig.AcquireAsync("back");
        Assert.NotEqual("", await WorkspaceImage.InodeAsync(back.Info.Path));
        Assert.Empty(rig.Idle);
        await rig.AssertAsNewAsync(back, "back");
    }

    [IsolationTheory(Tools.Linux, "find", "sha1sum", DefaultRows = 1)]
    [InlineData("*.cs text eol=crlf")]
    [InlineData("*.cs filter=shout")]
    public async Task A_tree_does_not_go_to_a_base_where_other_attributes_hold(string attributes)
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(filling: CheckoutMethod.Copy);
        await rig.Repository.GitAsync(["config", "filter.shout.smudge", "tr a-z A-Z"]);
        await rig.Repository.GitAsync(["config", "filter.shout.clean", "tr A-Z a-z"]);
        await rig.RecycleAsync(await rig.AcquireAsync("first"));
        await Shell.RunAsync(
            rig.Repository.Path,
            "git checkout -qb moved; echo \"$1\" > .gitattributes; git add -A; git -c user.name=T -c "
                + "user.email=t@t commit -qm Moved; git checkout -q main",
            attributes
        );
        Assert.Single(rig.Idle);
        IWorkspace moved = await rig.AcquireAsync("moved", revision: "moved");

        Assert.Equal(
            attributes.Contains("crlf", StringComparison.Ordinal) ? "file 1\r\n" : "FILE 1\n",
            File.ReadAllText(Path.Combine(moved.Info.Path, "src/m1/code.cs"))
        );
        Assert.Equal("", await WorkspaceFixture.GitAsync(moved, "status", "--porcelain"));
    }

    [IsolationTheory(Tools.Linux, DefaultRows = 1)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_name_that_is_no_text_costs_its_tree_and_nothing_else(bool claimed)
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(filling: CheckoutMethod.Copy);
        await Shell.RunAsync(
            rig.Repository.Path,
            "n=$(printf 'bad\\377'); echo x > \"$n\"; git add -A; git -c user.name=T -c user.email=t@t commit -qm Odd"
        );
        IWorkspace first = await rig.AcquireAsync("first");
        await Shell.RunAsync(first.Info.Path, "echo altered > \"$(printf 'bad\\377')\"");
        await first.ReleaseAsync(ReleaseMode.Recycle);
        if (!claimed)
        {
            await rig.Pool.SettleAsync();
        }

        IWorkspace next = await rig.AcquireAsync("next");

        Assert.Equal("", await WorkspaceFixture.GitAsync(next, "status", "--porcelain"));
        await rig.Pool.SettleAsync();
        Assert.Empty(rig.Idle);
    }

    [IsolationFact(Tools.Linux, "find", "sha1sum", Tier = Tier.Ci)]
    public async Task A_tree_that_is_being_cleaned_is_waited_for_and_not_filled_beside_it()
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(filling: CheckoutMethod.Copy);
        IWorkspace first = await rig.AcquireAsync("first");
        string kept = await WorkspaceImage.InodeAsync(Path.Combine(first.Info.Path, "src/m5/data.txt"));
        for (int round = 0; round < 5; round++)
        {
            await Shell.RunAsync(
                first.Info.Path,
                "mkdir -p build && seq 1 200 | while read i; do echo $i > build/$i.o; done; echo dirt >> "
                    + "src/m1/code.cs; rm -r src/deep; chmod 700 src/m2"
            );
            await first.ReleaseAsync(ReleaseMode.Recycle); // And nobody waits for the pool.

            IWorkspace next = await rig.AcquireAsync($"next{round}");

            Assert.Equal(kept, await WorkspaceImage.InodeAsync(Path.Combine(next.Info.Path, "src/m5/data.txt")));
            await rig.AssertAsNewAsync(next, "cleaned this moment");
            first = next;
        }
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task What_was_written_through_a_mapping_in_memory_is_seen_though_no_time_tells()
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(filling: CheckoutMethod.Copy);
        string memory = Path.Combine(
            Directory.Exists("/dev/shm") ? "/dev/shm" : rig.Repository.Root,
            $"isolation-{Guid.NewGuid():n}"
        );
        try
        {
            await using GitWorktreeProvider pool = new(
                new WorkspaceOptions { CheckoutMethod = CheckoutMethod.Copy, PoolSize = 4 },
                TimeProvider.System,
                new WorkersDirectory(memory)
            );
            IWorkspace first = await rig.AcquireAsync("first", pool);
            string name = "src/m5/data.txt",
                kept = await WorkspaceImage.InodeAsync(Path.Combine(first.Info.Path, "src/m4/data.txt"));
            using (
                MemoryMappedFile map = MemoryMappedFile.CreateFromFile(
                    Path.Combine(first.Info.Path, name),
                    FileMode.Open
                )
            )
            using (MemoryMappedViewAccessor view = map.CreateViewAccessor())
            {
                // What was read before may be written without anybody's notice.
                view.Write(0, (byte)(view.ReadByte(0) + 1));
            }

            await first.ReleaseAsync(ReleaseMode.Recycle);
            IWorkspace next = await rig.AcquireAsync("next", pool);

            Assert.Equal(kept, await WorkspaceImage.InodeAsync(Path.Combine(next.Info.Path, "src/m4/data.txt")));
            Assert.Equal(
                await File.ReadAllBytesAsync(Path.Combine(rig.Repository.Path, name)),
                await File.ReadAllBytesAsync(Path.Combine(next.Info.Path, name))
            );
        }
        finally
        {
            SafeDelete.DeleteTree(memory);
        }
    }

    [IsolationTheory(Tools.Linux, Tier = Tier.Ci)]
    [InlineData("echo x > src/m1/stranger")]
    [InlineData("echo x >> src/m1/code.cs")]
    [InlineData("echo x >> src/m4/data.txt")]
    [InlineData("mv src/m4 away; ln -s away src/m4")]
    public async Task What_was_altered_while_it_waited_does_not_go_to_another_base(string alteration)
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(filling: CheckoutMethod.Copy);
        IWorkspace first = await rig.AcquireAsync("first");
        await rig.RecycleAsync(first);
        await Shell.RunAsync(Path.Combine(Assert.Single(rig.Idle), "files"), alteration);
        await Shell.RunAsync(
            rig.Repository.Path,
            "git checkout -qb moved; echo changed >> src/m4/data.txt; git -c user.name=T -c user.email=t@t "
                + "commit -qam Moved; git checkout -q main"
        );

        IWorkspace moved = await rig.AcquireAsync("moved", revision: "moved");

        await rig.AssertAsNewAsync(moved, alteration, "moved");
    }

    [IsolationTheory(Tools.Linux, DefaultRows = 1)]
    [InlineData("echo x > files/src/m1/stranger")]
    [InlineData("echo x >> files/src/m1/code.cs")]
    [InlineData(
        "cp -p files/src/m1/code.cs x; printf F | dd conv=notrunc bs=1 of=files/src/m1/code.cs; touch -r x "
            + "files/src/m1/code.cs"
    )]
    [InlineData("rm files/src/m1/code.cs")]
    [InlineData("ln files/src/m1/code.cs twin")]
    [InlineData("chmod 700 files/src/m1")]
    [InlineData("mv files/src/m1 files/src/M1")]
    [InlineData("mv files/src other; ln -s ../other files/src")]
    [InlineData("mv files other; ln -s other files")]
    [InlineData("echo garbage > index")]
    [InlineData("rm -rf files")]
    [InlineData("echo '{}' > tree.json")]
    [InlineData("echo x > files/.git")]
    public async Task What_was_altered_while_it_waited_is_not_handed_out(string alteration)
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(filling: CheckoutMethod.Copy);
        IWorkspace first = await rig.AcquireAsync("first");
        await rig.RecycleAsync(first);
        string tree = Assert.Single(rig.Idle),
            inode = await WorkspaceImage.InodeAsync(Path.Combine(tree, "files"));
        await Shell.RunAsync(tree, alteration);

        IWorkspace next = await rig.AcquireAsync("next");

        Assert.NotEqual(inode, await WorkspaceImage.InodeAsync(next.Info.Path));
        await rig.AssertAsNewAsync(next, alteration);
        await rig.RecycleAsync(next);
        await using (rig.NewPool())
        {
            Assert.Single(rig.Idle);
        }
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task A_full_pool_takes_no_more()
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(filling: CheckoutMethod.Copy, size: 2);
        List<IWorkspace> all = [];
        for (int i = 0; i < 4; i++)
        {
            all.Add(await rig.AcquireAsync(string.Create(CultureInfo.InvariantCulture, $"w{i}")));
        }

        foreach (IWorkspace workspace in all)
        {
            await workspace.ReleaseAsync(ReleaseMode.Recycle);
            Assert.False(Directory.Exists(workspace.Info.Path));
        }

        await rig.Pool.SettleAsync();
        Assert.Equal(2, rig.Idle.Length);
        // Two that wait, and the pristine one that was copied from.
        Assert.Equal(3, Directory.GetDirectories(Path.Combine(rig.Workers, ".trees")).Length);
        Assert.DoesNotContain(
            PoolFixture.ItemPrefix,
            await rig.Repository.GitAsync(["worktree", "list"]),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(
            PoolFixture.ItemPrefix,
            await rig.Repository.GitAsync(["branch"]),
            StringComparison.Ordinal
        );
    }

    [IsolationTheory(Tools.Linux, Tier = Tier.Ci)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_pinned_goes_to_the_pool_on_dispose_and_what_is_not_stays(bool clones)
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(clones, CheckoutMethod.Copy);
        IWorkspace idle = await rig.AcquireAsync("idle"),
            dirty = await rig.AcquireAsync("dirty"),
            captured = await rig.AcquireAsync("captured"),
            kept = await rig.AcquireAsync("kept"),
            evidence = await rig.AcquireAsync("evidence");
        foreach (IWorkspace workspace in new[] { dirty, captured, kept })
        {
            WorkspaceFixture.Write(workspace, "work.txt", "1");
        }

        await captured.CaptureAsync(new PlainScope(rig.Repository.Root, captured.Info.Path));
        await idle.DisposeAsync();
        await dirty.DisposeAsync();
        await captured.DisposeAsync();
        await kept.ReleaseAsync(ReleaseMode.Keep);
        await evidence.ReleaseAsync(ReleaseMode.Quarantine);
        await rig.Pool.SettleAsync();

        Assert.Equal(
            [false, true, false, true, true],
            new[] { idle, dirty, captured, kept, evidence }.Select(w => Directory.Exists(w.Info.Path))
        );
        Assert.Equal(2, rig.Idle.Length);
        await captured.ReleaseAsync(ReleaseMode.Recycle);
        Assert.Equal(2, rig.Idle.Length);
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task An_open_file_does_not_reach_into_the_next_workspace_unnoticed()
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(filling: CheckoutMethod.Copy);
        IWorkspace first = await rig.AcquireAsync("first");
        await using FileStream open = new(
            Path.Combine(first.Info.Path, "src/m1/code.cs"),
            FileMode.Open,
            FileAccess.ReadWrite,
            FileShare.ReadWrite
        );
        await rig.RecycleAsync(first);
        Assert.Single(rig.Idle);
        open.Write("late"u8);
        await open.FlushAsync();

        IWorkspace next = await rig.AcquireAsync("next");

        await rig.AssertAsNewAsync(next, "an open file");
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task Other_settings_of_the_repository_want_other_trees()
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(filling: CheckoutMethod.Copy);
        await rig.RecycleAsync(await rig.AcquireAsync("first"));
        IWorkspace held = await rig.AcquireAsync("held");
        IWorkspace other = await rig.AcquireAsync("other");
        await rig.RecycleAsync(other);
        await rig.Repository.GitAsync(["config", "core.eol", "crlf"]);
        await Shell.RunAsync(rig.Repository.Path, "mkdir -p .git/info; echo '*.txt text' > .git/info/attributes");

        await rig.RecycleAsync(held);

        Assert.Single(rig.Idle);
        IWorkspace next = await rig.AcquireAsync("next");
        Assert.Single(rig.Idle);
        Assert.Contains(
            "\r\n",
            await File.ReadAllTextAsync(Path.Combine(next.Info.Path, "src/m1/data.txt")),
            StringComparison.Ordinal
        );
        await rig.AssertAsNewAsync(next, "other settings");
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task A_base_that_is_no_commit_costs_no_more_than_one_tree()
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(filling: CheckoutMethod.Copy);
        IWorkspace one = await rig.AcquireAsync("one"),
            two = await rig.AcquireAsync("two");
        await rig.RecycleAsync(one);
        await rig.RecycleAsync(two);
        WorkspaceRequest request = new(
            new Isolation.Sdk.Testing.FakeLease("none"),
            rig.Repository.Reference,
            new string('1', 40)
        );
        await Assert.ThrowsAsync<IsolationException>(async () => await rig.Pool.AcquireAsync(request));
        Assert.NotEmpty(rig.Idle);
    }
}

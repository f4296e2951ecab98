using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging;

public class GateWorktreeTests
{
    [IsolationFact(Tier = Tier.Ci)]
    public async Task Candidates_are_tested_at_once_in_worktrees_that_stay_until_the_queue_ends()
    {
        await using GateFixture bench = await GateFixture.CreateAsync(("a.txt", "a\n"));
        QueueCandidate one = await bench.CandidateAsync("one", ("name", "one"));
        QueueCandidate two = await bench.CandidateAsync("two", ("name", "two"));

        // Each waits until the other one is there too.
        string script =
            $"touch '{bench.Outside}'/$(cat name); until test -e '{bench.Outside}/one' -a -e "
            + $"'{bench.Outside}/two'; do sleep 0.05; done";
        await using (GateScheduler board = bench.Scheduler(o => o.Gates.Add("sh", "-c", script)))
        {
            GateResult[] both = await Task.WhenAll(
                board.RunAsync(one, CancellationToken.None),
                board.RunAsync(two, CancellationToken.None)
            );
            Assert.Equal([GateVerdict.Pass, GateVerdict.Pass], both.Select(r => r.Verdict));
            QueueCandidate three = await bench.CandidateAsync("three", ("name", "three"));
            Assert.Equal(GateVerdict.Pass, (await board.RunAsync(three, CancellationToken.None)).Verdict);
            Assert.Equal(3, (await bench.WorktreesAsync()).Length);
        }

        Assert.Single(await bench.WorktreesAsync());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(bench.Workers.Gates, "target"), "slot-*"));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task The_next_candidate_starts_from_exactly_its_files_whatever_the_gate_before_it_did_to_them()
    {
        await using GateFixture bench = await GateFixture.CreateAsync(
            ("a.txt", "a\n"),
            ("b.txt", "b\n"),
            ("c.txt", "c\n")
        );
        QueueCandidate dirty = await bench.CandidateAsync("dirty", ("dirty", "x"));
        QueueCandidate clean = await bench.CandidateAsync("clean", ("d.txt", "d\n"));
        const string Script = """
            if test -e dirty; then
              git update-index --assume-unchanged a.txt && git update-index --skip-worktree b.txt
              echo x > a.txt; echo x > b.txt; rm c.txt; mkdir c.txt; touch c.txt/left; mkdir -p nested && git init -q nested
            else
              test "$(cat a.txt b.txt c.txt d.txt | tr -d '\n')" = abcd && test ! -e dirty && test ! -e nested && test -z "$(git status --porcelain --ignored)"
            fi
            """;
        await using GateScheduler board = bench.Scheduler(o => o.Gates.Add("sh", "-c", Script));

        GateResult changed = await board.RunAsync(dirty, CancellationToken.None);
        GateResult next = await board.RunAsync(clean, CancellationToken.None);

        Assert.Equal(
            (GateVerdict.Pass, "a.txt b.txt c.txt"),
            (changed.Verdict, string.Join(' ', changed.ChangedFiles))
        );
        Assert.Equal(GateVerdict.Pass, next.Verdict);
        Assert.Empty(next.ChangedFiles);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Each_part_of_a_gate_starts_from_the_candidates_tracked_files()
    {
        await using GateFixture bench = await GateFixture.CreateAsync(("a.txt", "a\n"));
        await using GateScheduler board = bench.Scheduler(o =>
        {
            o.Gates.Add("sh", "-c", "echo built > a.txt; echo built > output");
            o.Gates.Add("sh", "-c", "test \"$(cat a.txt)\" = a && test \"$(cat output)\" = built");
        });

        GateResult result = await board.RunAsync(
            await bench.CandidateAsync("one", ("b.txt", "b\n")),
            CancellationToken.None
        );

        Assert.Equal((GateVerdict.Pass, "a.txt"), (result.Verdict, Assert.Single(result.ChangedFiles)));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_the_host_names_stays_from_one_candidate_to_the_next_and_nothing_else()
    {
        await using GateFixture bench = await GateFixture.CreateAsync(("a.txt", "a\n"), (".gitignore", "obj/\nbin/\n"));
        await using GateScheduler board = bench.Scheduler(o =>
        {
            o.CachePaths.Add("obj/");
            o.Gates.Add(
                "sh",
                "-c",
                "if test -e first; then mkdir obj bin; touch obj/cache bin/out; else test -e obj/cache -a ! -e bin; fi"
            );
        });

        Assert.Equal(
            GateVerdict.Pass,
            (await board.RunAsync(await bench.CandidateAsync("one", ("first", "")), CancellationToken.None)).Verdict
        );
        Assert.Equal(
            GateVerdict.Pass,
            (await board.RunAsync(await bench.CandidateAsync("two", ("second", "")), CancellationToken.None)).Verdict
        );
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_gate_that_moves_HEAD_and_refs_is_told_on_and_its_slot_replaced()
    {
        await using GateFixture bench = await GateFixture.CreateAsync(("a.txt", "a\n"));
        QueueCandidate bad = await bench.CandidateAsync("bad", ("bad", "x"));
        QueueCandidate good = await bench.CandidateAsync("good", ("good", "x"));
        string script =
            $"if test -e bad; then git branch other && git tag v1 && git checkout -q -b mine; else test "
            + $"\"$(git rev-parse --symbolic-full-name HEAD)\" = HEAD && test \"$(git rev-parse HEAD)\" = "
            + $"{good.Commit}; fi";
        await using GateScheduler board = bench.Scheduler(o => o.Gates.Add("sh", "-c", script));

        GateResult first = await board.RunAsync(bad, CancellationToken.None);
        GateResult second = await board.RunAsync(good, CancellationToken.None);

        Assert.Equal(
            (GateVerdict.Pass, "refs/heads/other refs/tags/v1"),
            (first.Verdict, string.Join(' ', first.MovedRefs))
        );
        Assert.Equal(GateVerdict.Pass, second.Verdict);
        Assert.Equal(bad.Commit, await bench.Queue.GitAsync("rev-parse", "mine"));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_daemon_is_gone_when_the_gate_has_passed_and_a_flood_leaves_a_bounded_log()
    {
        await using GateFixture bench = await GateFixture.CreateAsync(("a.txt", "a\n"));
        string pid = Path.Combine(bench.Outside, "pid");
        await using GateScheduler board = bench.Scheduler(
            o =>
                o.Gates.Add(
                    "sh",
                    "-c",
                    $"setsid sleep 600 > /dev/null 2>&1 & echo $! > '{pid}'; head -c 4000000 /dev/zero"
                ),
            new ProcessSandboxOptions { Limits = { MaxLogBytes = 65536 } }
        );

        GateResult result = await board.RunAsync(
            await bench.CandidateAsync("one", ("b.txt", "b\n")),
            CancellationToken.None
        );

        Assert.Equal(GateVerdict.Pass, result.Verdict);
        Assert.InRange(new FileInfo(result.LogFile!).Length, 1, 65536);
        Assert.False(GateTests.IsRunning((await File.ReadAllTextAsync(pid)).Trim()));
    }

    [IsolationFact(Tools.Root, Tools.Tmpfs, Tier = Tier.Ci)]
    public async Task A_gate_that_fills_the_disk_is_not_its_candidates_fault_and_the_next_one_has_room_again()
    {
        await using GateFixture real = await GateFixture.CreateAsync(("a.txt", "a\n"));
        string mount = Directory.CreateTempSubdirectory("isolation-small-").FullName;
        await FullDiskMount.RunAsync("mount", "-t", "tmpfs", "-o", "size=8m", "isolation-test", mount);
        try
        {
            GateFixture bench = real.WithWorkersAt(Path.Combine(mount, "workers"));
            QueueCandidate big = await bench.CandidateAsync("big", ("big", "x"));
            QueueCandidate small = await bench.CandidateAsync("small", ("small", "x"));
            await using GateScheduler board = bench.Scheduler(o =>
                o.Gates.Add("sh", "-c", "if test -e big; then head -c 20000000 /dev/zero > filled; fi")
            );
            Assert.Equal(GateVerdict.Infra, (await board.RunAsync(big, CancellationToken.None)).Verdict);
            Assert.False(board.History.IsGreen(big.Tree));
            Assert.Equal(GateVerdict.Pass, (await board.RunAsync(small, CancellationToken.None)).Verdict);
        }
        finally
        {
            await FullDiskMount.RunAsync("umount", "-l", mount);
            Directory.Delete(mount);
        }
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_a_killed_queue_left_of_its_slots_is_taken_away_by_the_next()
    {
        await using GateFixture bench = await GateFixture.CreateAsync(("a.txt", "a\n"));
        QueueCandidate one = await bench.CandidateAsync("one", ("b.txt", "b\n"));

        // Never disposed of, as by a process that was killed.
        await bench.Scheduler(o => o.Gates.Add("true")).RunAsync(one, CancellationToken.None);
        Assert.Equal(2, (await bench.WorktreesAsync()).Length);

        await using GateScheduler next = bench.Scheduler(o => o.Gates.Add("true"));
        await next.RecoverAsync(CancellationToken.None);

        Assert.Single(await bench.WorktreesAsync());
        Assert.True(next.History.IsGreen(one.Tree));
    }
}

using Isolation.Sdk.Merging;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Merging;

/// <summary>Random groups: landing them at once, one by one, and by plain git in a work tree is the same.</summary>
public class LandingGroupTests
{
    [IsolationTheory(Tier = Tier.Ci)]
    [InlineData(MergeMode.Merge, 1)]
    [InlineData(MergeMode.Squash, 2)]
    [InlineData(MergeMode.Rebase, 3)]
    [InlineData(MergeMode.FastForward, 4)]
    public Task A_group_lands_as_plain_git_would_bring_it_in(MergeMode mode, int seed) => CheckAsync(mode, seed);

    [IsolationTheory(Tier = Tier.Ci, Timeout = 300_000)]
    [InlineData(MergeMode.Merge)]
    [InlineData(MergeMode.Squash)]
    [InlineData(MergeMode.Rebase)]
    [InlineData(MergeMode.FastForward)]
    public async Task Many_groups_land_as_plain_git_would_bring_them_in(MergeMode mode)
    {
        for (int seed = 100; seed < 108; seed++)
        {
            await CheckAsync(mode, seed);
        }
    }

    private static async Task CheckAsync(MergeMode mode, int seed)
    {
        Random random = new(seed);
        string start = string.Join('\n', Enumerable.Range(0, 40).Select(i => $"line {i}")) + "\n";
        await using LandingFixture bench = await LandingFixture.CreateAsync(
            mode,
            ("f0", start),
            ("f1", start),
            ("f2", start)
        );
        string root = await bench.Fixture.TargetCommitAsync();
        string tree = Path.Combine(bench.Fixture.Repository.Root, "plain");
        await bench.Fixture.GitAsync("worktree", "add", "-q", "--detach", tree, root);
        string before = await EditAsync(tree, random, root, "earlier", 2);
        await bench.Fixture.GitAsync("update-ref", QueueFixture.TargetRef, before);

        // Most start from where the target was a while ago: that is where a wrong merge base reverts what came since.
        List<(string Name, Capture Work)> works = [];
        int count = random.Next(2, 6);
        for (int i = 0; i < count; i++)
        {
            string from =
                mode == MergeMode.FastForward ? (works.Count == 0 ? before : works[^1].Work.Commit)
                : random.Next(3) == 0 ? before
                : root;
            works.Add(
                (
                    $"item{i}",
                    new Capture(await EditAsync(tree, random, from, $"item{i}", random.Next(1, 4)), from, "refs/x", [])
                )
            );
        }

        List<Candidate> chain = [];
        List<string> expected = [];
        await ThrowawayRepository.GitInAsync(tree, ["checkout", "-q", "--detach", before]);
        foreach ((string name, Capture work) in works)
        {
            bool fits = await PlainAsync(tree, mode, work);
            StackingResult stacking = await bench.StackAsync(await bench.SubmitAsync(name, work), [.. chain]);
            Assert.True(
                fits == stacking is StackingResult.Stacked,
                $"seed {seed}, {name}: plain git says {fits}, the queue says {stacking}"
            );
            if (stacking is StackingResult.Stacked stacked)
            {
                chain.Add(stacked.Candidate);
                expected.Add(await ThrowawayRepository.GitInAsync(tree, ["rev-parse", "HEAD^{tree}"]));
            }
        }

        Assert.Equal(expected, chain.Select(l => l.Tree));
        Assert.IsType<LandingResult.Landed>(await bench.LandAsync([.. chain]));
        Assert.Equal(expected[^1], await bench.Fixture.GitAsync("rev-parse", QueueFixture.TargetRef + "^{tree}"));
        await NothingIsLostAsync(bench, chain, before);

        await bench.Fixture.GitAsync("update-ref", QueueFixture.TargetRef, before);
        for (int i = 0; i < chain.Count; i++)
        {
            QueueItem item = chain[i].Item;
            await bench.LandedAsync(
                await bench.SubmitAsync("again" + item.Attempt.Item, new Capture(item.Head, item.Base, "refs/x", []))
            );
            Assert.Equal(expected[i], await bench.Fixture.GitAsync("rev-parse", QueueFixture.TargetRef + "^{tree}"));
        }
    }

    /// <summary>Every line that somebody wrote is there: what was there before, too.</summary>
    private static async Task NothingIsLostAsync(LandingFixture bench, List<Candidate> chain, string before)
    {
        string[] landed = (await AllLinesAsync(bench, QueueFixture.TargetRef)).ToArray();
        foreach (
            (string name, string commit) in chain
                .Select(l => (l.Item.Attempt.Item, l.Item.Head))
                .Append(("earlier", before))
        )
        {
            Assert.Empty(
                (await AllLinesAsync(bench, commit))
                    .Where(l => l.StartsWith(name + " ", StringComparison.Ordinal))
                    .Except(landed)
            );
        }
    }

    private static async Task<string[]> AllLinesAsync(LandingFixture bench, string commit) =>
        (await bench.Fixture.GitAsync("grep", "-h", "", commit, "--")).Split('\n');

    private static async Task<bool> PlainAsync(string tree, MergeMode mode, Capture work)
    {
        string at = await ThrowawayRepository.GitInAsync(tree, ["rev-parse", "HEAD"]);
        try
        {
            switch (mode)
            {
                case MergeMode.Squash:
                    await ThrowawayRepository.GitInAsync(tree, ["merge", "-q", "--squash", work.Commit]);
                    await ThrowawayRepository.GitInAsync(tree, ["commit", "-q", "-m", "squashed"]);
                    break;
                case MergeMode.Rebase:
                    await ThrowawayRepository.GitInAsync(tree, ["rebase", "-q", at, work.Commit]);
                    break;
                default:
                    await ThrowawayRepository.GitInAsync(
                        tree,
                        [
                            "merge",
                            "-q",
                            mode == MergeMode.FastForward ? "--ff-only" : "--no-ff",
                            "-m",
                            "merged",
                            work.Commit,
                        ]
                    );
                    break;
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            string git = await ThrowawayRepository.GitInAsync(tree, ["rev-parse", "--absolute-git-dir"]);
            if (Directory.Exists(Path.Combine(git, "rebase-merge")))
            {
                await ThrowawayRepository.GitInAsync(tree, ["rebase", "--abort"]);
            }

            await ThrowawayRepository.GitInAsync(tree, ["reset", "-q", "--hard"]);
            await ThrowawayRepository.GitInAsync(tree, ["checkout", "-q", "--detach", at]);
            return false;
        }
    }

    /// <summary>Some commits of one author: lines changed here and there, sometimes a new file.</summary>
    private static async Task<string> EditAsync(string tree, Random random, string from, string name, int commits)
    {
        await ThrowawayRepository.GitInAsync(tree, ["checkout", "-q", "--detach", from]);
        for (int c = 0; c < commits; c++)
        {
            string file = Path.Combine(tree, $"f{random.Next(3)}");
            List<string> lines = [.. await File.ReadAllLinesAsync(file)];

            // Never a line that somebody wrote before: who works on top of others may well replace theirs, and then it
            // is not lost.
            int[] untouched =
            [
                .. lines.Index().Where(l => l.Item.StartsWith("line ", StringComparison.Ordinal)).Select(l => l.Index),
            ];
            int at = untouched[random.Next(untouched.Length)];
            lines[at] = $"{name} changed {c}";
            if (random.Next(2) == 0)
            {
                lines.Insert(random.Next(lines.Count), $"{name} added {c}");
            }

            await File.WriteAllTextAsync(file, string.Join('\n', lines) + "\n");
            if (random.Next(3) == 0)
            {
                await File.WriteAllTextAsync(Path.Combine(tree, $"{name}-{c}"), $"{name} new {c}\n");
            }

            await ThrowawayRepository.GitInAsync(tree, ["add", "-A"]);
            await ThrowawayRepository.GitInAsync(tree, ["commit", "-q", "-m", $"{name} {c}"]);
        }

        return await ThrowawayRepository.GitInAsync(tree, ["rev-parse", "HEAD"]);
    }
}

using Isolation.Sdk.Platform;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Stress;

/// <summary>Two host processes on one repository, which know nothing of each other.</summary>
public sealed class RaceTests
{
    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public Task Two_hosts_run_workers_on_one_repository_at_once() => RaceAsync(1, 8, "run", staged: false);

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public Task Half_made_worktrees_planted_while_two_hosts_race_stop_neither() =>
        RaceAsync(1, 8, "worktrees", staged: true);

    [IsolationTheory(Tools.Linux, Tier = Tier.Ci, Timeout = 600_000)]
    [InlineData("run", false)]
    [InlineData("worktrees", false)]
    [InlineData("worktrees", true)]
    public Task Two_hosts_make_32_workspaces_each_at_once_ten_times_without_a_failure_or_an_orphan(
        string mode,
        bool staged
    ) => RaceAsync(10, 32, mode, staged);

    private static async Task RaceAsync(int rounds, int items, string mode, bool staged)
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        await using HostProcess one = HostProcess.Start(),
            two = HostProcess.Start();
        for (int round = 1; round <= rounds; round++)
        {
            string barrier = Directory.CreateDirectory(Path.Combine(repository.Root, $"barrier{round}")).FullName;
            HostRequest Request(string host) =>
                new(repository.Path)
                {
                    Mode = mode,
                    AtOnce = items,
                    Items = [.. Enumerable.Range(0, items).Select(n => new HostItem($"{host}{n}"))],
                    Barrier = barrier,
                    Together = 2 * items,
                };
            using CancellationTokenSource planting = new();
            Task planted = staged ? PlantAsync(repository.Path, barrier, planting.Token) : Task.CompletedTask;
            HostAnswer[] answers = await Task.WhenAll(one.AskAsync(Request("one")), two.AskAsync(Request("two")));
            await planting.CancelAsync();
            await planted;

            // What was planted after the last worktree was made nobody had a reason to sweep, and plain git stops at
            // it.
            foreach (
                string entry in Directory
                    .GetDirectories(Path.Combine(repository.Path, ".git"), "worktrees")
                    .SelectMany(w => Directory.GetDirectories(w, "planted*"))
            )
            {
                SafeDelete.DeleteTree(entry);
            }

            Assert.All(answers, a => Assert.Empty(a.Faults));
            Assert.All(answers.SelectMany(a => a.Items), i =>
                Assert.Equal((i.Item, "Landed", null, 1), (i.Item, i.Outcome, i.Reason, i.Attempts.Count))
            );
            Assert.Equal(
                2 * items,
                answers.SelectMany(a => a.Items).Select(i => (i.Item, Assert.Single(i.Attempts))).Distinct().Count()
            );
            // All were there at once, each in a folder of its own.
            Assert.Equal(2 * items, Directory.GetFiles(barrier).Select(File.ReadAllText).Distinct().Count());
            await NoOrphanAsync(repository, mode == "run" ? items * 2 * round : 0);
        }
    }

    internal static async Task NoOrphanAsync(ThrowawayRepository repository, int attempts)
    {
        string[] refs = (await repository.GitAsync(["for-each-ref", "--format=%(refname)"])).Split('\n');
        string[] branches = attempts > 0 ? ["refs/heads/landing", "refs/heads/main"] : ["refs/heads/main"];
        Assert.Equal(branches, refs.Where(r => !r.StartsWith("refs/isolation/attempts/", StringComparison.Ordinal)));
        Assert.Equal(attempts, refs.Length - branches.Length);
        Assert.DoesNotContain((await repository.GitAsync(["worktree", "list"])).Split('\n').Skip(1), l =>
            !l.Contains(".planted", StringComparison.Ordinal)
        );
        Assert.Empty(Directory.GetFiles(Path.Combine(repository.Path, ".git", "isolation", "leases")));
        Assert.DoesNotContain(
            Directory.Exists(repository.Path + ".workers")
                ? Directory.GetDirectories(repository.Path + ".workers")
                : [],
            d => !Path.GetFileName(d).StartsWith('.')
        );
        if (attempts == 0)
        {
            return;
        }

        await repository.GitAsync(["fsck", "--strict"]);
        string log = await repository.GitAsync([
            "log",
            "--first-parent",
            "--format=%(trailers:key=Isolation-Attempt,valueonly)",
            "main..landing",
        ]);
        string[] landed = log.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(landed.Length, landed.Distinct().Count());
    }

    /// <summary>Plants what a killed <c>git worktree add</c> leaves, again and again while the hosts make their
    /// worktrees: an empty commondir stops every add, a HEAD of zeros every fetch.</summary>
    private static async Task PlantAsync(string repository, string barrier, CancellationToken cancellationToken)
    {
        int planted = 0;
        while (!cancellationToken.IsCancellationRequested && Directory.GetFiles(barrier).Length == 0)
        {
            string entry = Directory
                .CreateDirectory(Path.Combine(repository, ".git", "worktrees", $"planted{planted++}"))
                .FullName;
            await File.WriteAllTextAsync(Path.Combine(entry, "locked"), "initializing\n", CancellationToken.None);
            await File.WriteAllTextAsync(
                Path.Combine(entry, "gitdir"),
                Path.Combine(repository + ".planted", ".git") + "\n",
                CancellationToken.None
            );
            await File.WriteAllTextAsync(
                Path.Combine(entry, "HEAD"),
                planted % 2 == 0 ? new string('0', 40) + "\n" : "ref: refs/heads/main\n",
                CancellationToken.None
            );
            await File.WriteAllTextAsync(
                Path.Combine(entry, "commondir"),
                planted % 2 == 0 ? "../..\n" : "",
                CancellationToken.None
            );
            foreach (string path in Directory.GetFiles(entry).Append(entry))
            {
                File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch); // Its maker died long ago.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(150), TimeProvider.System, CancellationToken.None);
        }
    }
}

using Isolation.Sdk.Cleanup;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;
using Xunit.Abstractions;

namespace Isolation.Sdk.Tests.Stress;

/// <summary>The host process is killed as the system kills it, at any moment: what its workers had is swept, kept or
/// pinned, and a new run goes on.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Workers = 3;

    // Writes, commits half of it, leaves a daemon behind and waits to be killed.
    private const string Script = """
        echo half > "half-$ISOLATION_ATTEMPT.txt"
        git add -A && git commit -qm Half
        echo more > "more-$ISOLATION_ATTEMPT.txt"
        setsid sh -c 'sleep 300 & sleep 300' < /dev/null > /dev/null 2>&1 &
        : > "$1/$ISOLATION_ATTEMPT"
        exec sleep 300
        """;

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public Task A_killed_host_leaves_nothing_that_the_next_one_cannot_clean() =>
        KillAsync(seed: 1, kills: 2, latest: TimeSpan.FromMilliseconds(1_500));

    [IsolationTheory(Tools.Linux, Tier = Tier.Ci, Timeout = 600_000)]
    [InlineData(10)]
    public Task Ten_kills_at_random_moments(int kills) =>
        KillAsync(Environment.TickCount, kills, TimeSpan.FromSeconds(2));

    [IsolationTheory(Tools.Linux, Tier = Tier.Soak, Timeout = 1_800_000)]
    [InlineData(60)]
    public Task Sixty_kills_at_random_moments(int kills) =>
        KillAsync(Environment.TickCount, kills, TimeSpan.FromSeconds(2));

    private async Task KillAsync(int seed, int kills, TimeSpan latest)
    {
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        HostRequest request = new(repository.Path)
        {
            Items = [.. Enumerable.Range(0, Workers).Select(n => new HostItem($"item{n}"))],
            Command = ["sh", "-c", Script, "sh", Directory.CreateDirectory(Ready(repository)).FullName],
        };
        int highest = 0;
        for (int kill = 1; kill <= kills; kill++)
        {
            // The last one of the default run is killed for certain while all its workers run; the others at a moment
            // of chance.
            bool running = kill == kills;
            TimeSpan moment = latest * random.NextDouble();
            Array.ForEach(Directory.GetFiles(Ready(repository)), File.Delete);
            await using (HostProcess host = HostProcess.Start())
            {
                await host.SendAsync(request);
                if (running)
                {
                    await UntilAsync(() => Directory.GetFiles(Ready(repository)).Length == Workers);
                }
                else
                {
                    await Task.Delay(moment);
                }

                await host.KillAsync();
            }

            string what =
                $"seed {seed}, kill {kill} {(running ? "while all run" : $"after {moment.TotalMilliseconds:0} ms")}";
            highest = Math.Max(highest, await SweptAsync(repository, what, running));
        }

        // Another run of the same items works, and numbers on.
        HostAnswer answer = await HostProcess.AskOnceAsync(
            request with
            {
                Command = ["sh", "-c", "echo done > \"done-$ISOLATION_ATTEMPT.txt\""],
            }
        );
        Assert.All(answer.Items, i => Assert.Equal((i.Item, "Landed", null), (i.Item, i.Outcome, i.Reason)));
        Assert.All(answer.Items, i =>
            Assert.True(
                Assert.Single(i.Attempts) > 1 && i.Attempts[0] <= highest + 1,
                $"{i.Item}.{i.Attempts[0]} after {highest}"
            )
        );
        await repository.GitAsync(["fsck", "--strict"]);
    }

    private static async Task<int> SweptAsync(ThrowawayRepository repository, string what, bool running)
    {
        HostRequest ask = new(repository.Path);
        string leases = Path.Combine(repository.Path, ".git", "isolation", "leases");
        int left = Directory.Exists(leases) ? Directory.GetFiles(leases, "*.json").Length : 0;

        HostAnswer plan = await HostProcess.AskOnceAsync(ask with { Mode = "plan" });
        Assert.Equal(left, plan.Cleaned.Select(c => c.Attempt).Distinct().Count());
        Assert.True(!running || left >= Workers, $"{what}: {left} leases");
        HostAnswer done = await HostProcess.AskOnceAsync(ask with { Mode = "clean" });
        Assert.Empty(done.Faults);

        Assert.True(
            HostProcess.Below(repository.Root).Length == 0,
            $"{what}: {string.Join('\n', HostProcess.Below(repository.Root))}"
        );
        string[] refs = (
            await repository.GitAsync(["for-each-ref", "--format=%(refname)", "refs/isolation/attempts"])
        ).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] trees =
        [
            .. (await repository.GitAsync(["worktree", "list", "--porcelain"]))
                .Split('\n')
                .Where(l => l.StartsWith("worktree ", StringComparison.Ordinal))
                .Skip(1)
                .Select(l => l["worktree ".Length..]),
        ];
        foreach (CleanItem kept in done.Cleaned.Where(c => c.IsKept))
        {
            Assert.True(Directory.Exists(kept.What["workspace ".Length..]), $"{what}: {kept}");
        }

        // Whatever a worker had written is still to be found: in its workspace, which is then kept with its lease.
        string[] folders = Directory.Exists(repository.Path + ".workers")
            ?
            [
                .. Directory
                    .GetDirectories(repository.Path + ".workers")
                    .Where(d => !Path.GetFileName(d).StartsWith('.')),
            ]
            : [];
        string[] recorded = Directory.Exists(leases)
            ? [.. Directory.GetFiles(leases, "*.json").Select(f => Path.GetFileNameWithoutExtension(f))]
            : [];
        Assert.True(
            folders.Select(Path.GetFileName).All(f => recorded.Contains(f)),
            $"{what}: folders {string.Join(' ', folders)}, leases {string.Join(' ', recorded)}"
        );
        Assert.True(
            trees.Select(t => Path.GetFileName(Path.GetDirectoryName(t))).All(f => recorded.Contains(f)),
            $"{what}: worktrees {string.Join(' ', trees)}, leases {string.Join(' ', recorded)}"
        );
        string[] branches = (
            await repository.GitAsync(["for-each-ref", "--format=%(refname:lstrip=3)", "refs/heads/isolation"])
        ).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(
            branches.All(b => recorded.Contains(string.Join('.', b.Split('/')[..2]))),
            $"{what}: branches {string.Join(' ', branches)}, leases {string.Join(' ', recorded)}"
        );
        Assert.True(
            !running
                || folders.Count(f => Directory.GetFiles(Path.Combine(f, "work"), "more-*").Length == 1) >= Workers,
            $"{what}: work that was not committed is gone"
        );
        return refs.Select(r => int.Parse(r.Split('/')[^1], System.Globalization.CultureInfo.InvariantCulture))
            .DefaultIfEmpty()
            .Max();
    }

    private static string Ready(ThrowawayRepository repository) => Path.Combine(repository.Root, "ready");

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }
}

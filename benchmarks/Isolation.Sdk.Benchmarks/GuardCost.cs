using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.Guard;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Benchmarks;

/// <summary>What the contamination guard costs an attempt: letting it in and looking at what it left. One after
/// another, each with two looks of its own; and all at once, who wait for a look sharing it.</summary>
internal sealed class GuardCost(Scratch scratch)
{
    private const int Files = 1_000;
    private static readonly int[] Workers = [1, 16, 100];

    public async Task RunAsync(int runs)
    {
        await Machine.PrintAsync(scratch.Path);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Files} files in the canonical checkout; medians of {runs} runs, for each attempt"
            )
        );
        Console.WriteLine();
        Console.WriteLine(
            "| refs | workers | one by one: wall ms | CPU ms | git processes | at once: wall ms | CPU ms | "
                + "git processes |"
        );
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (
            (string name, int refs, bool packed) in new[]
            {
                ("few", 0, true),
                ("10,000 packed", 10_000, true),
                ("10,000 loose", 10_000, false),
            }
        )
        {
            foreach (int workers in packed ? Workers : Workers.Take(2))
            {
                await RowAsync(name, refs, packed, workers, runs);
            }
        }
    }

    private async Task RowAsync(string name, int refs, bool packed, int count, int runs)
    {
        string path = scratch.At("repository");
        await SampleRepository.MakeAsync(path, Files);
        await AddRefsAsync(path, refs, packed);
        GitRepository repository = await GitOpener.OpenAsync(path);
        MonitoredWorker[] workers = await AddAsync(repository, count);
        using ContaminationGuard guard = new(
            repository,
            new LeaseStore(repository.CommonDirectory, repository.Reference, TimeProvider.System).List,
            WorkersDirectory.Beside(repository.CommonDirectory),
            "refs/heads/landing",
            new GuardOptions(),
            TimeProvider.System
        );
        List<double>[] columns =
        [
            [],
            [],
            [],
            [],
            [],
            [],
        ];
        for (int run = -1; run < runs; run++)
        {
            Sample one = await MeasureAsync(guard, repository, workers, atOnce: false),
                all = await MeasureAsync(guard, repository, workers, atOnce: true);
            if (run >= 0)
            {
                double[] figures =
                [
                    one.Cost.WallMs,
                    one.Cost.CpuMs,
                    one.Processes,
                    all.Cost.WallMs,
                    all.Cost.CpuMs,
                    all.Processes,
                ];
                for (int c = 0; c < columns.Length; c++)
                {
                    columns[c].Add(figures[c] / count);
                }
            }
        }

        Console.WriteLine(
            $"| {name} | {count} | "
                + string.Join(" | ", columns.Select(c => FormattableString.Invariant($"{Median(c):0.00}")))
                + " |"
        );
        Scratch.Clear(path);
        Scratch.Clear(path + ".workers");
    }

    private static async Task<Sample> MeasureAsync(
        ContaminationGuard guard,
        GitRepository repository,
        MonitoredWorker[] workers,
        bool atOnce
    )
    {
        int started = repository.Client.StartedProcesses;
        Cost entering = await Cost.OfAsync(() =>
            EachAsync(workers, atOnce, w => guard.EnterAsync(w, CancellationToken.None))
        );
        foreach (MonitoredWorker worker in workers)
        {
            await Command.GitAsync(worker.Workspace.Path, "commit", "-q", "--allow-empty", "-m", "Work");
        }

        Cost leaving = await Cost.OfAsync(() =>
            EachAsync(workers, atOnce, async w => Honest(await guard.LeaveAsync(w.Attempt, CancellationToken.None)))
        );
        return new Sample(
            new Cost(entering.WallMs + leaving.WallMs, entering.CpuMs + leaving.CpuMs),
            repository.Client.StartedProcesses - started
        );
    }

    private static async Task EachAsync(MonitoredWorker[] workers, bool atOnce, Func<MonitoredWorker, Task> does)
    {
        if (atOnce)
        {
            await Task.WhenAll(workers.Select(w => Task.Run(() => does(w))));
            return;
        }

        foreach (MonitoredWorker worker in workers)
        {
            await does(worker);
        }
    }

    // No run counts in which an honest worker is suspected.
    private static void Honest(IReadOnlyList<GuardFinding> findings)
    {
        if (findings.Count > 0)
        {
            throw new InvalidOperationException($"Nobody did anything, and yet: {findings[0]}");
        }
    }

    private static async Task<MonitoredWorker[]> AddAsync(GitRepository repository, int count)
    {
        List<MonitoredWorker> workers = [];
        for (int number = 1; number <= count; number++)
        {
            AttemptId attempt = new(string.Create(CultureInfo.InvariantCulture, $"item-{number}"), 1);
            string path = WorkersDirectory.Beside(repository.CommonDirectory).WorkspaceOf(attempt),
                branch = $"isolation/{attempt.Item}/1/work";
            await Command.GitAsync(repository.TopLevel!, "worktree", "add", "-q", "--no-checkout", "-b", branch, path);
            string entry = (await Command.GitAsync(path, "rev-parse", "--absolute-git-dir")).Trim();
            workers.Add(new MonitoredWorker(attempt, new WorkspaceInfo(path, entry, branch, "HEAD")));
        }

        return [.. workers];
    }

    private static async Task AddRefsAsync(string path, int refs, bool packed)
    {
        string commit = (await Command.GitAsync(path, "rev-parse", "HEAD")).Trim();
        for (int i = 0; i < refs; i++)
        {
            string file = Path.Combine(path, ".git", "refs", "heads", $"area-{i % 100}", $"topic-{i}");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, commit + "\n");
        }

        if (packed)
        {
            await Command.GitAsync(path, "pack-refs", "--all", "--prune");
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private readonly record struct Sample(Cost Cost, int Processes);
}

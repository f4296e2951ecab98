using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Benchmarks.WorkTrees;

/// <summary>A warm pool: the hand-out alone, and the whole of it in a long run.</summary>
internal sealed class PoolCases(CheckoutBenchmark bench, Table table, int runs, int cycles)
{
    private const int Size = 4;
    private const int Ignored = 500;

    public async Task RunAsync()
    {
        await using GitWorktreeProvider pool = CheckoutBenchmark.Provider(poolSize: Size);
        string[] changed = await bench.HundredthAsync();
        await HandOutAsync(pool, bench.Commits[0]);
        List<(Cost, Cost, Cost?)> same = [],
            moved = [],
            steady = [];
        for (int run = -1; run < runs; run++)
        {
            Cost git = await AddAsync(bench.Commits[0]),
                ours = await HandOutAsync(pool, bench.Commits[0]);
            if (run >= 0)
            {
                same.Add((git, ours, null));
            }
        }

        table.Row("warm pool, same base, hand-out", same, 0.05);
        for (int run = 0; run < runs && run + 1 < bench.Commits.Length; run++)
        {
            moved.Add((await AddAsync(bench.Commits[run + 1]), await HandOutAsync(pool, bench.Commits[run + 1]), null));
        }

        table.Row($"warm pool, base moved by {GeneratedRepository.Moved} files, hand-out", moved, 0.08);
        for (int run = 0; run < 2 && cycles > 0; run++)
        {
            steady.Add(
                (
                    Each(await Cost.OfAsync(() => AddCyclesAsync(changed))),
                    Each(await Cost.OfAsync(() => PoolCyclesAsync(pool, changed))),
                    null
                )
            );
        }

        if (steady.Count > 0)
        {
            table.Row(
                $"pool of {Size}, {cycles} cycles of acquire, dirty, release: each, recycling included",
                steady,
                0.35
            );
        }
    }

    private Cost Each(Cost all) => new(all.WallMs / cycles, all.CpuMs / cycles);

    private async Task<Cost> AddAsync(string commit)
    {
        await bench.FlushAsync();
        Cost cost = await Cost.OfAsync(() => bench.AddAsync(0, commit));
        await bench.RemoveAsync(0);
        return cost;
    }

    private async Task<Cost> HandOutAsync(GitWorktreeProvider pool, string commit)
    {
        WorkspaceRequest request = await bench.RequestAsync(commit);
        IWorkspace? made = null;
        await bench.FlushAsync();
        Cost cost = await Cost.OfAsync(async () => made = await pool.AcquireAsync(request));
        await made!.ReleaseAsync(ReleaseMode.Recycle);
        await pool.SettleAsync();
        await bench.EndAsync(request);
        return cost;
    }

    private async Task AddCyclesAsync(string[] changed)
    {
        for (int cycle = 0; cycle < cycles; cycle++)
        {
            await bench.AddAsync(0, bench.Commits[0]);
            CheckoutBenchmark.Dirty(bench.Added(0), changed, Ignored);
            await bench.RemoveAsync(0);
        }
    }

    private async Task PoolCyclesAsync(GitWorktreeProvider pool, string[] changed)
    {
        for (int cycle = 0; cycle < cycles; cycle++)
        {
            WorkspaceRequest request = await bench.RequestAsync(bench.Commits[0]);
            IWorkspace made = await pool.AcquireAsync(request);
            CheckoutBenchmark.Dirty(made.Info.Path, changed, Ignored);
            await made.ReleaseAsync(ReleaseMode.Recycle);
            await bench.EndAsync(request);
        }

        await pool.SettleAsync();
    }
}

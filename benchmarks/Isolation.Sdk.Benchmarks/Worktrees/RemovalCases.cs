using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Benchmarks.WorkTrees;

/// <summary>Taking a workspace away: until the caller goes on, and until the disk has its room back.</summary>
internal sealed class RemovalCases(CheckoutBenchmark bench, Table table, int runs)
{
    public async Task RunAsync()
    {
        // Both trees have blocks of their own.
        await using GitWorktreeProvider provider = CheckoutBenchmark.Provider(CheckoutMethod.Checkout);
        List<(Cost, Cost, Cost?)> seen = [],
            whole = [];
        for (int run = -1; run < runs; run++)
        {
            await bench.AddAsync(0, bench.Commits[0]);
            await bench.FlushAsync();
            Cost git = await Cost.OfAsync(() =>
                Command.GitAsync(bench.Repository, "worktree", "remove", "--force", bench.Added(0))
            );
            await Command.GitAsync(bench.Repository, "branch", "-q", "-D", "added-0");
            await bench.AddAsync(0, bench.Commits[0]);
            await bench.FlushAsync();
            Cost plain = await Cost.OfAsync(() => Command.RunAsync(bench.Folder, "rm", "-rf", bench.Added(0)));
            await bench.RemoveAsync(0);

            WorkspaceRequest request = await bench.RequestAsync(bench.Commits[0]);
            IWorkspace made = await provider.AcquireAsync(request);
            Cost release = default;
            await bench.FlushAsync();
            Cost all = await Cost.OfAsync(async () =>
            {
                release = await Cost.OfAsync(async () => await made.ReleaseAsync(ReleaseMode.Remove));
                await provider.SettleAsync();
            });
            await bench.EndAsync(request);
            if (run >= 0)
            {
                seen.Add((git, release, null));
                whole.Add((plain, all, null));
            }
        }

        table.Row("removal as the caller sees it, over `worktree remove --force`", seen, 0.1);
        table.Row("removal until the room is back, over `rm -rf`", whole, 1.2);
    }
}

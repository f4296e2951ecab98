using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Benchmarks.WorkTrees;

/// <summary>Sixteen workspaces asked for at once, against sixteen of git's one after the other: at once it refuses
/// some.</summary>
internal sealed class SixteenCase(CheckoutBenchmark bench, Table table, int runs)
{
    private const int Many = 16;

    public async Task RunAsync()
    {
        await using GitWorktreeProvider provider = CheckoutBenchmark.Provider();
        await AcquireAsync(provider);
        await provider.SettleTemplatesAsync();
        List<(Cost, Cost, Cost?)> rounds = [];
        for (int run = 0; run < runs; run++)
        {
            await bench.FlushAsync();
            Cost git = await Cost.OfAsync(async () =>
            {
                for (int number = 0; number < Many; number++)
                {
                    await bench.AddAsync(number, bench.Commits[0]);
                }
            });
            for (int number = 0; number < Many; number++)
            {
                await bench.RemoveAsync(number);
            }

            rounds.Add((git, await AcquireAsync(provider), null));
        }

        table.Row($"{Many} at once, over {Many} one after the other", rounds, 0.30);
    }

    private async Task<Cost> AcquireAsync(GitWorktreeProvider provider)
    {
        List<WorkspaceRequest> requests = [];
        for (int number = 0; number < Many; number++)
        {
            requests.Add(await bench.RequestAsync(bench.Commits[0]));
        }

        IWorkspace[] made = [];
        await bench.FlushAsync();
        Cost cost = await Cost.OfAsync(async () =>
            made = await Task.WhenAll(requests.Select(r => Task.Run(() => provider.AcquireAsync(r).AsTask())))
        );
        foreach ((IWorkspace workspace, WorkspaceRequest request) in made.Zip(requests))
        {
            await workspace.ReleaseAsync(ReleaseMode.Remove);
            await bench.EndAsync(request);
        }

        await provider.SettleAsync();
        return cost;
    }
}

using Isolation.Sdk.Platform;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Benchmarks.WorkTrees;

/// <summary>
/// Making a workspace: the first ever, and later ones by every way of filling that the disk has. Nothing is deleted
/// from round to round: ext4 steps over the inodes that were freed in the last minutes one by one whenever it needs a
/// new one (<c>recently_deleted</c>), and then measures what was deleted before.
/// </summary>
internal sealed class CheckoutCases(CheckoutBenchmark bench, Table table, string disk, int runs)
{
    private const double First = 1.1;
    private int _trees;
    private Cost _status;
    private Cost _addedStatus;

    /// <summary>Ways of filling, and how much of git's time each may take; <see langword="null"/> for those without a
    /// goal.</summary>
    private static (CheckoutMethod Filling, double? Goal, double? Space)[] Ways(string disk) =>
        disk switch
        {
            "tmpfs" => [(CheckoutMethod.Copy, 0.30, null)],
            "ext4" => [(CheckoutMethod.Copy, 0.36, null)],
            "xfs" => [(CheckoutMethod.Reflink, 0.42, 0.06), (CheckoutMethod.Copy, null, null)],
            "btrfs" =>
            [
                (CheckoutMethod.Snapshot, 0.03, 0.01),
                (CheckoutMethod.Reflink, 0.55, 0.06),
                (CheckoutMethod.Copy, null, null),
            ],
            _ => [(CheckoutMethod.Copy, null, null)],
        };

    public async Task RunAsync()
    {
        await FirstAsync(warmUp: true);
        table.Row("first workspace ever", await FirstAsync(warmUp: false), First);
        if (disk != "ext4")
        {
            await bench.ClearAsync();
        }

        foreach ((CheckoutMethod filling, double? goal, double? space) in Ways(disk))
        {
            try
            {
                await LaterAsync(filling, goal, space);
            }
            catch (IsolationException e)
            {
                await Console.Error.WriteLineAsync($"{filling}: {e.Message}"); // The other rows are worth having.
            }

            await bench.ClearAsync();
        }
    }

    /// <summary>Nothing is warm but this process's code: no trees on the disk, a provider that has just been
    /// made.</summary>
    private async Task<List<(Cost, Cost, Cost?)>> FirstAsync(bool warmUp)
    {
        List<(Cost, Cost, Cost?)> rounds = [];
        for (int run = 0; run < (warmUp ? 1 : runs); run++)
        {
            Cost git = await AddAsync(bench.Commits[0]);
            bench.Forget();
            await using GitWorktreeProvider provider = CheckoutBenchmark.Provider();
            rounds.Add((git, await AcquireAsync(provider, bench.Commits[0]), null));
        }

        return rounds;
    }

    private async Task LaterAsync(CheckoutMethod filling, double? goal, double? spaceGoal)
    {
        bench.Forget();
        await using GitWorktreeProvider provider = CheckoutBenchmark.Provider(filling);
        List<(Cost, Cost, Cost?)> same = [],
            moved = [],
            status = [];
        for (int run = -1; run < runs; run++)
        {
            Cost git = await AddAsync(bench.Commits[0]),
                ours = await AcquireAsync(provider, bench.Commits[0]),
                bare = await BareAsync();
            if (run >= 0)
            {
                same.Add((git, ours, bare));
                status.Add((_addedStatus, _status, null));
            }
        }

        for (int run = 0; run < runs && run + 1 < bench.Commits.Length; run++)
        {
            moved.Add(
                (await AddAsync(bench.Commits[run + 1]), await AcquireAsync(provider, bench.Commits[run + 1]), null)
            );
        }

        string name = filling.ToString().ToLowerInvariant();
        table.Row($"later ones, {name}", same, goal, await SpaceAsync(provider), spaceGoal);
        table.Row($"base moved by {GeneratedRepository.Moved} files, {name}", moved);
        table.Row($"`git status` in it, {name}", status);
    }

    private async Task<Cost> AddAsync(string commit)
    {
        int number = _trees++;
        await bench.FlushAsync();
        Cost cost = await Cost.OfAsync(() => bench.AddAsync(number, commit));
        _addedStatus = await StatusAsync(bench.Added(number));
        return cost;
    }

    /// <summary>The wall clock until the workspace is handed out; the processor's time until everything is done that
    /// goes on behind.</summary>
    private async Task<Cost> AcquireAsync(GitWorktreeProvider provider, string commit)
    {
        WorkspaceRequest request = await bench.RequestAsync(commit);
        IWorkspace? made = null;
        double wall = 0;
        await bench.FlushAsync();
        Cost all = await Cost.OfAsync(async () =>
        {
            wall = (await Cost.OfAsync(async () => made = await provider.AcquireAsync(request))).WallMs;
            await provider.SettleTemplatesAsync();
        });
        _status = await StatusAsync(made!.Info.Path);
        await made.ReleaseAsync(ReleaseMode.Keep);
        await bench.EndAsync(request);
        return all with { WallMs = wall };
    }

    private static async Task<Cost> StatusAsync(string tree)
    {
        string said = "";
        Cost cost = await Cost.OfAsync(async () => said = await Command.GitAsync(tree, "status", "--porcelain"));
        return said.Length == 0 ? cost : throw new InvalidOperationException($"{tree} is not clean: {said}");
    }

    private async Task<Cost> BareAsync()
    {
        string to = Path.Combine(bench.Folder, FormattableString.Invariant($"bare-{_trees++}"));
        await bench.FlushAsync();
        Cost cost = await Cost.OfAsync(() =>
        {
            PlainCopy.Run(bench.Repository, to);
            return Task.CompletedTask;
        });
        return cost;
    }

    /// <summary>What the disk lost by one more workspace, over what it lost by one more checkout.</summary>
    private async Task<double> SpaceAsync(GitWorktreeProvider provider)
    {
        long before = await bench.FreeAsync();
        await bench.AddAsync(_trees++, bench.Commits[0]);
        long added = before - await bench.FreeAsync();
        WorkspaceRequest request = await bench.RequestAsync(bench.Commits[0]);

        // The tree may have to come back from the last base of the chain: that is not the workspace's.
        IWorkspace first = await provider.AcquireAsync(request);
        WorkspaceRequest again = await bench.RequestAsync(bench.Commits[0]);
        before = await bench.FreeAsync();
        IWorkspace made = await provider.AcquireAsync(again);
        long taken = before - await bench.FreeAsync();
        before = await bench.FreeAsync();
        await BareAsync();
        long bare = before - await bench.FreeAsync();
        await Console.Error.WriteLineAsync(
            $"disk: {added >> 10} KiB by git, {taken >> 10} KiB by the library, of which "
                + $"{PlatformFiles.Current.MeasureUsage(made.Info.Path) >> 10} KiB are its own blocks; "
                + $"{bare >> 10} KiB by a bare copy"
        );
        await bench.EndAsync(request);
        await bench.EndAsync(again);
        return taken / (double)added;
    }
}

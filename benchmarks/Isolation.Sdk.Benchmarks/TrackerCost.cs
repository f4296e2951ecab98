using System.Diagnostics;
using System.Globalization;
using Isolation.Sdk.Sqlite;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Benchmarks;

/// <summary>What a call of a tracker takes that has 10,000 items with 30,000 dependencies, and what eight processes do
/// with one file.</summary>
internal sealed class TrackerCost(Scratch scratch)
{
    private const int Items = 10_000;
    private const int Processes = 8;
    private const int Shared = 400;
    private static readonly ClaimRequest Request = new("benchmark", TimeSpan.FromMinutes(1)) { WaitForItems = false };

    /// <summary>Claims and closes until nothing is left, as a process of its own.</summary>
    public static async Task<int> ClaimAllAsync(string path, string owner)
    {
        SqliteWorkTracker tracker = new(path);
        while (await tracker.ClaimAsync(Request with { Owner = owner }) is { } claim)
        {
            if (await tracker.SettleAsync(claim, new Settlement.Close(ItemOutcome.Landed)) is not null)
            {
                Console.WriteLine(claim.Item.Id);
            }
        }

        return 0;
    }

    public async Task RunAsync(int runs)
    {
        await Machine.PrintAsync(scratch.Path);
        Console.WriteLine($"{Items} items with 30,000 dependencies; medians of {runs} runs, ms");
        Console.WriteLine();
        Console.WriteLine("| tracker | open | list | claim | renew | close |");
        Console.WriteLine("|---|---|---|---|---|---|");
        string path = scratch.At("items.db");
        await new SqliteWorkTracker(path).AddAsync(Make());
        await RowAsync("SQLite", () => new SqliteWorkTracker(path), runs);
        await RowAsync("in memory", () => new InMemoryWorkTracker(Make()), runs);
        await SharedAsync();
    }

    private static async Task RowAsync(string name, Func<IWorkTracker> open, int runs)
    {
        List<double>[] times =
        [
            [],
            [],
            [],
            [],
            [],
        ];
        for (int run = 0; run < runs; run++)
        {
            IWorkTracker? tracker = null;
            TrackedItem? claim = null;
            Func<Task>[] calls =
            [
                async () => await (tracker = open()).ReadHistoryAsync("i0"),
                async () => await tracker!.ListAsync(),
                async () => claim = await tracker!.ClaimAsync(Request),
                async () => await tracker!.RenewAsync(claim!),
                async () => await tracker!.SettleAsync(claim!, new Settlement.Close(ItemOutcome.Landed)),
            ];
            // The first list of a file reads its rows: that is a part of opening it.
            calls[0] += async () => await tracker!.ListAsync();
            for (int i = 0; i < calls.Length; i++)
            {
                long begun = Stopwatch.GetTimestamp();
                foreach (Func<Task> call in calls[i].GetInvocationList().Cast<Func<Task>>())
                {
                    await call();
                }

                times[i].Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }
        }

        IEnumerable<string> medians = times.Select(t =>
            t.Order().ElementAt(t.Count / 2).ToString("0.00", CultureInfo.InvariantCulture)
        );
        Console.WriteLine($"| {name} | {string.Join(" | ", medians)} |");
    }

    private async Task SharedAsync()
    {
        string path = scratch.At("shared.db");
        await new SqliteWorkTracker(path).AddAsync([
            .. Enumerable.Range(0, Shared).Select(i => new WorkItem($"i{i}", "Item")),
        ]);
        long begun = Stopwatch.GetTimestamp();
        string[] outputs = await Task.WhenAll(
            Enumerable
                .Range(0, Processes)
                .Select(p => Command.RunAsync(scratch.Path, Environment.ProcessPath!, "claimer", path, $"p{p}"))
        );
        TimeSpan took = Stopwatch.GetElapsedTime(begun);
        string[] closed = [.. outputs.SelectMany(o => o.Split('\n', StringSplitOptions.RemoveEmptyEntries))];
        Console.WriteLine();
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Processes} processes on one file: {closed.Length} of {Shared} items closed, "
                    + $"{closed.Length - closed.Distinct().Count()} twice, in {took.TotalSeconds:0.0} s"
            )
        );
    }

    private static IReadOnlyList<WorkItem> Make()
    {
        Random random = new(1);
        return
        [
            .. Enumerable
                .Range(0, Items)
                .Select(i => new WorkItem($"i{i}", $"Item {i}")
                {
                    Instructions = "Do what the title says.",
                    BlockedBy = [.. Enumerable.Range(0, i < 100 ? 0 : 3).Select(_ => $"i{random.Next(i)}").Distinct()],
                }),
        ];
    }
}

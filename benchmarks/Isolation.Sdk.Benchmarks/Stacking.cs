using System.Globalization;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Benchmarks;

/// <summary>A chain of 100 clean items on 1,500 files, each merged and committed on top of the one before, as the queue
/// stacks them.</summary>
internal sealed class Stacking(Scratch scratch)
{
    private const int Items = 100;
    private const int Files = 1_500;

    public async Task RunAsync(int runs)
    {
        string path = scratch.At("stack");
        await SampleRepository.MakeAsync(path, Files);
        string main = await Command.GitAsync(path, "rev-parse", "main");
        string[] heads = await MakeItemsAsync(path, main);
        GitRepository repository = await GitOpener.OpenAsync(path);
        List<double> merges = [],
            commits = [],
            all = [];
        for (int run = 0; run <= runs; run++)
        {
            (double merge, double commit) = await StackAsync(repository, scratch.At($"merge-{run}"), main, heads);
            if (run > 0)
            {
                // The first run compiles.
                merges.Add(merge);
                commits.Add(commit);
                all.Add(merge + commit);
            }
        }

        await Machine.PrintAsync(scratch.Path);
        Console.WriteLine("| CPU ms an item | min | median | max |");
        Console.WriteLine("|---|---|---|---|");
        Row("merge-tree", merges);
        Row("commit-tree", commits);
        Row("**a stacked item**", all);
    }

    private static async Task<(double Merge, double Commit)> StackAsync(
        GitRepository repository,
        string folder,
        string main,
        string[] heads
    )
    {
        GitMerge merging = new(repository, folder);
        GitAttributes attributes = new(repository, Path.Combine(folder, "attributes"));
        string target = main;
        double merges = 0,
            commits = 0;
        for (int i = 0; i < heads.Length; i++)
        {
            string tree = "",
                commit = "";
            merges += (
                await Cost.OfAsync(async () =>
                {
                    string obeyed = await attributes.WriteAsync(target, CancellationToken.None);
                    MergeOutcome outcome = await merging.RunAsync(
                        (target, "landing"),
                        (heads[i], $"item-{i}"),
                        obeyed,
                        CancellationToken.None
                    );
                    tree = outcome is MergeOutcome.Clean clean
                        ? clean.Tree
                        : throw new InvalidOperationException($"Item {i}: {outcome}");
                })
            ).CpuMs;
            commits += (
                await Cost.OfAsync(async () =>
                    commit = await repository.CommitTreeAsync(
                        tree,
                        [target, heads[i]],
                        $"Item {i} of {folder}",
                        CancellationToken.None
                    )
                )
            ).CpuMs;
            attributes.Advance(target, commit, [Name(i)]);
            target = commit;
        }

        string changed = await Command.GitAsync(repository.CommonDirectory, "diff", "--name-only", main, target);
        return changed.Split('\n').Length == Items
            ? (merges / Items, commits / Items)
            : throw new InvalidOperationException($"{changed.Split('\n').Length} files changed.");
    }

    private static async Task<string[]> MakeItemsAsync(string path, string main)
    {
        string[] heads = new string[Items];
        for (int i = 0; i < Items; i++)
        {
            await Command.GitAsync(path, "reset", "-q", "--hard", main);
            await File.AppendAllTextAsync(Path.Combine(path, Name(i)), $"line of item {i}\n");
            await Command.GitAsync(path, "commit", "-q", "-a", "-m", $"Item {i}");
            heads[i] = await Command.GitAsync(path, "rev-parse", "HEAD");
        }

        return heads;
    }

    private static string Name(int item)
    {
        int file = item * (Files / Items);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"part-{file / 200:000}/area-{file / 20 % 10}/file-{file:00000}.cs"
        );
    }

    private static void Row(string name, List<double> values)
    {
        double[] sorted = [.. values.Order()];
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {sorted[0]:0.0} | {sorted[sorted.Length / 2]:0.0} | {sorted[^1]:0.0} |"
            )
        );
    }
}

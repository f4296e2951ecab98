using System.Globalization;

namespace Isolation.Sdk.Benchmarks;

/// <summary>Fifty items, sixteen at a time, on 5,000 files: the minimal correct script against the pipeline, both as
/// whole processes.</summary>
internal sealed class Fifty(Scratch scratch)
{
    private const int Items = 50;
    private const int Parallel = 16;
    private const string Target = "landing";
    private readonly string _template = scratch.At("template");

    public async Task RunAsync(int runs, bool stages)
    {
        await SampleRepository.MakeAsync(_template, 5_000);
        string[] extra = stages ? ["--stages"] : [];
        Pairs pairs = new("minimal.sh", "pipeline");
        await pairs.RunAsync(
            runs,
            _ =>
                MeasureAsync(r =>
                    ["sh", Beside("minimal.sh"), r, Text(Items), Text(Parallel), Beside("worker.sh"), Target]
                ),
            _ =>
                MeasureAsync(r =>
                    [
                        Environment.ProcessPath!,
                        "host",
                        r,
                        Beside("worker.sh"),
                        Target,
                        Text(Items),
                        Text(Parallel),
                        .. extra,
                    ]
                )
        );
        await Machine.PrintAsync(scratch.Path);
        pairs.Print();
    }

    private async Task<Cost> MeasureAsync(Func<string, string[]> command)
    {
        string folder = scratch.At("run");
        string repository = Path.Combine(folder, "repo");
        Directory.CreateDirectory(folder);
        await Command.RunAsync(folder, "cp", "-a", _template, repository);
        // A copy's index is refreshed once, outside of the measurement.
        await Command.GitAsync(repository, "status", "--porcelain");
        string[] line = command(repository);
        Cost cost = await Cost.OfAsync(() => Command.RunAsync(folder, line[0], line[1..]));
        await CheckAsync(repository);
        Scratch.Clear(folder);
        return cost;
    }

    /// <summary>A run that did not do all of the work does not count.</summary>
    private static async Task CheckAsync(string repository)
    {
        string landed = await Command.GitAsync(repository, "rev-list", "--count", "--first-parent", $"main..{Target}");
        string made = await Command.GitAsync(repository, "ls-tree", "--name-only", $"{Target}:made");
        string worktrees = await Command.GitAsync(repository, "worktree", "list", "--porcelain");
        int left = worktrees.Split('\n').Count(l => l.StartsWith("worktree ", StringComparison.Ordinal)) - 1;
        if (landed != Text(Items) || made.Split('\n').Length != Items || left != 0)
        {
            throw new InvalidOperationException(
                $"{landed} landed, {made.Split('\n').Length} files made, {left} worktrees left."
            );
        }
    }

    private static string Beside(string name) => Path.Combine(AppContext.BaseDirectory, name);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}

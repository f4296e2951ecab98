using System.Globalization;

namespace Isolation.Sdk.Benchmarks.WorkTrees;

/// <summary>A row of the table: what the library took, over what git took, round by round.</summary>
internal sealed class Table(string disk, int files)
{
    public const string Head = """
        | disk | files | case | git ms | library ms | **wall, ratio** (min to max) | CPU, ratio | over a bare copy | disk, ratio | goal |
        |---|---|---|---|---|---|---|---|---|---|
        """;

    /// <summary>Writes a row.</summary>
    /// <param name="name">The case.</param>
    /// <param name="rounds">Git, the library, and the bare copy, if there is one.</param>
    /// <param name="goal">At most this much of git's wall clock.</param>
    /// <param name="space">What a workspace takes of the disk, over a checkout.</param>
    /// <param name="spaceGoal">At most this much of it.</param>
    public void Row(
        string name,
        IReadOnlyList<(Cost Git, Cost Ours, Cost? Bare)> rounds,
        double? goal = null,
        double? space = null,
        double? spaceGoal = null
    )
    {
        double[] wall = [.. rounds.Select(r => r.Ours.WallMs / r.Git.WallMs).Order()];
        double[] bare =
        [
            .. rounds.Where(r => r.Bare is not null).Select(r => r.Ours.WallMs / r.Bare!.Value.WallMs).Order(),
        ];
        string[] cells =
        [
            disk,
            Text(files, "0"),
            name,
            Text(Median(rounds.Select(r => r.Git.WallMs)), "0.0"),
            Text(Median(rounds.Select(r => r.Ours.WallMs)), "0.0"),
            $"**{Text(Median(wall), "0.000")}** ({Text(wall[0], "0.000")} to {Text(wall[^1], "0.000")})",
            Text(Median(rounds.Select(r => r.Ours.CpuMs / r.Git.CpuMs)), "0.00"),
            bare.Length > 0 ? Text(Median(bare), "0.00") : "–",
            space is { } s ? Text(s, "0.000") : "–",
            Goal(Median(wall), goal, space, spaceGoal),
        ];
        Console.WriteLine($"| {string.Join(" | ", cells)} |");
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1
            ? sorted[sorted.Length / 2]
            : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Goal(double wall, double? goal, double? space, double? spaceGoal)
    {
        string time = goal is { } g ? $"{Text(g, "0.00")}{(wall <= g ? "" : " **missed**")}" : "–";
        return spaceGoal is { } d ? $"{time}; disk {Text(d, "0.00")}{(space <= d ? "" : " **missed**")}" : time;
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}

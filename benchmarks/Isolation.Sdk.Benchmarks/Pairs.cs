using System.Globalization;

namespace Isolation.Sdk.Benchmarks;

/// <summary>Runs two things alternately and compares them pair by pair.</summary>
internal sealed class Pairs(string first, string second)
{
    private readonly List<(Cost First, Cost Second)> _pairs = [];

    public async Task RunAsync(int runs, Func<int, Task<Cost>> runFirst, Func<int, Task<Cost>> runSecond)
    {
        for (int run = 0; run < runs; run++)
        {
            _pairs.Add((await runFirst(run), await runSecond(run)));
            (Cost a, Cost b) = _pairs[^1];
            await Console.Error.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"pair {run + 1}: {a.WallMs:0} ms, {b.WallMs:0} ms, ratio {b.WallMs / a.WallMs:0.00}; "
                        + $"CPU {a.CpuMs:0} ms, {b.CpuMs:0} ms, ratio {b.CpuMs / a.CpuMs:0.00}"
                )
            );
        }
    }

    public void Print()
    {
        Console.WriteLine("| | min | median | max |");
        Console.WriteLine("|---|---|---|---|");
        Row($"{first}, wall ms", p => p.First.WallMs, "0.0");
        Row($"{second}, wall ms", p => p.Second.WallMs, "0.0");
        Row("**ratio of wall, pair by pair**", p => p.Second.WallMs / p.First.WallMs, "0.00");
        Row($"{first}, CPU ms", p => p.First.CpuMs, "0.0");
        Row($"{second}, CPU ms", p => p.Second.CpuMs, "0.0");
        Row("ratio of CPU, pair by pair", p => p.Second.CpuMs / p.First.CpuMs, "0.00");
    }

    private void Row(string name, Func<(Cost First, Cost Second), double> value, string format)
    {
        double[] sorted = [.. _pairs.Select(value).Order()];
        double median =
            sorted.Length % 2 == 1
                ? sorted[sorted.Length / 2]
                : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
        double[] figures = [sorted[0], median, sorted[^1]];
        Console.WriteLine(
            $"| {name} | {string.Join(" | ", figures.Select(v => v.ToString(format, CultureInfo.InvariantCulture)))} |"
        );
    }
}

using System.Diagnostics;
using System.Globalization;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Host;

namespace Isolation.Sdk.Benchmarks.WorkTrees;

/// <summary>Runs a verb on each disk in turn, in a process of its own that has the disk to itself: images of real file
/// systems in memory, where the machine's own disk does not blur the figures.</summary>
internal static class OnDisks
{
    private const int Megabytes = 12 * 1024;
    private const string Inside = "--inside";

    public static async Task<int> RunAsync(string verb, string[] args)
    {
        if (Option(args, Inside) is { } disk)
        {
            await MeasureAsync(verb, args, disk);
            return 0;
        }

        await Machine.PrintAsync(Path.GetTempPath());
        Console.WriteLine(Table.Head);
        int worst = 0;
        foreach (string kind in Option(args, "--fs")?.Split(',') ?? [.. Disk.FileSystems])
        {
            string[] command = [.. new Disk(kind, Megabytes).Through, Environment.ProcessPath!, .. args, Inside, kind];
            using Process process = Process.Start(
                new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = "/" }
            )!;
            await process.WaitForExitAsync();
            worst = Math.Max(worst, process.ExitCode);
        }

        return worst;
    }

    private static async Task MeasureAsync(string verb, string[] args, string disk)
    {
        int runs = Number(args, "--runs", 7);
        foreach (
            int files in (Option(args, "--files") ?? "10000")
                .Split(',')
                .Select(n => int.Parse(n, CultureInfo.InvariantCulture))
        )
        {
            string folder = Path.Combine(Disk.Path, "bench");
            Directory.CreateDirectory(folder);
            CheckoutBenchmark bench = await CheckoutBenchmark.CreateAsync(
                folder,
                files,
                Option(args, "--repository"),
                commits: runs + 1
            );
            await Console.Error.WriteLineAsync($"{verb} on {disk}: {bench.Files} files, {bench.Bytes >> 20} MiB");
            Table table = new(disk, bench.Files);
            await (
                verb switch
                {
                    "filling" => new CheckoutCases(bench, table, disk, runs).RunAsync(),
                    "pool" => new PoolCases(bench, table, runs, Number(args, "--cycles", 100)).RunAsync(),
                    "removal" => new RemovalCases(bench, table, runs).RunAsync(),
                    _ => new SixteenCase(bench, table, Math.Min(runs, 3)).RunAsync(),
                }
            );
            SafeDelete.DeleteTree(folder); // Read-only subvolumes, too.
        }
    }

    private static int Number(string[] args, string name, int otherwise) =>
        Option(args, name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private static string? Option(string[] args, string name) =>
        Array.IndexOf(args, name) is >= 0 and int at && at + 1 < args.Length ? args[at + 1] : null;
}

using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Benchmarks;

/// <summary>What it costs to start /bin/true and to know that it ended, at each level, over the same by posix_spawn
/// alone: all four in turn, in one warm process.</summary>
internal sealed class StartCost(Scratch scratch)
{
    private const string True = "/bin/true";
    private const int WarmUps = 20;

    public async Task RunAsync(int runs)
    {
        Directory.CreateDirectory(scratch.At("work"));
        List<(string Name, IStateScope Scope)> scopes = [];
        foreach (SandboxLevel level in Enum.GetValues<SandboxLevel>())
        {
            scopes.Add((level.ToString(), await IsolatedState.OpenAsync(scratch.At("work"), level)));
        }

        List<double>[] times = [.. Enumerable.Range(0, scopes.Count + 1).Select(_ => new List<double>())];
        for (int i = -WarmUps; i < runs; i++)
        {
            Add(times[0], i, Bare());
            for (int s = 0; s < scopes.Count; s++)
            {
                Add(times[s + 1], i, await StartAsync(scopes[s].Scope));
            }
        }

        foreach ((_, IStateScope scope) in scopes)
        {
            await scope.DisposeAsync();
        }

        await Machine.PrintAsync(scratch.Path);
        Console.WriteLine($"{runs} starts each, as user {(Environment.IsPrivilegedProcess ? "root" : "ordinary")}");
        Console.WriteLine();
        Console.WriteLine("| start | min ms | median ms | max ms | median over the bare one |");
        Console.WriteLine("|---|---|---|---|---|");
        double bare = Median(times[0]);
        foreach ((string name, List<double> all) in scopes.Select(s => s.Name).Prepend("posix_spawn").Zip(times))
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {name} | {all.Min():0.00} | {Median(all):0.00} | {all.Max():0.00} | "
                        + $"{Median(all) - bare:+0.00} |"
                )
            );
        }
    }

    private static void Add(List<double> times, int run, double time)
    {
        if (run >= 0)
        {
            times.Add(time);
        }
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    private static async Task<double> StartAsync(IStateScope scope)
    {
        long begun = Stopwatch.GetTimestamp();
        await using IWorkerProcess process = await scope.StartAsync(WorkerCommand.Of(True));
        ExecResult exit = await process.Exit;
        double took = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        return exit.ExitCode == 0 ? took : throw new InvalidOperationException($"{True} ended with {exit.ExitCode}.");
    }

    private static double Bare()
    {
        long begun = Stopwatch.GetTimestamp();
        int failure = posix_spawn(out int id, True, 0, 0, ["true", null], [null]);
        if (failure != 0)
        {
            throw new Win32Exception(failure);
        }

        _ = waitpid(id, out _, 0);
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    [DllImport("libc")]
    private static extern int posix_spawn(
        out int id,
        [MarshalAs(UnmanagedType.LPStr)] string path,
        nint actions,
        nint attributes,
        string?[] arguments,
        string?[] environment
    );

    [DllImport("libc")]
    private static extern int waitpid(int id, out int status, int options);
}

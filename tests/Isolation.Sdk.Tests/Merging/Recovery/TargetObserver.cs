using System.Collections.Concurrent;
using System.Diagnostics;

namespace Isolation.Sdk.Tests.Merging.Recovery;

/// <summary>Watches a branch from outside, with plain git in a loop of a process of its own: every value that it sees,
/// and the tree of each.</summary>
internal sealed class TargetObserver : IAsyncDisposable
{
    private const string Loop = """
        while [ ! -e "$2" ]; do
          git -C "$1" for-each-ref --format='%(objectname) %(tree)' refs/heads/target
          sleep 0.01
        done
        git -C "$1" for-each-ref --format='%(objectname) %(tree)' refs/heads/target
        """;

    private readonly Process _process;
    private readonly string _stop;
    private readonly ConcurrentDictionary<string, string> _seen = new(StringComparer.Ordinal);
    private readonly Task _reading;

    private TargetObserver(Process process, string stop)
    {
        (_process, _stop) = (process, stop);
        _reading = ReadAsync();
    }

    public static TargetObserver Start(QueueFixture bench)
    {
        string stop = Path.Combine(bench.Repository.Root, "observed-" + Guid.NewGuid().ToString("n"));
        ProcessStartInfo start = new("sh", ["-c", Loop, "sh", bench.Repository.Path, stop])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        return new TargetObserver(Process.Start(start)!, stop);
    }

    /// <summary>Ends the loop after one more look.</summary>
    /// <returns>The tree of each value seen.</returns>
    public async Task<IReadOnlyDictionary<string, string>> EndAsync()
    {
        await File.WriteAllTextAsync(_stop, "");
        await _reading;
        await _process.WaitForExitAsync();
        Assert.Equal(0, _process.ExitCode);
        return _seen;
    }

    public async ValueTask DisposeAsync()
    {
        // Its folder may be gone in a moment: nobody would tell it to stop any more.
        if (!_process.HasExited)
        {
            await EndAsync();
        }

        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            string[] fields = line.Split(' ');
            _seen[fields[0]] = fields[1];
        }
    }
}

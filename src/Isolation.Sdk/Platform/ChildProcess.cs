using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Platform;

/// <summary>A process that runs: what the two launchers have in common.</summary>
internal abstract class ChildProcess
{
    public abstract int Id { get; }

    public Stream Input { get; protected init; } = Stream.Null;

    public Stream Output { get; protected init; } = Stream.Null;

    public Stream Error { get; protected init; } = Stream.Null;

    public abstract string Mechanism { get; }

    /// <summary>Its exit code.</summary>
    public abstract Task<int> Exited { get; }

    /// <summary>Completes when all of its output is in the log.</summary>
    public Task Logged { get; protected set; } = Task.CompletedTask;

    /// <summary>The limit that a group of the kernel's kept; <see langword="null"/> when none had to.</summary>
    public virtual LimitHit? Hit => null;

    /// <summary>Whether it wrote anything since it was last asked.</summary>
    public virtual bool HasWritten => true;

    /// <summary>What of the tree is alive, without what only keeps it; empty where nobody can tell.</summary>
    public virtual Task<IReadOnlyList<int>> AliveAsync() => Task.FromResult<IReadOnlyList<int>>([]);

    /// <summary>Ends the whole tree.</summary>
    /// <returns>Whether it took force.</returns>
    public abstract Task<bool> EndAsync(TimeSpan grace);

    protected static async Task PumpAsync(Stream from, BoundedLog log)
    {
        byte[] buffer = new byte[64 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            log.Add(buffer.AsSpan(0, read));
        }
    }
}

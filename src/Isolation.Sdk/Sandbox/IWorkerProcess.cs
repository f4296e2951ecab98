namespace Isolation.Sdk.Sandbox;

/// <summary>A process in a worker's state scope, with everything it starts.</summary>
public interface IWorkerProcess : IAsyncDisposable
{
    /// <summary>The process id.</summary>
    int Id { get; }

    /// <summary>Standard input; empty and closed unless the command asked for it.</summary>
    Stream Input { get; }

    /// <summary>
    /// Standard output; empty if it goes to a log file. Read it, or a process that writes much waits.
    /// </summary>
    Stream Output { get; }

    /// <summary>Standard error; empty if it goes to a log file.</summary>
    Stream Error { get; }

    /// <summary>Completes when the process itself has ended.</summary>
    Task<ExecResult> Exit { get; }

    /// <summary>
    /// Asks the whole tree to end and kills it after <paramref name="grace"/>, including daemons that left it. Returns
    /// when nothing of it is alive.
    /// </summary>
    ValueTask<ExecResult> StopAsync(TimeSpan grace);
}

namespace Isolation.Sdk.Sandbox;

/// <summary>A process in a worker's state scope, with everything it starts.</summary>
public interface IWorkerProcess : IAsyncDisposable
{
    /// <summary>The process id.</summary>
    int Id { get; }

    /// <summary>Standard input; empty and closed unless the command asked for it.</summary>
    Stream Input { get; }

    /// <summary>Standard output; empty when it goes to a log file. Read it, or a talkative process waits.</summary>
    Stream Output { get; }

    /// <summary>Standard error; empty when it goes to a log file.</summary>
    Stream Error { get; }

    /// <summary>Completes when the process itself has ended.</summary>
    Task<ProcessExit> Exit { get; }

    /// <summary>Asks the whole tree to end, and after the grace ends it: double-forked and daemonised grandchildren too. Returns when nothing of it is alive.</summary>
    /// <param name="grace">How long it may take by itself; zero for at once.</param>
    ValueTask<ProcessExit> StopAsync(TimeSpan grace);
}

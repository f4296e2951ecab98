using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Sandbox;

/// <summary>A scope that holds its own lease, since no pipeline does.</summary>
internal sealed class StandaloneScope(IStateScope scope, AttemptLease lease, string keptNote) : IStateScope
{
    private int _released;

    public StateInfo Info => scope.Info;

    public ValueTask<IWorkerProcess> StartAsync(WorkerCommand command, CancellationToken cancellationToken = default) =>
        scope.StartAsync(command, cancellationToken);

    public async ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _released, 1) == 1)
        {
            return;
        }

        bool keep = mode is ReleaseMode.Keep or ReleaseMode.Quarantine;
        if (keep)
        {
            await lease.NoteAsync(keptNote, "yes", CancellationToken.None).ConfigureAwait(false);
        }

        try
        {
            await scope.ReleaseAsync(mode, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (keep)
            {
                lease.Dispose();
            }
            else
            {
                lease.Complete();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await ReleaseAsync(ReleaseMode.KeepIfUnmerged).ConfigureAwait(false);
        }
        catch (IsolationException e) when (e.Code == SandboxCodes.TeardownFailed)
        {
            // Everything is released all the same; whoever wants to know calls ReleaseAsync.
        }
    }
}

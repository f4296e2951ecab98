namespace Isolation.Sdk.Sandbox;

/// <summary>What a host that died left of a scope: its processes can be ended and its folders removed, nothing can be started in it.</summary>
internal sealed class ReopenedScope(ScopeResources parts) : IStateScope
{
    public StateInfo Info { get; } = new(parts.Folders.Home, parts.Folders.Temp, [], new Dictionary<string, int>());

    public ValueTask<IWorkerProcess> StartAsync(WorkerCommand command, CancellationToken cancellationToken = default) =>
        throw new IsolationException(
            SandboxCodes.ScopeReleased,
            $"The state of {parts.Attempt} was found again to be cleaned up; nothing starts in it.",
            "Open a new state for a new attempt."
        )
        {
            Attempt = parts.Attempt,
        };

    public async ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default)
    {
        await parts.EndEverythingAsync().ConfigureAwait(false);
        parts.Release(keepFolders: mode is ReleaseMode.Keep or ReleaseMode.Quarantine);
    }

    public ValueTask DisposeAsync() => ReleaseAsync(ReleaseMode.KeepIfUnmerged);
}

using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Sandbox;

/// <summary>Opens state scopes, and holds nothing itself.</summary>
public interface IStateSandbox : IIsolationAxis
{
    /// <summary>Opens the state of one worker, whole or not at all.</summary>
    /// <param name="request">For which attempt, around which workspace.</param>
    /// <param name="cancellationToken">Ends the work and rolls it back.</param>
    ValueTask<IStateScope> OpenAsync(StateRequest request, CancellationToken cancellationToken = default);

    /// <summary>Finds a scope again from its lease, to end its processes and remove its folders.</summary>
    /// <param name="record">The lease.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The scope; <see langword="null"/> when the record notes none of this sandbox's or nothing is left of it.</returns>
    ValueTask<IStateScope?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default);

    /// <summary>Says why no scope could start a program.</summary>
    /// <param name="command">The program's file.</param>
    /// <returns><see langword="null"/> when one can, or when only the scope will tell.</returns>
    IsolationFault? FindMissing(string command) => null;
}

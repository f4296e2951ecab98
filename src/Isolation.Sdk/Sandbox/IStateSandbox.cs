using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Sandbox;

/// <summary>Opens state scopes. It holds nothing itself.</summary>
public interface IStateSandbox : IIsolationAxis
{
    /// <summary>Opens the state of one worker, completely or not at all.</summary>
    /// <param name="request">The attempt and its workspace.</param>
    /// <param name="cancellationToken">A token to cancel the operation and roll it back.</param>
    ValueTask<IStateScope> OpenAsync(StateRequest request, CancellationToken cancellationToken = default);

    /// <summary>Finds a scope again from its lease, to end its processes and remove its folders.</summary>
    /// <param name="record">The lease.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <returns>The scope; <see langword="null"/> if the record notes none of this sandbox or nothing is left of
    /// it.</returns>
    ValueTask<IStateScope?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default);

    /// <summary>Finds out why no scope could start a program, before there is a scope. A decorator should ask the
    /// sandbox it wraps.</summary>
    /// <param name="program">The program: a path, or a name that is looked up in the workers' PATH.</param>
    /// <returns>The fault; <see langword="null"/> if a scope can start it, or if only the scope can tell.</returns>
    IsolationFault? FindMissing(string program) => null;

    /// <summary>What all scopes of this sandbox have in common, as one text without the values of secrets: it changes
    /// when commands could see a difference. <see langword="null"/> if unknown. A decorator should ask the sandbox it
    /// wraps.</summary>
    string? Fingerprint => null;
}

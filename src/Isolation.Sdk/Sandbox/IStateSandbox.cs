using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Sandbox;

/// <summary>Opens state scopes. It holds nothing itself.</summary>
public interface IStateSandbox : IIsolationAxis
{
    /// <summary>Opens the state of one worker, completely or not at all.</summary>
    ValueTask<IStateScope> OpenAsync(StateRequest request, CancellationToken cancellationToken = default);

    /// <summary>Finds a scope again from its lease, to end its processes and remove its folders.</summary>
    /// <returns>
    /// The scope; <see langword="null"/> if the record notes none of this sandbox or nothing is left of it.
    /// </returns>
    ValueTask<IStateScope?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default);

    /// <summary>
    /// Finds out why no scope could start a program, before there is a scope. A decorator should ask the sandbox it
    /// wraps.
    /// </summary>
    /// <returns>The fault; <see langword="null"/> if a scope can start it, or if only the scope can tell.</returns>
    IsolationFault? FindMissing(string program) => null;

    /// <summary>
    /// Looks for what leads a worker's programs into the canonical checkout instead of its workspace. A decorator
    /// should ask the sandbox it wraps.
    /// </summary>
    /// <param name="checkout">The checkout's top level.</param>
    /// <returns>What it is; <see langword="null"/> if there is nothing, or the sandbox does not know.</returns>
    IsolationFault? FindDetour(string checkout) => null;

    /// <summary>
    /// One text that changes when commands could see a difference between scopes, without secrets; <see
    /// langword="null"/> if unknown. A decorator should ask the sandbox it wraps.
    /// </summary>
    string? Fingerprint => null;
}

namespace Isolation.Sdk.Leases;

/// <summary>
/// Something that a worker holds. Disposing it means <see cref="ReleaseMode.KeepIfUnmerged"/>; a second release does
/// nothing.
/// </summary>
public interface IAttemptResource : IAsyncDisposable
{
    /// <summary>Ends the worker's hold on it.</summary>
    /// <param name="mode">What becomes of it.</param>
    /// <param name="cancellationToken">Ends the wait; what was begun is finished by a sweep.</param>
    ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default);
}

namespace Isolation.Sdk.Leases;

/// <summary>
/// Something a worker holds. Disposing it means <see cref="ReleaseMode.KeepIfUnmerged"/>; a second release does
/// nothing.
/// </summary>
public interface IAttemptResource : IAsyncDisposable
{
    /// <summary>Releases it. If that is cancelled, a sweep finishes it.</summary>
    ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default);
}

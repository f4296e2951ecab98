namespace Isolation.Sdk.Leases;

/// <summary>The record of what an attempt holds, alive while its lock is held.</summary>
public interface IAttemptLease
{
    /// <summary>The attempt that holds it.</summary>
    AttemptId Attempt { get; }

    /// <summary>Cancelled if the lease was lost to someone else: stop, and write nothing more.</summary>
    CancellationToken Lost { get; }

    /// <summary>
    /// Notes something <em>before</em> it is created, durably, so that a sweep finds it whatever happens next.
    /// </summary>
    /// <param name="key">What it is. A provider's keys start with its own word, as in <c>workspace.path</c>.</param>
    /// <param name="value">Where it is.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    ValueTask NoteAsync(string key, string value, CancellationToken cancellationToken = default);
}

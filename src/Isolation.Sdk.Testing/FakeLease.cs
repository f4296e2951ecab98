using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Testing;

/// <summary>A lease in memory, for providers that are used or tested outside a pipeline.</summary>
public sealed class FakeLease : IAttemptLease, IDisposable
{
    private readonly CancellationTokenSource _lost = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, string> _notes = new(StringComparer.Ordinal);

    /// <summary>Creates a lease.</summary>
    /// <param name="attempt">The attempt that holds it.</param>
    public FakeLease(AttemptId attempt) => Attempt = attempt;

    /// <summary>Creates a lease for the first attempt at an item.</summary>
    /// <param name="item">The item's id.</param>
    public FakeLease(string item)
        : this(new AttemptId(item, 1)) { }

    /// <inheritdoc/>
    public AttemptId Attempt { get; }

    /// <inheritdoc/>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Called with key and value at every note, before it is kept: throw or cancel here to end an acquire
    /// half-way.</summary>
    public Action<string, string>? OnNote { get; init; }

    /// <summary>A copy of what was noted so far.</summary>
    public IReadOnlyDictionary<string, string> Notes
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<string, string>(_notes, StringComparer.Ordinal);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask NoteAsync(string key, string value, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        OnNote?.Invoke(key, value);
        lock (_gate)
        {
            _notes[key] = value;
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>The lease as a sweep would find it on disk, if this process died now.</summary>
    /// <param name="repository">The repository.</param>
    public LeaseRecord ToRecord(RepositoryRef repository) => new(Attempt, repository, Notes);

    /// <summary>The lease is lost to someone else.</summary>
    public void Lose() => _lost.Cancel();

    /// <inheritdoc/>
    public void Dispose() => _lost.Dispose();
}

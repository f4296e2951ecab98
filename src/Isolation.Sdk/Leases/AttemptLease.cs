using Isolation.Sdk.IO;

namespace Isolation.Sdk.Leases;

internal sealed class AttemptLease : IAttemptLease, IDisposable
{
    private readonly LeaseStore _store;
    private readonly OsFileLock _lock;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _lost = new();
    private bool _ended;

    public AttemptLease(LeaseStore store, OsFileLock held, LeaseRecord record)
    {
        _store = store;
        _lock = held;
        Record = record;
        store.Save(record);
    }

    public AttemptId Attempt => Record.Attempt;

    public CancellationToken Lost => _lost.Token;

    public LeaseRecord Record { get; private set; }

    public ValueTask NoteAsync(string key, string value, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            Record = Record with { Notes = new Dictionary<string, string>(Record.Notes) { [key] = value } };
            _store.Save(Record);
        }

        return ValueTask.CompletedTask;
    }

    public void MarkLost() => _lost.Cancel();

    public void Complete()
    {
        lock (_gate)
        {
            if (!_ended)
            {
                _ended = true;
                _store.Delete(Attempt);
                _lock.Dispose();
            }
        }
    }

    // Leaves the record, for a sweep or for someone to look at.
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_ended)
            {
                _ended = true;
                _lock.Dispose();
            }
        }

        _lost.Dispose();
    }
}

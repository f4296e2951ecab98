using Isolation.Sdk.IO;

namespace Isolation.Sdk.Leases;

internal sealed class AttemptLease : IAttemptLease, IDisposable
{
    private readonly LeaseStore _store;
    private readonly OsFileLock _lock;
    private readonly Lock _gate = new();
    private bool _ended;

    public AttemptLease(LeaseStore store, OsFileLock held, LeaseRecord record)
    {
        _store = store;
        _lock = held;
        Record = record;
        store.Save(record);
    }

    public AttemptId Attempt => Record.Attempt;

    // The operating system takes a lock from nobody.
    public CancellationToken Lost => CancellationToken.None;

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

    public void Complete() => End(keepsRecord: false);

    // Leaves the record, for a sweep or for someone to look at.
    public void Dispose() => End(keepsRecord: true);

    private void End(bool keepsRecord)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            if (!keepsRecord)
            {
                _store.Delete(Attempt);
            }

            _lock.Dispose();
        }
    }
}

using System.Diagnostics;
using System.Text.Json;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Leases;

// JSON beside an OS-locked file.
internal sealed class LeaseStore(string commonDirectory, RepositoryRef repository, TimeProvider time)
{
    private readonly string _folder = Path.Combine(commonDirectory, "isolation", "leases");

    public AttemptLease Create(AttemptId attempt)
    {
        OsFileLock held = OsFileLock.TryAcquire(LockPath(attempt)) ?? throw Taken(attempt);

        // What a dead holder of the same attempt noted stays noted: it may still be there.
        return new AttemptLease(
            this,
            held,
            new LeaseRecord(attempt, repository, Read(RecordPath(attempt))?.Notes ?? new Dictionary<string, string>())
            {
                Holder = CurrentHolder(),
            }
        );
    }

    // null while the holder lives.
    public AttemptLease? TryTakeOver(LeaseRecord record)
    {
        OsFileLock? held = OsFileLock.TryAcquire(LockPath(record.Attempt));
        if (held is null)
        {
            return null;
        }

        LeaseRecord? now = Read(RecordPath(record.Attempt));
        if (now is null)
        {
            File.Delete(LockPath(record.Attempt));
            held.Dispose();
            return null;
        }

        return new AttemptLease(this, held, now);
    }

    public IReadOnlyList<LeaseRecord> List() =>
        !Directory.Exists(_folder)
            ? []
            :
            [
                .. Directory
                    .EnumerateFiles(_folder, "*.json")
                    .Order(StringComparer.Ordinal)
                    .Select(Read)
                    .OfType<LeaseRecord>(),
            ];

    public bool IsAlive(AttemptId attempt) => OsFileLock.IsHeld(LockPath(attempt));

    internal void Save(LeaseRecord record) =>
        AtomicFile.Write(
            RecordPath(record.Attempt),
            JsonSerializer.SerializeToUtf8Bytes(record, LeaseJson.Default.LeaseRecord)
        );

    internal void Delete(AttemptId attempt)
    {
        File.Delete(RecordPath(attempt));
        File.Delete(LockPath(attempt));
    }

    private static LeaseRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), LeaseJson.Default.LeaseRecord);
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IsolationException Taken(AttemptId attempt) =>
        new(
            LeaseCodes.Held,
            $"Attempt {attempt} is held by another process.",
            "Wait for it to end, or start a new attempt."
        )
        {
            Attempt = attempt,
        };

    private LeaseHolder CurrentHolder()
    {
        using Process me = Process.GetCurrentProcess();
        const string BootIdFile = "/proc/sys/kernel/random/boot_id";
        string boot = File.Exists(BootIdFile) ? File.ReadAllText(BootIdFile).Trim() : "";
        return new LeaseHolder(
            Environment.ProcessId,
            new DateTimeOffset(me.StartTime),
            boot,
            Environment.MachineName,
            time.GetUtcNow()
        );
    }

    private string RecordPath(AttemptId attempt) => Path.Combine(_folder, $"{AttemptNames.FileName(attempt)}.json");

    private string LockPath(AttemptId attempt) => Path.Combine(_folder, $"{AttemptNames.FileName(attempt)}.lock");
}

using Isolation.Sdk.Git;
using Isolation.Sdk.Merging;

namespace Isolation.Sdk.Guard;

/// <summary>Watches the canonical checkout. A status costs a process, a look at its files' times does not.</summary>
internal sealed class CheckoutMonitor(GitRepository repository, string top, string landingNote, TimeProvider time)
{
    private const int MaxScans = 100;
    private static readonly TimeSpan ScanInterval = TimeSpan.FromMilliseconds(20);
    private volatile string[] _landingNotes = [landingNote];
    private string? _baseline;
    private FileInfo[] _watched = [];
    private long _signature;

    // A file that another queue leaves while it moves the checkout along.
    public void AddTarget(string targetRef) =>
        _landingNotes = [.. _landingNotes, new QueueLayout(repository, targetRef).Checkout];

    public async Task<IReadOnlyList<string>> ScanAsync(CancellationToken cancellationToken)
    {
        if (_baseline is not null && Signature() == _signature)
        {
            return [];
        }

        for (int look = 1; ; look++)
        {
            string status = await StatusAsync(cancellationToken).ConfigureAwait(false);
            string[] old = (_baseline ?? status).Split('\0'),
                now = status.Split('\0');
            string[] changed = [.. now.Except(old).Concat(old.Except(now)).Select(PathOf).Distinct()];

            // The queue may be moving this checkout along: that is over soon, and leaves nothing.
            if (changed.Length == 0 || (look > 1 && !_landingNotes.Any(File.Exists)) || look == MaxScans)
            {
                _baseline = status;
                return changed;
            }

            await Task.Delay(ScanInterval, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<string> StatusAsync(CancellationToken cancellationToken)
    {
        string status = (
            await repository
                .Client.RunAsync(
                    GitCommand.In(top, "status", "--porcelain=v2", "-z", "--untracked-files=all"),
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).Output;
        await ReadTrackedAsync(cancellationToken).ConfigureAwait(false);
        _signature = Signature();
        return status;
    }

    // "1 .M N... 100644 100644 100644 <id> <id> <path>" and "? <path>": the path comes last.
    private static string PathOf(string entry) =>
        entry.Length == 0 ? entry
        : entry[0] is '?' or '!' ? entry[2..]
        : entry.Split(' ', 9)[^1];

    private async Task ReadTrackedAsync(CancellationToken cancellationToken)
    {
        GitResult tracked = await repository
            .Client.RunAsync(GitCommand.In(top, "ls-files", "-z"), cancellationToken)
            .ConfigureAwait(false);
        IEnumerable<string> files = tracked.Fields.Select(f => Path.Combine(top, f));
        _watched =
        [
            .. files
                .Concat(files.Select(f => Path.GetDirectoryName(f)!))
                .Append(top)
                .Append(Path.Combine(repository.GitDirectory, "index"))
                .Distinct()
                .Select(p => new FileInfo(p)),
        ];
    }

    private long Signature()
    {
        HashCode hash = default;
        foreach (FileInfo file in _watched)
        {
            file.Refresh();
            hash.Add(file.LastWriteTimeUtc.Ticks);
            hash.Add(file.Exists ? file.Length : -1);
        }

        return hash.ToHashCode();
    }
}

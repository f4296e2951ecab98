using Isolation.Sdk.Git;

namespace Isolation.Sdk.Pipeline.Inspection;

/// <summary>Watches the files of the canonical checkout. Git is asked only when a file or folder it tracks looks different from before: a status costs a process, a look does not.</summary>
internal sealed class CheckoutWatch(GitRepository repository, string top)
{
    private string? _status;
    private string[] _watched = [];
    private long _signature;

    /// <summary>What changed since the last look; empty when nothing did, and on the first look.</summary>
    public async Task<IReadOnlyList<string>> LookAsync(CancellationToken cancellationToken)
    {
        long signature = Signature();
        if (_status is not null && signature == _signature)
        {
            return [];
        }

        string before = _status ?? "";
        bool first = _status is null;
        _status = (await repository.Client.RunAsync(GitCommand.In(top, "status", "--porcelain=v2", "-z", "--untracked-files=all"), cancellationToken).ConfigureAwait(false)).Output;
        await ReadTrackedAsync(cancellationToken).ConfigureAwait(false);
        _signature = Signature();
        string[] old = before.Split('\0'), now = _status.Split('\0');
        return first ? [] : [.. now.Except(old, StringComparer.Ordinal).Concat(old.Except(now, StringComparer.Ordinal)).Select(Path).Distinct(StringComparer.Ordinal)];
    }

    // "1 .M N... 100644 100644 100644 <id> <id> <path>" and "? <path>": the path comes last.
    private static string Path(string entry) => entry.Length == 0 ? entry : entry[0] is '?' or '!' ? entry[2..] : entry.Split(' ', 9)[^1];

    private async Task ReadTrackedAsync(CancellationToken cancellationToken)
    {
        GitResult tracked = await repository.Client.RunAsync(GitCommand.In(top, "ls-files", "-z"), cancellationToken).ConfigureAwait(false);
        IEnumerable<string> files = tracked.Fields.Select(f => System.IO.Path.Combine(top, f));
        _watched = [.. files.Concat(files.Select(f => System.IO.Path.GetDirectoryName(f)!)).Append(top).Distinct(StringComparer.Ordinal)];
    }

    private long Signature()
    {
        HashCode hash = default;
        foreach (string path in _watched)
        {
            FileInfo file = new(path);
            hash.Add(file.LastWriteTimeUtc.Ticks);
            hash.Add(file.Exists ? file.Length : -1);
        }

        return hash.ToHashCode();
    }
}

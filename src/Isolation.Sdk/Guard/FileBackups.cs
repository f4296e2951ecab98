using System.Text;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Guard;

/// <summary>
/// Puts files back as git writes its own: under a lock that keeps other gits out, whole or not at all.
/// </summary>
internal sealed class FileBackups(string commonDirectory)
{
    public const string ChangedAgain = "not put back: it changed again";
    private const long MaxBytes = 1 << 20;
    private readonly Dictionary<string, (string Fact, byte[] Content)> _kept = new();

    public void Save(IEnumerable<KeyValuePair<string, string>> files)
    {
        foreach ((string name, string fact) in files)
        {
            if (_kept.GetValueOrDefault(name).Fact != fact && Read(name, fact) is { } content)
            {
                _kept[name] = (fact, content);
            }
        }
    }

    // What changed in the file, if both what it was and what it is can be read.
    public IReadOnlyList<SharedStateChange> Explain(SharedStateChange change)
    {
        (string Fact, byte[] Content) kept = _kept.GetValueOrDefault(change.What);
        byte[]? before =
            change.Before is null ? []
            : kept.Fact == change.Before ? kept.Content
            : null;
        byte[]? after = change.After is null ? [] : Read(change.What, change.After);
        return before is null || after is null || before.Contains((byte)0) || after.Contains((byte)0)
            ? [change]
            : ChangedSettings.Of(change, Encoding.UTF8.GetString(before), Encoding.UTF8.GetString(after));
    }

    public string Restore(SharedStateChange change)
    {
        string path = Path.Combine(commonDirectory, change.What);
        (string Fact, byte[] Content) kept = _kept.GetValueOrDefault(change.What);
        if (change.Before is not null && kept.Fact != change.Before)
        {
            return "not put back: there is no copy";
        }

        string folder = Path.GetDirectoryName(path)!;
        if (RealPath.Of(folder) != Path.Combine(RealPath.Of(commonDirectory), Path.GetDirectoryName(change.What)!))
        {
            return "not put back: its folder is behind a link";
        }

        Directory.CreateDirectory(folder);
        string locked = path + ".lock";
        using (FileStream fresh = new(locked, FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            fresh.Write(kept.Content ?? []);
            fresh.Flush(flushToDisk: true);
        }

        try
        {
            return Replace(change, path, locked);
        }
        finally
        {
            File.Delete(locked);
        }
    }

    private byte[]? Read(string name, string fact)
    {
        string path = Path.Combine(commonDirectory, name);
        if (new FileInfo(path) is not { Exists: true, LinkTarget: null, Length: <= MaxBytes } file)
        {
            return null;
        }

        byte[] content = file.Length == 0 ? [] : File.ReadAllBytes(path);
        return fact.Split(' ')[0] == FileFingerprint.OfContent(content) ? content : null;
    }

    private static string Replace(SharedStateChange change, string path, string locked)
    {
        if (
            FileFingerprint.Of(
                path,
                withMode: change.What.StartsWith(RepositorySnapshotReader.Hooks, StringComparison.Ordinal)
            ) != change.After
        )
        {
            return ChangedAgain;
        }

        if (change.Before?.Split(' ') is [_, { } mode] && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(locked, (UnixFileMode)Convert.ToInt32(mode, 8));
        }

        if (Directory.Exists(path) && new FileInfo(path).LinkTarget is null)
        {
            return "not put back: it is a directory now";
        }

        if (change.Before is null)
        {
            File.Delete(path);
        }
        else
        {
            File.Move(locked, path, overwrite: true);
        }

        return "put back";
    }
}

namespace Isolation.Sdk.Guard;

/// <summary>Every git command has a lock for a moment. What stays, with no git about, was left behind.</summary>
internal sealed class StaleLockDetector(Func<string, string?> read, params IReadOnlyList<string> folders)
{
    // Half a second at least, and six at most while a git process is about.
    private const int MinScans = 25,
        MaxScans = 300;
    private static readonly TimeSpan ScanInterval = TimeSpan.FromMilliseconds(20);

    public async Task<IReadOnlyDictionary<string, string>> FindAsync(
        Dictionary<string, string> left,
        CancellationToken cancellationToken
    )
    {
        for (int scan = 1; left.Count > 0 && scan <= MaxScans; scan++)
        {
            // Hardly any lock is there for longer. Other processes live by the real clock, whatever the host was given.
            TimeSpan pause = scan < 5 ? TimeSpan.FromMilliseconds(scan) : ScanInterval;
            await Task.Delay(pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            left = left.Where(l => read(l.Key) == l.Value).ToDictionary();
            if (scan >= MinScans && scan % 5 == 0 && left.Count > 0 && !IsGitRunning())
            {
                return left;
            }
        }

        return new Dictionary<string, string>();
    }

    // Known on Linux only; elsewhere time alone decides.
    private bool IsGitRunning() => OperatingSystem.IsLinux() && Directory.EnumerateDirectories("/proc").Any(IsGitHere);

    private bool IsGitHere(string process)
    {
        if (!char.IsAsciiDigit(Path.GetFileName(process)[0]))
        {
            return false;
        }

        try
        {
            return File.ReadAllText(Path.Combine(process, "comm")).StartsWith("git", StringComparison.Ordinal)
                && (
                    IsBelow(new FileInfo(Path.Combine(process, "cwd")).LinkTarget)
                    || folders.Any(File.ReadAllText(Path.Combine(process, "cmdline")).Contains)
                );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // It has ended, or is not this user's.
        }
    }

    private bool IsBelow(string? path) => folders.Any(f => $"{path}/".StartsWith($"{f}/", StringComparison.Ordinal));
}

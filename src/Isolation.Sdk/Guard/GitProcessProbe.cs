namespace Isolation.Sdk.Guard;

/// <summary>Known on Linux only; elsewhere time alone decides.</summary>
internal sealed class GitProcessProbe(IReadOnlyList<string> folders)
{
    public bool AnyRunning() => OperatingSystem.IsLinux() && Directory.EnumerateDirectories("/proc").Any(IsGitHere);

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

    private bool IsBelow(string? path) =>
        path is not null && folders.Any(f => $"{path}/".StartsWith($"{f}/", StringComparison.Ordinal));
}

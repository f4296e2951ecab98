namespace Isolation.Sdk.Git;

// As the file system at hand is, whatever another one left in the config: a clone that was made there and copied.
internal static class FileSystemSettings
{
    private static readonly string[] Names =
    [
        "core.ignoreCase",
        "core.fileMode",
        "core.symlinks",
        "core.trustctime",
        "core.checkStat",
        "core.precomposeUnicode",
    ];

    public static bool Contains(string key) => Names.Contains(key, StringComparer.OrdinalIgnoreCase);

    public static IEnumerable<KeyValuePair<string, string>> Read(string gitDirectory)
    {
        yield return new("core.ignoreCase", File.Exists(Path.Combine(gitDirectory, "hEAD")) ? "true" : "false");
        yield return new("core.trustctime", "true");
        yield return new("core.checkStat", "default");
        yield return new("core.precomposeUnicode", OperatingSystem.IsMacOS() ? "true" : "false");
        if (!OperatingSystem.IsWindows())
        {
            // Where there are no modes, every file may be executed.
            bool hasModes = !File.GetUnixFileMode(Path.Combine(gitDirectory, "HEAD")).HasFlag(UnixFileMode.UserExecute);
            yield return new("core.fileMode", hasModes ? "true" : "false");
            if (hasModes)
            {
                yield return new("core.symlinks", "true");
            }
        }
    }
}

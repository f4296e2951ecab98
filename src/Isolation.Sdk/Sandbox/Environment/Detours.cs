using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

// Whoever finds its programs and packages by PATH can be led out of its workspace, into the canonical checkout: then it
// tests what is there, and not its own files.
internal static class Detours
{
    private const long MaxBytes = 4 << 20;

    // A place below the checkout is the same place below the workspace.
    public static string Relocate(string list, string checkout, string workspace) =>
        string.Join(
            Path.PathSeparator,
            list.Split(Path.PathSeparator).Select(p => FileSearch.Move(p, checkout, workspace))
        );

    // What cannot be moved along: packages outside of the checkout that lead into it.
    public static IsolationFault? Find(string searchPath, string checkout)
    {
        foreach (string folder in searchPath.Split(Path.PathSeparator).Where(Path.IsPathFullyQualified))
        {
            if (!FileSearch.Contains(checkout, folder) && FindIn(folder, checkout) is { } file)
            {
                return new IsolationFault(
                    SandboxCodes.Detour,
                    $"'{folder}' is on PATH, and its packages lead into '{checkout}' by '{file}': workers and gates "
                        + "would use the files there instead of their own.",
                    "Deactivate that environment and make one in each workspace with Setup, or accept it: "
                        + $".Waive(\"{SandboxCodes.Detour}\", \"why\")."
                );
            }
        }

        return null;
    }

    private static string? FindIn(string folder, string checkout)
    {
        try
        {
            string root = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folder)) ?? folder;
            return FindPython(root, checkout) ?? FindNode(Path.Combine(root, "lib", "node_modules"), checkout);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // What the host may not read, a worker may not either.
        }
    }

    // An editable install: https://packaging.python.org/en/latest/specifications/recording-installed-packages
    private static string? FindPython(string root, string checkout) =>
        File.Exists(Path.Combine(root, "pyvenv.cfg"))
            ? new[] { "lib", "Lib" }
                .Select(l => Path.Combine(root, l))
                .Where(Directory.Exists)
                .SelectMany(l => Directory.EnumerateDirectories(l, "python*").Append(l))
                .Select(p => Path.Combine(p, "site-packages"))
                .Where(Directory.Exists)
                .SelectMany(s => Directory.EnumerateFiles(s))
                .FirstOrDefault(f =>
                    (
                        Path.GetExtension(f) is ".pth" or ".egg-link"
                        || Path.GetFileName(f).StartsWith("__editable__", StringComparison.Ordinal)
                    )
                    && new FileInfo(f).Length < MaxBytes
                    && Names(File.ReadAllText(f), checkout)
                )
            : null;

    // npm link
    private static string? FindNode(string modules, string checkout) =>
        Directory.Exists(modules)
            ? Directory
                .EnumerateDirectories(modules, "@*")
                .SelectMany(Directory.EnumerateFileSystemEntries)
                .Concat(Directory.EnumerateFileSystemEntries(modules))
                .FirstOrDefault(l =>
                    new FileInfo(l).LinkTarget is not null && FileSearch.Contains(RealPath.Of(checkout), RealPath.Of(l))
                )
            : null;

    private static bool Names(string text, string folder)
    {
        for (
            int at = text.IndexOf(folder, StringComparison.Ordinal);
            at >= 0;
            at = text.IndexOf(folder, at + 1, StringComparison.Ordinal)
        )
        {
            int end = at + folder.Length;
            if (end == text.Length || text[end] is '/' or '\\' or '\n' or '\r' or '"' or '\'')
            {
                return true;
            }
        }

        return false;
    }
}

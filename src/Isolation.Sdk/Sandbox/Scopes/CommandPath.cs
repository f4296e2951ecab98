using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

// As a shell would, but in the scope's own PATH and never in the current directory.
internal static class CommandPath
{
    private const UnixFileMode AnyExecute =
        UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static string Find(string file, string directory, IReadOnlyDictionary<string, string> environment) =>
        TryFind(file, directory, environment, out IsolationFault? missing) ?? throw new IsolationException(missing!);

    public static string? TryFind(
        string file,
        string directory,
        IReadOnlyDictionary<string, string> environment,
        out IsolationFault? missing
    )
    {
        string? found;
        string why;
        if (file.Contains(Path.DirectorySeparatorChar) || file.Contains(Path.AltDirectorySeparatorChar))
        {
            string path = Path.GetFullPath(file, directory);
            (found, why) = (
                Candidates(path, environment).FirstOrDefault(IsProgram),
                $"there is no program at '{PlainText.SingleLine(path, 200)}'"
            );
        }
        else
        {
            string search = environment.GetValueOrDefault("PATH", "");
            found = search
                .Split(Path.PathSeparator)
                .Where(Path.IsPathFullyQualified)
                .SelectMany(folder => Candidates(Path.Combine(folder, file), environment))
                .FirstOrDefault(IsProgram);
            why = $"it is in no folder of the worker's PATH ({search})";
        }

        missing = found is null
            ? new IsolationFault(
                SandboxCodes.CommandNotFound,
                $"The command '{PlainText.SingleLine(file, 200)}' was not found: {why}.",
                "Install it, give its full path, or set PATH in the state's options."
            )
            : null;
        return found;
    }

    private static IEnumerable<string> Candidates(string path, IReadOnlyDictionary<string, string> environment) =>
        OperatingSystem.IsWindows() && !Path.HasExtension(path)
            ? environment
                .GetValueOrDefault("PATHEXT", ".COM;.EXE;.BAT;.CMD")
                .Split(';')
                .Select(extension => path + extension)
            : [path];

    private static bool IsProgram(string path) =>
        File.Exists(path)
        && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & AnyExecute) != UnixFileMode.None);
}

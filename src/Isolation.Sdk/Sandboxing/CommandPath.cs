namespace Isolation.Sdk.Sandboxing;

/// <summary>Finds a program the way a shell would, but in the scope's own PATH and never in the current directory.</summary>
internal static class CommandPath
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static string Find(string file, string directory, IReadOnlyDictionary<string, string> environment)
    {
        if (file.Contains(Path.DirectorySeparatorChar) || file.Contains(Path.AltDirectorySeparatorChar))
        {
            string path = Path.GetFullPath(file, directory);
            return Candidates(path, environment).FirstOrDefault(IsProgram) ?? throw Missing(file, $"there is no program at '{path}'");
        }

        string search = environment.GetValueOrDefault("PATH", "");
        return search.Split(Path.PathSeparator)
            .Where(Path.IsPathFullyQualified)
            .SelectMany(folder => Candidates(Path.Combine(folder, file), environment))
            .FirstOrDefault(IsProgram) ?? throw Missing(file, $"it is in no folder of the worker's PATH ({search})");
    }

    private static IEnumerable<string> Candidates(string path, IReadOnlyDictionary<string, string> environment) => OperatingSystem.IsWindows() && !Path.HasExtension(path)
        ? environment.GetValueOrDefault("PATHEXT", ".COM;.EXE;.BAT;.CMD").Split(';').Select(extension => path + extension)
        : [path];

    private static bool IsProgram(string path) => File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & AnyExecute) != 0);

    private static IsolationException Missing(string file, string why) => new(SandboxingCodes.CommandNotFound, $"The command '{file}' was not found: {why}.", "Install it, give its full path, or set PATH in the state's options.");
}

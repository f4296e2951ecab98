using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

/// <summary>The paths that options let workers read.</summary>
internal static class ReadablePaths
{
    public static IEnumerable<string> Of(ProcessSandboxOptions options, HostVariables host) =>
        options.Readable.Select(path => Resolve(path, host.Home)).OfType<string>();

    public static IEnumerable<IsolationFault> Faults(ProcessSandboxOptions options, HostVariables host)
    {
        foreach (string path in options.Readable)
        {
            if (Resolve(path, host.Home) is null)
            {
                yield return new IsolationFault(
                    SandboxCodes.BadReadPath,
                    $"'{path}' cannot be read by workers: it is no absolute path of something that exists.",
                    "Give the full path of a file or folder below /, or one below the host's home as in \"~/.rustup\"."
                );
            }
        }

        foreach (int port in options.Network.Ports.Where(port => port is < 1 or > 65535))
        {
            yield return new IsolationFault(
                SandboxCodes.BadName,
                $"{port} is no TCP port.",
                "Give a number from 1 to 65535."
            );
        }
    }

    /// <summary>Refuses to keep workers where all of them may read.</summary>
    public static void ThrowIfExposed(string folder, IEnumerable<string> read)
    {
        if (AccessScope.Exposing(folder, read) is { } open)
        {
            throw new IsolationException(
                SandboxCodes.WorkersExposed,
                $"Workers would live in '{folder}', and every worker may read '{open}'.",
                "Put the workers elsewhere (UseWorkersDirectory), or take that folder out of AllowRead and PATH."
            );
        }
    }

    private static string? Resolve(string path, string? home)
    {
        string full =
            home is not null && path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(home, path[2..]) : path;
        return
            Path.IsPathFullyQualified(full)
            && Path.TrimEndingDirectorySeparator(Path.GetFullPath(full)) is { Length: > 1 } found
            && Path.Exists(found)
            ? found
            : null;
    }
}

using System.Diagnostics;

namespace Isolation.Sdk.Testing;

/// <summary>Plain git, free of the host's config and of the caller's <c>GIT_*</c> variables.</summary>
internal static class PlainGit
{
    private static string Nothing => OperatingSystem.IsWindows() ? "NUL" : "/dev/null";

    public static async Task<string> RunAsync(
        string directory,
        IReadOnlyList<string> arguments,
        CancellationToken cancellationToken,
        params (string Name, string Value)[] environment
    )
    {
        ProcessStartInfo start = new("git", arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (
            string name in start
                .Environment.Keys.Where(k => k.StartsWith("GIT_", StringComparison.OrdinalIgnoreCase))
                .ToArray()
        )
        {
            start.Environment.Remove(name);
        }

        (string, string)[] pinned =
        [
            ("LC_ALL", "C"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", Nothing),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_AUTHOR_NAME", "Test"),
            ("GIT_AUTHOR_EMAIL", "test@localhost"),
            ("GIT_COMMITTER_NAME", "Test"),
            ("GIT_COMMITTER_EMAIL", "test@localhost"),
        ];
        foreach ((string name, string value) in pinned.Concat(environment))
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return process.ExitCode == 0
            ? (await output.ConfigureAwait(false)).TrimEnd('\n')
            : throw new InvalidOperationException(
                $"git {string.Join(' ', arguments)}: {process.ExitCode}: {await error.ConfigureAwait(false)}"
            );
    }

    /// <summary>Config that keeps the repository's hooks and watchers out of a command.</summary>
    public static string[] NoHooks =>
        ["-c", $"core.hooksPath={Nothing}", "-c", "core.fsmonitor=false", "-c", "gc.auto=0"];
}

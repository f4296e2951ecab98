using System.Diagnostics;

namespace Quickstart;

/// <summary>Plain git for what the demo itself does: nothing of the caller's config, identity or <c>GIT_*</c> variables
/// gets in.</summary>
internal static class Git
{
    private static readonly string Nothing = OperatingSystem.IsWindows() ? "NUL" : "/dev/null";

    /// <returns>What git said, without the line break at its end.</returns>
    public static async Task<string> RunAsync(
        string folder,
        CancellationToken cancellationToken,
        params string[] arguments
    )
    {
        (int code, string output, string error) = await TryAsync(folder, Pin, cancellationToken, arguments);
        return code == 0
            ? output
            : throw new InvalidOperationException($"git {string.Join(' ', arguments)} ended with {code}: {error}");
    }

    /// <summary>Whether git ends with 0.</summary>
    public static async Task<bool> SaysAsync(
        string folder,
        CancellationToken cancellationToken,
        params string[] arguments
    ) => (await TryAsync(folder, Pin, cancellationToken, arguments)).Code == 0;

    /// <summary>Git as a worker uses it: with the environment that the worker was given, and no other.</summary>
    public static async Task<string> AsWorkerAsync(
        string folder,
        CancellationToken cancellationToken,
        params string[] arguments
    )
    {
        (int code, string output, string error) = await TryAsync(folder, static _ => { }, cancellationToken, arguments);
        return code == 0
            ? output
            : throw new InvalidOperationException($"git {string.Join(' ', arguments)} ended with {code}: {error}");
    }

    private static void Pin(IDictionary<string, string?> environment)
    {
        foreach (
            string name in environment
                .Keys.Where(k => k.StartsWith("GIT_", StringComparison.OrdinalIgnoreCase))
                .ToArray()
        )
        {
            environment.Remove(name);
        }

        (
            environment["GIT_CONFIG_NOSYSTEM"],
            environment["GIT_CONFIG_GLOBAL"],
            environment["GIT_TERMINAL_PROMPT"],
            environment["LC_ALL"]
        ) = ("1", Nothing, "0", "C");
        (environment["GIT_AUTHOR_NAME"], environment["GIT_AUTHOR_EMAIL"]) = ("Quickstart", "quickstart@localhost");
        (environment["GIT_COMMITTER_NAME"], environment["GIT_COMMITTER_EMAIL"]) = (
            "Quickstart",
            "quickstart@localhost"
        );
    }

    private static async Task<(int Code, string Output, string Error)> TryAsync(
        string folder,
        Action<IDictionary<string, string?>> environment,
        CancellationToken cancellationToken,
        string[] arguments
    )
    {
        ProcessStartInfo start = new("git", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        environment(start.Environment);
        using Process git = Process.Start(start)!;
        git.StandardInput.Close();
        Task<string> output = git.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> error = git.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await git.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            git.Kill(entireProcessTree: true);
            throw;
        }

        return (git.ExitCode, (await output).TrimEnd('\n', '\r'), (await error).Trim());
    }
}

using System.Diagnostics;
using System.Text;

namespace Isolation.Sdk.Benchmarks.Replay;

/// <summary>Git as anybody has it, free of the host's config, hooks and variables; none of the library's settings
/// either, for it is the measure.</summary>
internal static class PlainGit
{
    private static readonly (string Name, string Value)[] Pinned =
    [
        ("LC_ALL", "C"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_ATTR_NOSYSTEM", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
        ("GIT_AUTHOR_NAME", "replay"),
        ("GIT_AUTHOR_EMAIL", "replay@localhost"),
        ("GIT_COMMITTER_NAME", "replay"),
        ("GIT_COMMITTER_EMAIL", "replay@localhost"),
    ];

    public static async Task<(int Code, string Output, string Error)> TryAsync(
        string directory,
        params string[] arguments
    )
    {
        ProcessStartInfo start = new("git", arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = new UTF8Encoding(false),
            StandardErrorEncoding = new UTF8Encoding(false),
        };
        string path = start.Environment["PATH"]!;
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        foreach ((string name, string value) in Pinned)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    public static async Task<string> RunAsync(string directory, params string[] arguments)
    {
        (int code, string output, string error) = await TryAsync(directory, arguments);
        return code == 0
            ? output
            : throw new InvalidOperationException($"git {string.Join(' ', arguments)} ended with {code}: {error}");
    }
}

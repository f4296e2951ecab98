using System.Diagnostics;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>Scripts, with nothing of the host's environment but its PATH.</summary>
internal static class Shell
{
    public static async Task<string> RunAsync(string directory, string script, params string[] arguments)
    {
        ProcessStartInfo start = new("sh", ["-c", script, "sh", .. arguments])
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string path = Environment.GetEnvironmentVariable("PATH")!;
        start.Environment.Clear();
        foreach (
            (string name, string value) in new[]
            {
                ("PATH", path),
                ("LC_ALL", "C"),
                ("HOME", "/nonexistent"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_AUTHOR_NAME", "W"),
                ("GIT_AUTHOR_EMAIL", "w@w"),
                ("GIT_COMMITTER_NAME", "W"),
                ("GIT_COMMITTER_EMAIL", "w@w"),
            }
        )
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(10)); // A test has its own limit.
        await using CancellationTokenRegistration _ = limit.Token.Register(() => process.Kill(entireProcessTree: true));
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.False(limit.IsCancellationRequested, $"It never ended: {script}");
        return output + (process.ExitCode == 0 ? "" : $"\nexit {process.ExitCode}: {await error}");
    }
}

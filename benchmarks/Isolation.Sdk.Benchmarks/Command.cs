using System.Diagnostics;

namespace Isolation.Sdk.Benchmarks;

/// <summary>Runs a program that has to succeed.</summary>
internal static class Command
{
    public static async Task<string> RunAsync(string directory, string file, params string[] arguments)
    {
        using Process process = new()
        {
            StartInfo = new ProcessStartInfo(file, arguments)
            {
                WorkingDirectory = directory,
                RedirectStandardOutput = true,
            },
        };
        process.Start();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException(
                $"{file} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}"
            );
    }

    public static async Task<string> GitAsync(string directory, params string[] arguments) =>
        (await RunAsync(directory, "git", arguments)).Trim();
}

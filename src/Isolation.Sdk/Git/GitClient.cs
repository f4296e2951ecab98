using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Git;

/// <summary>Runs the git executable: argument lists, a pinned environment, no shell, no prompt.</summary>
internal sealed class GitClient(GitEnvironment environment)
{
    private static readonly Counter<long> Processes = new Meter("Isolation.Sdk").CreateCounter<long>(
        "isolation.git.processes",
        "{process}",
        "Git processes started by the library."
    );
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public GitEnvironment Environment { get; } = environment;

    private int _started;

    public int StartedProcesses => _started;

    public async Task<GitResult> RunAsync(GitCommand command, CancellationToken cancellationToken = default)
    {
        GitResult result = await TryRunAsync(command, cancellationToken).ConfigureAwait(false);
        return result.Ok ? result : throw Failed(command, result);
    }

    public async Task<GitResult> TryRunAsync(GitCommand command, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using Process process = new() { StartInfo = Describe(command) };
        try
        {
            process.Start();
        }
        catch (Win32Exception e) when (Directory.Exists(command.Directory))
        {
            throw new IsolationException(
                GitCodes.GitMissing,
                "The git executable was not found on PATH.",
                "Install git 2.39 or later and put it on PATH.",
                e
            );
        }
        catch (Win32Exception e)
        {
            throw new IsolationException(
                GitCodes.NotARepository,
                $"'{PlainText.SingleLine(command.Directory, 200)}' is not a directory that can be entered.",
                "Give the path of a git repository.",
                e
            );
        }

        Interlocked.Increment(ref _started);
        Processes.Add(1, new KeyValuePair<string, object?>("verb", command.Arguments[0]));
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await WriteInputAsync(process, command.Input, cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        return new GitResult(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
    }

    public static IsolationException Failed(GitCommand command, GitResult result)
    {
        string message = $"'git {command.Arguments[0]}' ended with {result.ExitCode}: {result.ErrorLine}";
        return result.Error.Contains(".lock': File exists")
            ? new IsolationException(
                GitCodes.Locked,
                message,
                "If no git process works in the repository any more, one that was killed left that file "
                    + "behind: delete it and try again."
            )
            : new IsolationException(GitCodes.CommandFailed, message, "Run it by hand in the repository to see more.");
    }

    private static async Task WriteInputAsync(Process process, string? input, CancellationToken cancellationToken)
    {
        try
        {
            if (input is not null)
            {
                await process
                    .StandardInput.BaseStream.WriteAsync(Utf8.GetBytes(input), cancellationToken)
                    .ConfigureAwait(false);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // Git ended before it read everything; its exit code says why.
        }
    }

    private ProcessStartInfo Describe(GitCommand command)
    {
        ProcessStartInfo start = new("git", command.Arguments)
        {
            WorkingDirectory = command.Directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Utf8,
            StandardErrorEncoding = Utf8,
            CreateNoWindow = true,
        };
        start.Environment.Clear();
        foreach ((string name, string value) in Environment.For(command.Remote).Concat(command.Environment))
        {
            start.Environment[name] = value;
        }

        foreach (string name in command.Unset)
        {
            start.Environment.Remove(name);
        }

        return start;
    }
}

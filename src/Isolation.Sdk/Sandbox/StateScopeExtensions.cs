using System.Text;

namespace Isolation.Sdk.Sandbox;

/// <summary>What every state scope can do beside starting a command.</summary>
public static class StateScopeExtensions
{
    /// <summary>The most characters kept of each stream: 4 Mi. What comes after is read and dropped.</summary>
    public const int MaxBufferedLength = 4 * 1024 * 1024;

    /// <summary>Runs a command to its end and returns what it said. Nothing it started outlives the call.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Ends the command with everything it started.</param>
    public static async Task<ExecResult> ExecAsync(
        this IStateScope scope,
        WorkerCommand command,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(scope);
        IWorkerProcess process = await scope.StartAsync(command, cancellationToken).ConfigureAwait(false);
        await using (process.ConfigureAwait(false))
        {
            Task<string> output = ReadAsync(process.Output);
            Task<string> error = ReadAsync(process.Error);
            try
            {
                await process.Exit.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                // Also after success: a grandchild that still holds the pipes must not outlive its command.
                await process.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
            }

            return new ExecResult(
                await process.Exit.ConfigureAwait(false),
                await output.ConfigureAwait(false),
                await error.ConfigureAwait(false)
            );
        }
    }

    private static async Task<string> ReadAsync(Stream stream)
    {
        using StreamReader reader = new(
            stream,
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            detectEncodingFromByteOrderMarks: false,
            bufferSize: 4096,
            leaveOpen: true
        );
        StringBuilder kept = new();
        char[] buffer = new char[4096];
        int read;
        while ((read = await reader.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            kept.Append(buffer, 0, Math.Min(read, MaxBufferedLength - kept.Length));
        }

        return kept.ToString();
    }
}

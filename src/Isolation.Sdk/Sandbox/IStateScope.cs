using System.Text;
using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Sandbox;

/// <summary>The environment, home, temp folder, configuration, caches, ports and processes of one worker.</summary>
public interface IStateScope : IAttemptResource
{
    /// <summary>What the scope holds.</summary>
    StateInfo Info { get; }

    /// <summary>
    /// Starts a command with this environment, its own session, no terminal and nothing inherited from the host.
    /// </summary>
    /// <exception cref="IsolationException">The command could not be started.</exception>
    ValueTask<IWorkerProcess> StartAsync(WorkerCommand command, CancellationToken cancellationToken = default);

    /// <summary>Runs a command to its end and returns what it wrote. Nothing it started outlives the call.</summary>
    async Task<ExecResult> ExecAsync(WorkerCommand command, CancellationToken cancellationToken = default)
    {
        IWorkerProcess process = await StartAsync(command, cancellationToken).ConfigureAwait(false);
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

            return await process.Exit.ConfigureAwait(false) with
            {
                Output = await output.ConfigureAwait(false),
                Error = await error.ConfigureAwait(false),
            };
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
            kept.Append(buffer, 0, Math.Min(read, ExecResult.MaxLength - kept.Length));
        }

        return kept.ToString();
    }
}

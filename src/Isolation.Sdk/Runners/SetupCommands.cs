using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Runners;

/// <summary>What prepares a fresh workspace: a worker's before its runner, a gate's before its first part.</summary>
internal sealed record SetupCommands(IReadOnlyList<WorkerCommand> Commands, TimeSpan Timeout, TimeProvider Time)
{
    // What failed, in a sentence; null when everything went well.
    public async Task<string?> RunAsync(
        IStateScope state,
        IReadOnlyDictionary<string, string> values,
        CancellationToken cancellationToken
    )
    {
        foreach (WorkerCommand command in Commands)
        {
            string Fill(string text) => PlaceholderTemplate.Fill(text, values, "A setup command");
            using CancellationTokenSource limit = new(Timeout, Time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
                cancellationToken,
                limit.Token
            );
            try
            {
                WorkerCommand filled = command with
                {
                    File = Fill(command.File),
                    Arguments = [.. command.Arguments.Select(Fill)],
                };
                ExecResult result = await state.ExecAsync(filled, either.Token).ConfigureAwait(false);
                if (result.ExitCode != 0)
                {
                    return $"The setup command '{command.File}' ended with exit code {OutputTail.Describe(result)}";
                }
            }
            catch (OperationCanceledException)
                when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return $"The setup command '{command.File}' took longer than {Timeout}";
            }
        }

        return null;
    }
}

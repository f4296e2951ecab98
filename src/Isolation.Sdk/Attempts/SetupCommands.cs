using Isolation.Sdk.Runners;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Attempts;

internal static class SetupCommands
{
    public static async Task RunAsync(
        WorkerPlan plan,
        IStateScope state,
        IReadOnlyDictionary<string, string> values,
        CancellationToken cancellationToken
    )
    {
        foreach (WorkerCommand command in plan.Setup)
        {
            string Fill(string text) => PlaceholderTemplate.Fill(text, values, "A setup command");
            using CancellationTokenSource limit = new(plan.Options.SetupTimeout, plan.Time);
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
                    throw Failed(command, $"ended with exit code {OutputTail.Describe(result)}");
                }
            }
            catch (OperationCanceledException)
                when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw Failed(command, $"took longer than {plan.Options.SetupTimeout}");
            }
        }
    }

    private static IsolationException Failed(WorkerCommand command, string what) =>
        new(
            AttemptCodes.SetupFailed,
            $"The setup command '{command.File}' {what}",
            "Run it by hand in a fresh checkout; SetupTimeout sets how long it may take."
        )
        {
            Stage = Stage.Setup,
        };
}

using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Attempts;

/// <summary>Runs the setup commands of a new workspace inside the worker's own state.</summary>
internal static class SetupCommands
{
    private const int Shown = 2000;

    public static async Task RunAsync(WorkerPlan plan, IStateScope state, CancellationToken cancellationToken)
    {
        foreach (WorkerCommand command in plan.Setup)
        {
            using CancellationTokenSource limit = new(plan.Options.SetupTimeout, plan.Time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
                cancellationToken,
                limit.Token
            );
            try
            {
                ExecResult result = await state.ExecAsync(command, either.Token).ConfigureAwait(false);
                if (result.ExitCode != 0)
                {
                    throw Failed(
                        command,
                        $"ended with {result.ExitCode}: {Tail(result.Error.Length > 0 ? result.Error : result.Output)}"
                    );
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
            PipelineCodes.SetupFailed,
            $"The setup command '{command.File}' {what}.",
            "Run it by hand in a fresh checkout; SetupTimeout sets how long it may take."
        )
        {
            Stage = Stage.Setup,
        };

    private static string Tail(string text) => text.Length > Shown ? text[^Shown..].Trim() : text.Trim();
}

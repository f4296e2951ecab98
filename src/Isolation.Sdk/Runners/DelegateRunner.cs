namespace Isolation.Sdk.Runners;

internal sealed class DelegateRunner(Func<IsolatedWorker, CancellationToken, Task<RunResult>> run) : IAgentRunner
{
    public Task<RunResult> RunAsync(IsolatedWorker worker, CancellationToken cancellationToken) =>
        run(worker, cancellationToken);

    public static RunResult ResultOf(ExecResult? result) =>
        result is null ? new RunResult.Failed("The runner returned nothing.")
        : result.ExitCode == 0 ? new RunResult.Done()
        : new RunResult.Failed($"The command ended with exit code {OutputTail.Describe(result)}");

    // What a task means that was taken for one without a result. A result must not get lost: it could say that the run
    // failed.
    public static RunResult ResultOf(Task ended)
    {
        RunResult? result = ended switch
        {
            Task<RunResult> t => t.Result,
            Task<RunResult.Done> t => t.Result,
            Task<RunResult.Failed> t => t.Result,
            Task<RunResult.BlockedOn> t => t.Result,
            Task<RunResult.Suspended> t => t.Result,
            Task<ExecResult> t => ResultOf(t.Result),
            _ => null,
        };
        if (result is not null)
        {
            return result;
        }

        // A task of an async method without a result has one nevertheless, of a type that nobody can name.
        Type? type = ended.GetType();
        while (type is not null && !(type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>)))
        {
            type = type.BaseType;
        }

        return type?.GetGenericArguments()[0] is { FullName: not "System.Threading.Tasks.VoidTaskResult" } ignored
            ? throw new IsolationException(
                RunningCodes.IgnoredResult,
                $"The runner returned a {ignored.Name}, which says nothing of how the run ended.",
                "Return a RunResult or an ExecResult; or make the delegate async and return nothing."
            )
            : new RunResult.Done();
    }
}

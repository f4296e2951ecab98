using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Workspaces;

internal sealed class ScopeGit(IStateScope scope, string directory, string code, string remedy)
{
    public Task<ExecResult> TryAsync(
        IReadOnlyDictionary<string, string> environment,
        CancellationToken cancellationToken,
        params string[] arguments
    ) =>
        scope.ExecAsync(
            new WorkerCommand("git", arguments) { Directory = directory, Environment = environment },
            cancellationToken
        );

    public async Task<string> RunAsync(
        IReadOnlyDictionary<string, string> environment,
        CancellationToken cancellationToken,
        params string[] arguments
    )
    {
        ExecResult answer = await TryAsync(environment, cancellationToken, arguments).ConfigureAwait(false);
        return answer.ExitCode == 0 ? answer.Output : throw Failed(arguments[0], answer);
    }

    public IsolationException Failed(string verb, ExecResult answer)
    {
        string limit = answer.Limit is { } hit ? $" by the limit {hit} ({answer.LimitMechanism})" : "";
        string error = answer.Error.Trim().ReplaceLineEndings(" ");
        return new(code, $"'git {verb}' in the worker's scope ended with {answer.ExitCode}{limit}: {error}", remedy);
    }
}

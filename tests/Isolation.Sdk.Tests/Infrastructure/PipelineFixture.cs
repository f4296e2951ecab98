using Isolation.Sdk.Platform;
using Isolation.Sdk.Testing;

namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>A throwaway repository with a target of its own, and the shortest way to a pipeline on it.</summary>
internal sealed class PipelineFixture : IAsyncDisposable
{
    public const string Target = "landing";

    private PipelineFixture(ThrowawayRepository repository) => Repository = repository;

    public ThrowawayRepository Repository { get; }

    public string Workers => Repository.Path + ".workers";

    public static async Task<PipelineFixture> CreateAsync() => new(await ThrowawayRepository.CreateAsync());

    public IsolationPipelineBuilder Compose(Action<IsolationOptions>? options = null) =>
        new IsolationPipelineBuilder(Repository.Path)
            .Configure(o =>
            {
                (o.MaxWorkers, o.MaxAttempts, o.RetryDelay, o.StopGrace) = (
                    4,
                    1,
                    TimeSpan.Zero,
                    TimeSpan.FromSeconds(2)
                );
                options?.Invoke(o);
            })
            .Merging.UseFirstWins()
            .Target(Target, from: "main");

    public static WorkItem Item(string id, params string[] blockedBy) => new(id, $"Do {id}") { BlockedBy = blockedBy };

    /// <summary>A runner that writes one file, named after its item, and commits it.</summary>
    public static async Task<RunResult> WriteAndCommitAsync(IsolatedWorker worker, CancellationToken cancellationToken)
    {
        await CommitAsync(worker, $"{worker.Item.Id}.txt", $"by {worker.Id}\n", cancellationToken);
        return new RunResult.Done();
    }

    public static async Task CommitAsync(
        IsolatedWorker worker,
        string file,
        string content,
        CancellationToken cancellationToken
    )
    {
        await File.WriteAllTextAsync(Path.Combine(worker.Workspace.Path, file), content, cancellationToken);
        await GitAsync(worker, cancellationToken, "add", "-A");
        await GitAsync(worker, cancellationToken, "commit", "-q", "-m", $"Write {file}");
    }

    public static async Task<string> GitAsync(
        IsolatedWorker worker,
        CancellationToken cancellationToken,
        params string[] arguments
    )
    {
        ExecResult result = await worker.ExecAsync(new WorkerCommand("git", arguments), cancellationToken);
        return result.ExitCode == 0
            ? result.Output.TrimEnd('\n')
            : throw new InvalidOperationException($"git {string.Join(' ', arguments)}: {result.Error}");
    }

    public Task<string> GitAsync(params string[] arguments) => Repository.GitAsync(arguments);

    public ValueTask DisposeAsync() => Repository.DisposeAsync();

    /// <summary>The processes that stand in a folder of a worker.</summary>
    public int[] ProcessesOfWorkers() => [.. ProcessTable.Read().Select(p => p.Id).Where(id => StandsIn(id, Workers))];

    private static bool StandsIn(int id, string folder)
    {
        try
        {
            return new FileInfo($"/proc/{id}/cwd").LinkTarget?.StartsWith(folder, StringComparison.Ordinal) ?? false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

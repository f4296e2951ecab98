using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Merging.Gates;
using Isolation.Sdk.Merging.Queueing;
using Isolation.Sdk.Sandboxing;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.Logging.Abstractions;

namespace Isolation.Sdk.Tests.Merging;

/// <summary>A repository, and boards of gates over it without a queue around them.</summary>
internal sealed class GateBench(QueueBench queue, GitRepository repository) : IAsyncDisposable
{
    public QueueBench Queue => queue;

    /// <summary>A folder outside of the repository for what gates tell the test.</summary>
    public string Outside => queue.Repository.Root;

    public WorkersFolder Workers { get; init; } = WorkersFolder.Beside(queue.Common);

    public string Log => Path.Combine(Workers.Gates, "target.gates.jsonl");

    public static async Task<GateBench> CreateAsync(params (string Path, string Content)[] files)
    {
        QueueBench queue = await QueueBench.CreateAsync(files);
        return new GateBench(queue, await GitHost.OpenAsync(queue.Repository.Path));
    }

    /// <summary>The same repository, with everything of its workers somewhere else.</summary>
    public GateBench WithWorkersAt(string root) => new(queue, repository) { Workers = new WorkersFolder(root) };

    public QueueContext Context(Action<RefineryOptions> configure, ProcessSandboxOptions? sandbox = null)
    {
        RefineryOptions options = new();
        configure(options);
        return new QueueContext(
            new QueueNames(repository, QueueBench.TargetRef),
            MergePolicy.Of(options),
            new ProcessSandbox(sandbox ?? new ProcessSandboxOptions(), workers: Workers),
            Workers,
            TimeProvider.System,
            NullLogger.Instance
        );
    }

    public GateBoard Board(Action<RefineryOptions> configure, ProcessSandboxOptions? sandbox = null) =>
        new(Context(configure, sandbox));

    public async Task<GateRun> CandidateAsync(string name, params (string Path, string? Content)[] files)
    {
        Capture work = await queue.WorkAsync(null, files);
        return new GateRun(
            work.Commit,
            await queue.GitAsync("rev-parse", work.Commit + "^{tree}"),
            [new AttemptId(name, 1)]
        );
    }

    public async Task<string[]> WorktreesAsync() =>
        (await queue.GitAsync("worktree", "list", "--porcelain"))
            .Split('\n')
            .Where(l => l.StartsWith("worktree ", StringComparison.Ordinal))
            .ToArray();

    public ValueTask DisposeAsync() => queue.DisposeAsync();
}

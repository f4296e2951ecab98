using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.Logging.Abstractions;

namespace Isolation.Sdk.Tests.Merging;

/// <summary>A repository, and boards of gates over it without a queue around them.</summary>
internal sealed class GateFixture(QueueFixture queue, GitRepository repository) : IAsyncDisposable
{
    public QueueFixture Queue => queue;

    /// <summary>A folder outside of the repository for what gates tell the test.</summary>
    public string Outside => queue.Repository.Root;

    public WorkersDirectory Workers { get; init; } = WorkersDirectory.Beside(queue.Common);

    public string Log => Path.Combine(Workers.Gates, "target.gates.jsonl");

    public static async Task<GateFixture> CreateAsync(params (string Path, string Content)[] files)
    {
        QueueFixture queue = await QueueFixture.CreateAsync(files);
        return new GateFixture(queue, await GitOpener.OpenAsync(queue.Repository.Path));
    }

    /// <summary>The same repository, with everything of its workers somewhere else.</summary>
    public GateFixture WithWorkersAt(string root) => new(queue, repository) { Workers = new WorkersDirectory(root) };

    public QueueContext Context(Action<MergeQueueOptions> configure, ProcessSandboxOptions? sandbox = null)
    {
        MergeQueueOptions options = new();
        configure(options);
        return new QueueContext(
            new QueueLayout(repository, QueueFixture.TargetRef),
            new MergePolicy(MergePreset.Refinery, options),
            new ProcessSandbox(sandbox ?? new ProcessSandboxOptions(), workers: Workers),
            Workers,
            TimeProvider.System,
            NullLogger.Instance
        );
    }

    public GateScheduler Scheduler(Action<MergeQueueOptions> configure, ProcessSandboxOptions? sandbox = null) =>
        new(Context(configure, sandbox));

    public async Task<QueueCandidate> CandidateAsync(string name, params (string Path, string? Content)[] files)
    {
        Capture work = await queue.WorkAsync(null, files);
        return new QueueCandidate(
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

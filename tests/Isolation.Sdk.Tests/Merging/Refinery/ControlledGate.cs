using Isolation.Sdk.Merging;

namespace Isolation.Sdk.Tests.Merging;

/// <summary>A gate that answers when a test says so, and remembers what it was asked.</summary>
internal sealed class ControlledGate
{
    private readonly Lock _lock = new();
    private readonly List<ControlledGateRun> _runs = [];
    private readonly Dictionary<string, GateResult> _standing = [];
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Every run so far, as the items of its candidate: "a b".</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_lock)
            {
                return [.. _runs.Select(r => r.Items)];
            }
        }
    }

    public async ValueTask<GateResult> TestAsync(GateContext context, CancellationToken cancellationToken)
    {
        ControlledGateRun run = new(
            string.Join(' ', context.Attempts.Select(a => a.Item)),
            context.Commit,
            context.Tree
        );
        using CancellationTokenRegistration stopped = cancellationToken.Register(() => run.End(cancellationToken));
        lock (_lock)
        {
            _runs.Add(run);
            if (_standing.TryGetValue(run.Items, out GateResult? answer))
            {
                run.Answer(answer);
            }

            _news.TrySetResult();
            _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return await run.Answered;
    }

    /// <summary>Answers every coming run of these items at once.</summary>
    public void Always(string items, GateResult answer)
    {
        lock (_lock)
        {
            _standing[items] = answer;
        }
    }

    /// <summary>Waits for a run of exactly these items that has not been answered.</summary>
    public async Task<ControlledGateRun> RunOfAsync(string items)
    {
        while (true)
        {
            Task news;
            lock (_lock)
            {
                if (_runs.Find(r => r.Items == items && !r.Answered.IsCompleted) is { } run)
                {
                    return run;
                }

                news = _news.Task;
            }

            await news;
        }
    }

    public async Task PassAsync(string items) => (await RunOfAsync(items)).Answer(GateResult.Pass);

    public async Task FailAsync(string items) => (await RunOfAsync(items)).Answer(GateResult.Fail("The test said so."));
}

/// <summary>One run of a <see cref="ControlledGate"/>.</summary>
internal sealed class ControlledGateRun(string items, string commit, string tree)
{
    private readonly TaskCompletionSource<GateResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Items => items;

    public string Commit => commit;

    public string Tree => tree;

    /// <summary>Ends with the answer; cancelled when the queue stopped the run.</summary>
    public Task<GateResult> Answered => _answer.Task;

    public void Answer(GateResult answer) => _answer.TrySetResult(answer);

    public void End(CancellationToken cancellationToken) => _answer.TrySetCanceled(cancellationToken);
}

using Isolation.Sdk.Merging;

namespace Isolation.Sdk.Tests.Merging.Refinery;

/// <summary>A gate that answers when a test says so, and remembers what it was asked.</summary>
internal sealed class HandGate
{
    private readonly Lock _lock = new();
    private readonly List<HandRun> _runs = [];
    private readonly Dictionary<string, GateAnswer> _standing = [];
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

    public async ValueTask<GateAnswer> TestAsync(GateContext context, CancellationToken cancellationToken)
    {
        HandRun run = new(string.Join(' ', context.Attempts.Select(a => a.Item)), context.Commit, context.Tree);
        using CancellationTokenRegistration stopped = cancellationToken.Register(() => run.End(cancellationToken));
        lock (_lock)
        {
            _runs.Add(run);
            if (_standing.TryGetValue(run.Items, out GateAnswer? answer))
            {
                run.Answer(answer);
            }

            _news.TrySetResult();
            _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return await run.Answered;
    }

    /// <summary>Answers every coming run of these items at once.</summary>
    public void Always(string items, GateAnswer answer)
    {
        lock (_lock)
        {
            _standing[items] = answer;
        }
    }

    /// <summary>Waits for a run of exactly these items that has not been answered.</summary>
    public async Task<HandRun> RunOfAsync(string items)
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

    public async Task PassAsync(string items) => (await RunOfAsync(items)).Answer(GateAnswer.Pass);

    public async Task FailAsync(string items) => (await RunOfAsync(items)).Answer(GateAnswer.Fail("The test said so."));
}

/// <summary>One run of a <see cref="HandGate"/>.</summary>
internal sealed class HandRun(string items, string commit, string tree)
{
    private readonly TaskCompletionSource<GateAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Items => items;

    public string Commit => commit;

    public string Tree => tree;

    /// <summary>Ends with the answer; cancelled when the queue stopped the run.</summary>
    public Task<GateAnswer> Answered => _answer.Task;

    public void Answer(GateAnswer answer) => _answer.TrySetResult(answer);

    public void End(CancellationToken cancellationToken) => _answer.TrySetCanceled(cancellationToken);
}

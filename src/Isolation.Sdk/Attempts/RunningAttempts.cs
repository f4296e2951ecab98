using System.Collections.Concurrent;

namespace Isolation.Sdk.Attempts;

/// <summary>The attempts whose runner runs at the moment.</summary>
internal sealed class RunningAttempts
{
    private readonly ConcurrentDictionary<AttemptId, RunningAttempt> _running = new();

    public IReadOnlyList<RunningAttempt> All =>
        [.. _running.Values.OrderBy(r => r.Attempt.ToString(), StringComparer.Ordinal)];

    public void Add(RunningAttempt attempt) => _running[attempt.Attempt] = attempt;

    public void Remove(AttemptId attempt) => _running.TryRemove(attempt, out _);
}

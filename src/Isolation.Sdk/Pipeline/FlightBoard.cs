using System.Collections.Concurrent;

namespace Isolation.Sdk.Pipeline;

/// <summary>Which attempts run in this process at the moment.</summary>
internal sealed class FlightBoard
{
    private readonly ConcurrentDictionary<AttemptId, Flight> _running = new();

    public IReadOnlyList<Flight> Running =>
        [.. _running.Values.OrderBy(f => f.Attempt.ToString(), StringComparer.Ordinal)];

    public void Enter(Flight flight) => _running[flight.Attempt] = flight;

    public void Leave(AttemptId attempt) => _running.TryRemove(attempt, out _);
}

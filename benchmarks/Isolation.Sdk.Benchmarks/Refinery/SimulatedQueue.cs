using Isolation.Sdk.Merging;

namespace Isolation.Sdk.Benchmarks.Refinery;

/// <summary>Drives <see cref="PrefixBisection"/> on a simulated clock, as a queue does: land, count anew, confirm or
/// evict, stop, start.</summary>
/// <param name="items">What waits at the start.</param>
/// <param name="confirm">An item is only evicted after a second red of the same tree.</param>
/// <param name="seed">Of everything that is drawn: two queues of one seed have the same bad items.</param>
internal sealed class SimulatedQueue(SimulatedItems items, bool confirm, int seed)
{
    private const int GatesPerItem = 200;
    private readonly Random _random = new(SimulatedItems.Scatter(~seed));
    private readonly bool[] _bad = items.Draw(seed);
    private readonly List<int> _chain = [.. Enumerable.Range(0, items.Count)];
    private readonly List<SimulatedGate> _gates = [];
    private readonly List<int> _landed = [];
    private readonly List<int> _evicted = [];
    private readonly HashSet<int> _tested = [];
    private readonly Dictionary<int, int> _redsOfEvicted = [];
    private HashSet<int> _green = [];
    private Dictionary<int, int> _reds = [];
    private double _now;
    private int _started;

    public IReadOnlyList<bool> Bad => _bad;

    /// <summary>Runs to the end with settings that may follow from how many items wait; whoever learns is told what
    /// happens.</summary>
    public SimulatedOutcome Run(Func<int, BatchSettings> settings, BatchSizeModel? learner = null)
    {
        Act(settings, learner);
        while (_gates.Count > 0)
        {
            _now = _gates.Min(g => g.Ends);
            foreach (SimulatedGate gate in _gates.Where(g => g.Ends <= _now).ToArray())
            {
                _gates.Remove(gate);
                Heard(gate, learner);
            }

            Act(settings, learner);
        }

        return new SimulatedOutcome(_now, _started, _landed, _evicted) { Tested = _tested, Reds = _redsOfEvicted };
    }

    private void Heard(SimulatedGate gate, BatchSizeModel? learner)
    {
        if (gate.Stopped || gate.Prefix < 1)
        {
            return;
        }

        if (gate.Passes)
        {
            learner?.RecordPass(TimeSpan.FromSeconds(gate.Ends - gate.Started), gate.Concurrent);
            _tested.Add(gate.Tip);
            _green.Add(gate.Prefix);
            _reds.Remove(gate.Prefix);
        }
        else if (!_green.Contains(gate.Prefix))
        {
            _reds[gate.Prefix] = _reds.GetValueOrDefault(gate.Prefix) + 1;
        }
    }

    private void Act(Func<int, BatchSettings> settings, BatchSizeModel? learner)
    {
        bool changed = true;
        while (changed && _chain.Count > 0)
        {
            BatchSettings cut = settings(_chain.Count);
            BatchState state = new(_chain.Count, cut)
            {
                Green = _green,
                Red = _reds.Keys.ToHashSet(),
                Running = _gates.Where(g => g.Prefix >= 1).Select(g => g.Prefix).ToHashSet(),
                Busy = _gates.Count(g => g.Prefix < 1),
            };
            BatchPlan plan = PrefixBisection.Plan(state);
            foreach (SimulatedGate gate in _gates.Where(g => plan.Stop.Contains(g.Prefix)).ToArray())
            {
                Stop(gate);
            }

            changed = plan.Stop.Count > 0 && _gates.Count < state.Running.Count + state.Busy;
            if (plan.Land > 0)
            {
                changed = true;
                Land(plan.Land);
                learner?.RecordLanded(plan.Land);
            }
            else if (plan.ConfirmFirst)
            {
                changed |= Decide(cut, learner);
            }

            foreach (int prefix in plan.Start)
            {
                Start(prefix, cut);
            }
        }

        if (_chain.Count == 0)
        {
            // What was stopped and has not ended yet keeps nobody waiting.
            _gates.Clear();
        }
        else if (_gates.Count == 0)
        {
            throw new InvalidOperationException($"The queue stands still with {_chain.Count} items.");
        }
    }

    private bool Decide(BatchSettings cut, BatchSizeModel? learner)
    {
        if (confirm && _reds[1] < 2)
        {
            if (_gates.All(g => g.Prefix != 1) && _gates.Count < cut.MaxConcurrency)
            {
                Start(1, cut);
            }

            return false;
        }

        _redsOfEvicted[_chain[0]] = _reds[1];
        _evicted.Add(_chain[0]);
        learner?.RecordEvicted();
        _chain.RemoveAt(0);
        _green = [];
        _reds = [];
        foreach (SimulatedGate gate in _gates.ToArray())
        {
            gate.Prefix = 0;
            Stop(gate);
        }

        return true;
    }

    private void Land(int count)
    {
        if (!_green.Contains(count))
        {
            throw new InvalidOperationException($"A prefix of {count} was to land that is not green.");
        }

        _landed.AddRange(_chain.Take(count));
        _chain.RemoveRange(0, count);
        _green = [.. _green.Where(p => p > count).Select(p => p - count)];
        _reds = _reds.Where(p => p.Key > count).ToDictionary(p => p.Key - count, p => p.Value);
        _gates.ForEach(g => g.Prefix -= count);
    }

    private void Start(int prefix, BatchSettings cut)
    {
        if (
            _gates.Count >= cut.MaxConcurrency
            || prefix < 1
            || prefix > _chain.Count
            || _gates.Any(g => g.Prefix == prefix)
        )
        {
            throw new InvalidOperationException(
                $"A gate of {prefix} was to start beside {_gates.Count} in {cut.MaxConcurrency} slots."
            );
        }

        if (++_started > GatesPerItem * items.Count)
        {
            throw new InvalidOperationException("The queue never comes to an end.");
        }

        bool passes =
            !_chain.Take(prefix).Any(i => _bad[i]) && !(items.Flake > 0 && _random.NextDouble() < items.Flake);
        double ends = _now + 1 + (items.Jitter > 0 ? _random.NextDouble() * items.Jitter : 0);
        _gates.Add(
            new SimulatedGate(_now, ends, passes, _gates.Count + 1) { Prefix = prefix, Tip = _chain[prefix - 1] }
        );
    }

    private void Stop(SimulatedGate gate)
    {
        if (items.Stopping == 0)
        {
            _gates.Remove(gate);
        }
        else if (!gate.Stopped)
        {
            gate.Stopped = true;
            gate.Ends = Math.Min(gate.Ends, _now + (_random.NextDouble() * items.Stopping));
        }
    }
}

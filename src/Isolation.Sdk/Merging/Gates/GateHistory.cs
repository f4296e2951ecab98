using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Isolation.Sdk.Merging;

/// <summary>A tree that passed once is green, however often it failed: then the gate is flaky.</summary>
internal sealed class GateHistory
{
    private const int MaxTimes = 100;
    private const int FewestPasses = 5;
    private static readonly TimeSpan Floor = TimeSpan.FromSeconds(60);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, GateResult> _passes = new();
    private readonly Dictionary<string, List<GateResult>> _failures = new();
    private readonly HashSet<string> _red = new();
    private readonly Queue<(TimeSpan Elapsed, int Concurrent)> _times = new();

    public IReadOnlyList<(TimeSpan Elapsed, int Concurrent)> Times => Locked(() => _times.ToArray());

    public bool IsGreen(string tree) => PassOf(tree) is not null;

    public GateResult? PassOf(string tree) => Locked(() => _passes.GetValueOrDefault(tree));

    // Of a tree that never passed, in this search only.
    public IReadOnlyList<GateResult> FailuresOf(string tree) =>
        Locked<IReadOnlyList<GateResult>>(() =>
            _passes.ContainsKey(tree) ? [] : _failures.GetValueOrDefault(tree)?.ToArray() ?? []
        );

    public bool WasRed(string tree) => Locked(() => _red.Contains(tree));

    // Three times what nearly all passes took, no less than a minute, no more than the host allows.
    public TimeSpan Limit(TimeSpan max)
    {
        TimeSpan[] sorted = [.. Times.Select(t => t.Elapsed).Order()];
        return sorted.Length < FewestPasses
            ? max
            : TimeSpan.FromTicks(
                Math.Min(
                    max.Ticks,
                    Math.Max(Floor.Ticks, 3 * sorted[(int)Math.Ceiling(0.95 * sorted.Length) - 1].Ticks)
                )
            );
    }

    public void Add(GateLogLine line, bool reusable = true)
    {
        lock (_lock)
        {
            GateResult result = line.ToResult();
            if (result.Verdict == GateVerdict.Pass)
            {
                _red.Remove(line.Tree);
                _times.Enqueue((result.Elapsed, line.Concurrency));
                if (_times.Count > MaxTimes)
                {
                    _times.Dequeue();
                }

                if (reusable)
                {
                    _passes[line.Tree] = result with { Cached = true };
                }
            }
            else if (result.Verdict is GateVerdict.Fail or GateVerdict.Timeout)
            {
                _red.Add(line.Tree);
            }
        }
    }

    public void Collect(GateResult result)
    {
        lock (_lock)
        {
            if (result.Verdict == GateVerdict.Pass)
            {
                _failures.Remove(result.Tree);
                _passes[result.Tree] = result;
            }
            else if (_failures.TryGetValue(result.Tree, out List<GateResult>? failures))
            {
                failures.Add(result);
            }
            else
            {
                _failures[result.Tree] = [result];
            }
        }
    }

    // A failure counts for one search only.
    public void Forget(Func<string, bool> isWanted)
    {
        lock (_lock)
        {
            foreach (string tree in _failures.Keys.Where(t => !isWanted(t)).ToArray())
            {
                _failures.Remove(tree);
            }
        }
    }

    private T Locked<T>(Func<T> read)
    {
        lock (_lock)
        {
            return read();
        }
    }
}

internal sealed record GateKey(string Gate, string Environment)
{
    private const int Length = 32;

    public static GateKey Of(QueueContext context, string gitVersion) =>
        new(
            Hash([
                .. context.Policy.Gates.Select(SpecOf),
                Hash([.. context.Policy.Options.CachePaths]),
                .. (context.Setup?.Commands ?? []).Select(c => Hash([c.File, .. c.Arguments])),
            ]),
            Hash([
                gitVersion,
                RuntimeInformation.OSDescription,
                RuntimeInformation.OSArchitecture.ToString(),
                context.Sandbox?.Fingerprint ?? context.Sandbox?.GetType().FullName ?? "",
            ])
        );

    private static string SpecOf(MergeGate gate) =>
        Hash([
            gate.Version ?? "",
            $"{gate.MinimumTime.Ticks}",
            .. gate.File is null ? ["code", gate.Name] : new[] { "command", gate.File },
            .. gate.Arguments,
        ]);

    // Each part with its length, so that no two lists read the same.
    private static string Hash(IReadOnlyList<string> parts) =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(parts.Select(p => $"{p.Length}:{p}"))))
        )[..Length];
}

using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Isolation.Sdk.Monitoring;

internal static class MergeTelemetry
{
    private static readonly Counter<long> Landings = Counter("merge.landings", "{landing}", "Moves of a target.");
    private static readonly Histogram<int> Group = Histogram<int>(
        "merge.group",
        "{attempt}",
        "How many attempts landed at once."
    );
    private static readonly Histogram<double> Wait = Histogram<double>(
        "merge.wait",
        "s",
        "From an attempt's submission to its landing."
    );
    private static readonly Counter<long> Evictions = Counter(
        "merge.evictions",
        "{attempt}",
        "Attempts a queue gave back, by state: rejected, conflicted and so on."
    );
    private static readonly Gauge<int> Length = Telemetry.Meter.CreateGauge<int>(
        "isolation.merge.queue.length",
        "{attempt}",
        "Attempts that may go on now."
    );
    private static readonly Counter<long> Runs = Counter(
        "gate.runs",
        "{run}",
        "Runs of a gate that ended, by verdict."
    );
    private static readonly Counter<long> Flakes = Counter(
        "gate.flakes",
        "{run}",
        "Passes of a tree that had been red."
    );
    private static readonly Histogram<double> GateDuration = Histogram<double>(
        "gate.duration",
        "s",
        "How long a run of a gate took."
    );

    public static void Landed(string target, int attempts)
    {
        Landings.Add(1, Target(target));
        Group.Record(attempts, Target(target));
    }

    public static void Waited(string target, TimeSpan wait) => Wait.Record(wait.TotalSeconds, Target(target));

    public static void Evicted(string target, string state) => Evictions.Add(1, Target(target), Tag("state", state));

    public static void QueueLength(string target, int attempts) => Length.Record(attempts, Target(target));

    public static void GateEnded(string target, string verdict, TimeSpan took, bool flaky)
    {
        KeyValuePair<string, object?> said = Tag("verdict", verdict);
        Runs.Add(1, Target(target), said);
        GateDuration.Record(took.TotalSeconds, Target(target), said);
        if (flaky)
        {
            Flakes.Add(1, Target(target));
        }
    }

    public static Activity? StartGate(string target, string tree, int attempts) =>
        Start("isolation.gate", target)?.SetTag("isolation.tree", tree).SetTag("isolation.attempts", attempts);

    public static Activity? StartLanding(string target, int attempts) =>
        Start("isolation.landing", target)?.SetTag("isolation.attempts", attempts);

    private static Activity? Start(string name, string target) =>
        Telemetry.Activities.StartActivity(name)?.SetTag("isolation.target", target);

    private static KeyValuePair<string, object?> Target(string target) => new("target", target);

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value.ToLowerInvariant());

    private static Counter<long> Counter(string name, string unit, string description) =>
        Telemetry.Meter.CreateCounter<long>("isolation." + name, unit, description);

    private static Histogram<T> Histogram<T>(string name, string unit, string description)
        where T : struct => Telemetry.Meter.CreateHistogram<T>("isolation." + name, unit, description);
}

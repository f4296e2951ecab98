using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Isolation.Sdk.Monitoring;

internal static class MergeTelemetry
{
    private const string Target = "target";
    private static readonly Counter<long> Landings = Telemetry.Meter.CreateCounter<long>(
        "isolation.merge.landings",
        "{landing}",
        "Moves of a target by its queue."
    );
    private static readonly Histogram<int> Group = Telemetry.Meter.CreateHistogram<int>(
        "isolation.merge.group",
        "{attempt}",
        "How many attempts landed at once."
    );
    private static readonly Histogram<double> Wait = Telemetry.Meter.CreateHistogram<double>(
        "isolation.merge.wait",
        "s",
        "From an attempt's submission to its landing."
    );
    private static readonly Counter<long> Evictions = Telemetry.Meter.CreateCounter<long>(
        "isolation.merge.evictions",
        "{attempt}",
        "Attempts a queue gave back, by state: rejected, conflicted and so on."
    );
    private static readonly Gauge<int> Length = Telemetry.Meter.CreateGauge<int>(
        "isolation.merge.queue.length",
        "{attempt}",
        "Attempts that may go on now."
    );
    private static readonly Counter<long> GateRuns = Telemetry.Meter.CreateCounter<long>(
        "isolation.gate.runs",
        "{run}",
        "Runs of a gate that ended, by verdict."
    );
    private static readonly Counter<long> Flakes = Telemetry.Meter.CreateCounter<long>(
        "isolation.gate.flakes",
        "{run}",
        "Passes of a tree that had been red."
    );
    private static readonly Histogram<double> GateDuration = Telemetry.Meter.CreateHistogram<double>(
        "isolation.gate.duration",
        "s",
        "How long a run of a gate took."
    );

    public static void Landed(string target, int attempts)
    {
        Landings.Add(1, Tag(Target, target));
        Group.Record(attempts, Tag(Target, target));
    }

    public static void Waited(string target, TimeSpan wait) => Wait.Record(wait.TotalSeconds, Tag(Target, target));

    public static void Evicted(string target, string state) =>
        Evictions.Add(1, Tag(Target, target), Tag("state", state.ToLowerInvariant()));

    public static void QueueLength(string target, int attempts) => Length.Record(attempts, Tag(Target, target));

    public static void GateEnded(string target, string verdict, TimeSpan took, bool flaky)
    {
        KeyValuePair<string, object?> said = Tag("verdict", verdict.ToLowerInvariant());
        GateRuns.Add(1, Tag(Target, target), said);
        GateDuration.Record(took.TotalSeconds, Tag(Target, target), said);
        if (flaky)
        {
            Flakes.Add(1, Tag(Target, target));
        }
    }

    public static Activity? StartGate(string target, string tree, int attempts) =>
        Start("isolation.gate", target)?.SetTag("isolation.tree", tree).SetTag("isolation.attempts", attempts);

    public static Activity? StartLanding(string target, int attempts) =>
        Start("isolation.landing", target)?.SetTag("isolation.attempts", attempts);

    private static Activity? Start(string name, string target) =>
        Telemetry.Activities.StartActivity(name)?.SetTag("isolation.target", target);

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}

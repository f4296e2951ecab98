using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Isolation.Sdk;

/// <summary>The one activity source and the one meter, both named <c>Isolation.Sdk</c>. They cost nothing while nobody listens.</summary>
internal static class Telemetry
{
    public const string Name = "Isolation.Sdk";

    public static ActivitySource Activities { get; } = new(Name);

    public static Meter Meter { get; } = new(Name);

    private static readonly Counter<long> GitProcesses = Meter.CreateCounter<long>("isolation.git.processes", "{process}", "Git processes started by the library.");

    public static void GitStarted(string verb) => GitProcesses.Add(1, new KeyValuePair<string, object?>("verb", verb));
}

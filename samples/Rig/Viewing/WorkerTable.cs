using Isolation.Sdk.Monitoring;
using Rig.Terminal;

namespace Rig.Viewing;

/// <summary>Workers as a table.</summary>
internal static class WorkerTable
{
    public static Columns Of(IReadOnlyList<WorkerView> workers, DateTimeOffset now)
    {
        Columns table = new("ATTEMPT", "STATE", "PHASE", "SINCE", "ACTIVE", "NOTE");
        foreach (WorkerView worker in workers)
        {
            table.Add(
                worker.Status.Attempt.ToString(),
                Cell.State(worker.State),
                worker.Phase,
                WorkerStatus.FormatDuration(now - worker.Status.PhaseSince),
                $"{WorkerStatus.FormatDuration(now - worker.Status.LastActivity)} ago",
                worker.Note
            );
        }

        return table;
    }
}

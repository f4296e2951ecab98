using Isolation.Sdk;
using Isolation.Sdk.Monitoring;
using Rig.Terminal;
using Rig.Viewing;
using Spectre.Console;

namespace Rig.Running;

/// <summary>A run while it goes on: one line a worker, redrawn on a terminal; a line for each thing that happens
/// elsewhere.</summary>
internal static class RunProgress
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(250);

    public static Task FollowAsync(
        Screen screen,
        IsolationPipeline pipeline,
        IsolationRun run,
        IReadOnlyList<WorkItem> items
    ) =>
        screen.IsTerminal
            ? DrawAsync(screen, pipeline, run)
            : WriteAsync(run, items.Max(i => Plain.Line(i.Id).Length) + 3);

    private static async Task DrawAsync(Screen screen, IsolationPipeline pipeline, IsolationRun run)
    {
        LiveDisplay display = screen.Console.Live(Draw(pipeline)).AutoClear(true).Overflow(VerticalOverflow.Ellipsis);
        await display.StartAsync(async live =>
        {
            using PeriodicTimer timer = new(Redraw);
            while (!run.Completion.IsCompleted)
            {
                live.UpdateTarget(Draw(pipeline));
                await Task.WhenAny(run.Completion, timer.WaitForNextTickAsync().AsTask());
            }
        });
    }

    private static Table Draw(IsolationPipeline pipeline) =>
        WorkerTable
            .Of(
                [
                    .. pipeline
                        .Workers.Where(w => w.Liveness != WorkerLiveness.Ended || w.Outcome is not null)
                        .Select(w => new WorkerView(w, null)),
                ],
                TimeProvider.System.GetUtcNow()
            )
            .ToTable();

    private static async Task WriteAsync(IsolationRun run, int width)
    {
        await foreach (WorkerEvent happened in run.WatchAsync())
        {
            if (Say(happened) is { } text)
            {
                Screen.Line($"{Plain.Line(happened.Attempt.ToString()).PadRight(width)}  {text}");
            }
        }
    }

    private static string? Say(WorkerEvent e) =>
        e.Kind switch
        {
            WorkerEventKind.Stage when e.Stage == Stage.Claim => $"starts: {e.Text}",
            WorkerEventKind.Phase => $"phase: {e.Phase}",
            WorkerEventKind.Progress => e.Text,
            WorkerEventKind.Blocked => $"blocked: {e.Text}",
            WorkerEventKind.Contamination => $"wrote outside what it owns: {e.Text}",
            WorkerEventKind.TargetAdvanced or WorkerEventKind.Overlap => e.Text,
            WorkerEventKind.Merge => $"merge: {e.Text}",
            WorkerEventKind.Suspended => $"suspended: {e.Text}",
            WorkerEventKind.Ended =>
                $"ended: {e.Data?.GetValueOrDefault("outcome")}{(e.Text is null ? "" : $", {e.Text}")}",
            _ => null,
        };
}

using System.Text;
using Isolation.Sdk;
using Isolation.Sdk.Monitoring;

namespace Quickstart;

/// <summary>Everything people see. On a terminal the workers' lines are redrawn in place; anywhere else there is a
/// plain line for every step.</summary>
internal sealed class Screen(TextWriter output)
{
    private const string Indent = "  ";
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(250);
    private readonly bool _live =
        !Console.IsOutputRedirected
        && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } term
        && term != "dumb";
    private readonly bool _colours = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
    private readonly Lock _gate = new();
    private readonly Dictionary<AttemptId, WorkerStatus> _workers = [];
    private int _drawn;

    /// <summary>What is about to happen, and what this machine cannot do.</summary>
    public void Introduce(DemoRepository demo, IReadOnlyList<WorkItem> items, AuditReport audit)
    {
        string[] off =
        [
            .. new[]
            {
                ("bubblewrap", "bwrap", "nothing here needs it; untrusted workers would"),
                ("git-lfs", "git-lfs", "only repositories with large files need it"),
            }
                .Where(t => !OnPath(t.Item2))
                .Select(t => $"{t.Item1} ({t.Item3})"),
        ];
        Lines(
            $"""
            {Bold("Isolation.Sdk")}: {items.Count} items, up to {audit.Workers} workers at once on one repository

            repository  {demo.Checkout}
            gate        dotnet {string.Join(' ', DemoRepository.Gate)}
            target      {DemoRepository.Target}, from main
            off here    {(off.Length == 0 ? "nothing" : string.Join("; ", off))}
            """
        );
        foreach (string notice in audit.Notices.Where(n => !n.StartsWith("git-lfs", StringComparison.Ordinal)))
        {
            Lines($"notice      {notice}");
        }

        Section("Progress");
    }

    /// <summary>Shows the workers until the run is over.</summary>
    public async Task FollowAsync(IsolationPipeline pipeline, IsolationRun run, IReadOnlyList<WorkItem> items)
    {
        using CancellationTokenSource over = new();
        Task watching = WatchAsync(pipeline, run, over.Token);
        Write(_live ? "\e[?25l" : "");
        try
        {
            while (!run.Completion.IsCompleted)
            {
                Draw(items);
                await Task.WhenAny(run.Completion, Task.Delay(Frame));
            }
        }
        finally
        {
            await over.CancelAsync();
            await watching;
            Draw(items);
            Write(_live ? "\e[?25h" : "");
        }
    }

    public void Section(string title) => Write($"\n{Bold(title)}\n");

    public void Lines(string text) => Write(string.Concat(text.Split('\n').Select(l => (Indent + l).TrimEnd() + "\n")));

    /// <summary>A table whose columns from the second on are right-aligned up to <paramref name="numbers"/> of
    /// them.</summary>
    public void Table(string[] head, IReadOnlyList<string[]> rows, int numbers = 0)
    {
        int[] widths = [.. head.Select((h, c) => rows.Select(r => r[c].Length).Append(h.Length).Max())];
        string Row(string[] cells) =>
            string.Join(
                Indent,
                cells.Select((t, c) => c > 0 && c <= numbers ? t.PadLeft(widths[c]) : t.PadRight(widths[c]))
            );
        Write(Indent + Dim(Row(head).TrimEnd()) + "\n");
        rows.ToList().ForEach(r => Lines(Row(r)));
    }

    public void Promises(IReadOnlyList<Promise> promises, TimeSpan elapsed)
    {
        Section("Promises, checked afterwards in git, files and logs");
        int width = promises.Max(p => p.Name.Length);
        foreach (Promise promise in promises)
        {
            Write(
                $"{Indent}{(promise.Kept ? Green("kept  ") : Red("BROKEN"))}  "
                    + $"{promise.Name.PadRight(width)}  {promise.Proof}\n"
            );
        }

        Write($"\n{promises.Count(p => p.Kept)} of {promises.Count} promises kept, {elapsed.TotalSeconds:0.0} s.\n");
    }

    private async Task WatchAsync(IsolationPipeline pipeline, IsolationRun run, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (WorkerEvent happened in run.WatchAsync(cancellationToken))
            {
                Take(pipeline, happened);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The run is over.
        }
    }

    private void Take(IsolationPipeline pipeline, WorkerEvent happened)
    {
        WorkerStatus? before;
        WorkerStatus after;
        lock (_gate)
        {
            before = _workers.GetValueOrDefault(happened.Attempt);
            WorkerStatus now = pipeline.Workers.Single(w => w.Attempt == happened.Attempt);
            string? phase = happened.Phase ?? before?.Phase;
            bool moved = phase != before?.Phase || (phase is null && happened.Kind == WorkerEventKind.Stage);
            after = now with
            {
                Stage = happened.Stage ?? before?.Stage,
                Phase = phase,
                PhaseSince = before is null || moved ? happened.At : before.PhaseSince,
                LastActivity = happened.At,
                Text = happened.Text ?? before?.Text,
                Outcome = happened.Kind == WorkerEventKind.Ended ? now.Outcome : null,
            };
            _workers[happened.Attempt] = after;
        }

        bool told =
            happened.Kind
            is WorkerEventKind.Phase
                or WorkerEventKind.Blocked
                or WorkerEventKind.Merge
                or WorkerEventKind.Ended;
        if (!_live && told && (before is null || Shown(before).Phase != Shown(after).Phase))
        {
            Lines(Shown(after).Format(happened.At));
        }
    }

    private void Draw(IReadOnlyList<WorkItem> items)
    {
        if (!_live)
        {
            return;
        }

        WorkerStatus[] workers;
        lock (_gate)
        {
            workers = [.. _workers.Values];
        }

        string[] lines = Align([
            .. items.Select(i =>
                workers.LastOrDefault(w => w.Item == i.Id) is { } w
                    ? Shown(w).Format(DateTimeOffset.UtcNow)
                    : Waiting(i)
            ),
        ]);
        StringBuilder frame = new(_drawn > 0 ? $"\e[{_drawn}A" : "");
        foreach (string line in lines)
        {
            frame.Append("\r\e[2K").Append(Indent).Append(Fit(line)).Append('\n');
        }

        _drawn = lines.Length;
        Write(frame.ToString());
    }

    // After its run a worker's own phase is over: what the pipeline does with its work is the truth then.
    private static WorkerStatus Shown(WorkerStatus status) =>
        status switch
        {
            { Outcome: { } outcome } => status with
            {
                Phase = outcome.ToString().ToLowerInvariant(),
                PhaseSince = status.LastActivity,
            },
            { Stage: Stage.Merge, Text: { } text } => status with
            {
                Phase = text.Split(':')[0].ToLowerInvariant(),
                PhaseSince = status.LastActivity,
            },
            { Stage: > Stage.Run } => status with { Phase = null, PhaseSince = status.LastActivity },
            _ => status,
        };

    private static string Waiting(WorkItem item) =>
        $"– | item: {item.Id} | phase: – | branch: – | – | – | blocked by: "
        + $"{(item.BlockedBy.Count == 0 ? "–" : string.Join(", ", item.BlockedBy))}";

    private static string[] Align(string[] lines)
    {
        string[][] cells = [.. lines.Select(l => l.Split(" | "))];
        int[] widths =
        [
            .. Enumerable
                .Range(0, cells.Max(c => c.Length))
                .Select(i => cells.Max(c => i < c.Length ? c[i].Length : 0)),
        ];
        return [.. cells.Select(r => string.Join(" | ", r.Select((t, i) => t.PadRight(widths[i]))).TrimEnd())];
    }

    // A line that wraps would be redrawn in the wrong place.
    private static string Fit(string line)
    {
        int width = Math.Max(20, Console.WindowWidth - Indent.Length - 1);
        return line.Length <= width ? line : line[..(width - 1)] + "…";
    }

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(f =>
                File.Exists(Path.Combine(f, program))
                || (OperatingSystem.IsWindows() && File.Exists(Path.Combine(f, program + ".exe")))
            );

    private string Bold(string text) => Style("1", text);

    private string Dim(string text) => Style("2", text);

    private string Green(string text) => Style("32", text);

    private string Red(string text) => Style("31;1", text);

    private string Style(string code, string text) => _live && _colours ? $"\e[{code}m{text}\e[0m" : text;

    private void Write(string text)
    {
        lock (_gate)
        {
            output.Write(text);
            output.Flush();
        }
    }
}

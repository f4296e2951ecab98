using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Isolation.Sdk.IO;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Monitoring;

// Where every event passes. A run's hub has the pipeline's as its parent, which gets every event as well and has the
// same secrets.
internal sealed class WorkerEventHub(TimeProvider time, ILogger? logger = null, WorkerEventHub? parent = null)
{
    // How many events wait for a slow watcher before its oldest are dropped.
    public const int WatcherCapacity = 1_024;

    // An attempt that ended otherwise did not go as it was meant to.
    private static readonly string[] QuietOutcomes =
    [
        nameof(ItemOutcome.Landed),
        nameof(ItemOutcome.NoChange),
        nameof(ItemOutcome.AwaitingMerge),
        nameof(ItemOutcome.Suspended),
        nameof(ItemOutcome.Cancelled),
        "Blocked",
    ];
    private readonly Lock _gate = new();
    private readonly Dictionary<AttemptId, WorkerStatus> _statuses = [];
    private readonly Dictionary<AttemptId, WorkerLogWriter> _logs = [];
    private Watcher[] _watchers = [];
    private bool _completed;

    public SecretMasker Secrets { get; } = parent?.Secrets ?? new();

    // The liveness is not judged yet.
    public IReadOnlyList<WorkerStatus> Statuses
    {
        get
        {
            lock (_gate)
            {
                return [.. _statuses.Values];
            }
        }
    }

    public WorkerStatus? Find(AttemptId attempt)
    {
        lock (_gate)
        {
            return _statuses.GetValueOrDefault(attempt);
        }
    }

    public IDisposable LogTo(AttemptId attempt, string path)
    {
        WorkerLogWriter writer = new(path);
        lock (_gate)
        {
            _logs[attempt] = writer;
        }

        return new Subscription(() =>
        {
            lock (_gate)
            {
                _logs.Remove(attempt);
                writer.Dispose();
            }
        });
    }

    // Never throws and never waits for a watcher.
    public void Publish(WorkerEvent happened)
    {
        WorkerEvent known;
        lock (_gate)
        {
            known = Clean(happened);
            _statuses[known.Attempt] = WorkerStatus.Apply(_statuses.GetValueOrDefault(known.Attempt), known);
            _logs.GetValueOrDefault(known.Attempt)?.Write(known);

            // First, so that a watcher of the run finds what it hears of in the pipeline's statuses.
            parent?.Publish(known);
            foreach (Watcher watcher in _watchers)
            {
                watcher.Offer(known);
            }
        }

        // Outside the lock: a slow logger holds up the worker that speaks, and no other.
        WriteToLogger(known);
    }

    public void Complete()
    {
        lock (_gate)
        {
            foreach (Watcher watcher in _watchers)
            {
                watcher.Queue.Writer.TryComplete();
            }

            _completed = true;
        }
    }

    // Every event from this call on, also those before the first one is asked for.
    public IAsyncEnumerable<WorkerEvent> Watch(CancellationToken cancellationToken = default)
    {
        Watcher watcher = new();
        lock (_gate)
        {
            _watchers = [.. _watchers, watcher];
            if (_completed)
            {
                watcher.Queue.Writer.TryComplete();
            }
        }

        return ReadAsync(watcher, cancellationToken);
    }

    private async IAsyncEnumerable<WorkerEvent> ReadAsync(
        Watcher watcher,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        try
        {
            await foreach (
                WorkerEvent next in watcher.Queue.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)
            )
            {
                if (watcher.TakeMissed() is var missed and > 0)
                {
                    yield return new WorkerEvent(next.Attempt, next.At, WorkerEventKind.Missed)
                    {
                        Data = new Dictionary<string, string>
                        {
                            ["count"] = missed.ToString(CultureInfo.InvariantCulture),
                        },
                    };
                }

                yield return next;
            }
        }
        finally
        {
            lock (_gate)
            {
                _watchers = [.. _watchers.Where(w => w != watcher)];
            }
        }
    }

    private void WriteToLogger(WorkerEvent known)
    {
        if (logger is null)
        {
            return;
        }

        string text = known.Text ?? "";
        switch (known.Kind)
        {
            case WorkerEventKind.Contamination:
                Log.Contamination(logger, known.Attempt, text);
                break;
            case WorkerEventKind.Notice:
                Log.Notice(logger, known.Attempt, text);
                break;
            case WorkerEventKind.Ended:
                string outcome = known.Data?.GetValueOrDefault("outcome") ?? "unknown";
                LogLevel level = QuietOutcomes.Contains(outcome, StringComparer.Ordinal)
                    ? LogLevel.Information
                    : LogLevel.Warning;
                Log.AttemptEnded(logger, level, known.Attempt, outcome, text);
                break;
            case WorkerEventKind.Stage or WorkerEventKind.Merge when known.Stage is { } stage:
                Log.WorkerInStage(logger, known.Attempt, stage, text);
                break;
            case WorkerEventKind.Phase:
                Log.WorkerInPhase(logger, known.Attempt, known.Phase ?? "none", text);
                break;
            default:
                Log.WorkerReported(logger, known.Attempt, known.Kind, text);
                break;
        }
    }

    private WorkerEvent Clean(WorkerEvent raw) =>
        raw with
        {
            At = raw.At == default ? time.GetUtcNow() : raw.At,
            Phase = Clean(raw.Phase),
            Text = Clean(raw.Text),
            Data = raw.Data?.ToDictionary(
                d => d.Key,
                d => d.Key == WorkerEvent.ExceptionKey ? PlainText.Lines(Secrets.Apply(d.Value)) : Clean(d.Value)!,
                StringComparer.Ordinal
            ),
        };

    private string? Clean(string? text) =>
        text is null ? null : PlainText.SingleLine(Secrets.Apply(text), PlainText.MaxLineLength);

    private sealed class Watcher
    {
        private int _missed;

        public Watcher() =>
            Queue = Channel.CreateBounded<WorkerEvent>(
                new BoundedChannelOptions(WatcherCapacity)
                {
                    FullMode = BoundedChannelFullMode.DropOldest,
                    SingleReader = true,
                },
                _ => Interlocked.Increment(ref _missed)
            );

        public Channel<WorkerEvent> Queue { get; }

        public void Offer(WorkerEvent happened) => Queue.Writer.TryWrite(happened);

        public int TakeMissed() => Interlocked.Exchange(ref _missed, 0);
    }

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
